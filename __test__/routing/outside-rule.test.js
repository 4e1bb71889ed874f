'use strict'

// What starts outside all routing contexts goes to the platform's own organisation only while nobody was routed, or by order.

const { OutsideContexts } = require('../../lib/routing/outside')
const { ROOT_STORE, Store } = require('../../lib/routing/context')

const ROUTE = /** @type {any} */ ({ route: 'of the platform' })
const WARNING =
  'what starts outside all routing contexts is not sent any more (no_route): this process serves tenants, and what ' +
  'lost its context may be theirs. Keep the context with withRoutingContext or bindRoutingContext, or set ' +
  'outsideContexts: "default" to send it by the default route (docs/troubleshooting.md#outside_contexts)'

/**
 * @param {'auto' | 'default' | 'refuse' | null} told
 * @param {{ route?: any, hasCore?: boolean }} [settings]
 */
function outsideOf(told, { route = ROUTE, hasCore = true } = {}) {
  /** @type {string[]} */
  const asked = []
  const elsewhere = { hasRouted: /** @type {any} */ (false) }
  const core = {
    noteRouting: () => void asked.push('noteRouting'),
    hasRouted() {
      asked.push('hasRouted')
      return elsewhere.hasRouted
    }
  }
  /** @type {string[]} */
  const warned = []
  const logger = /** @type {any} */ ({ warn: (/** @type {string} */ line) => warned.push(line) })
  const outside = new OutsideContexts(hasCore ? core : null, route, { outsideContexts: told, logger })
  return { outside, asked, elsewhere, warned }
}

/** @param {OutsideContexts} outside */
const answersOf = outside => [outside.isRefused, outside.route, outside.take()]
const SENT = [false, ROUTE, ROUTE]
const REFUSED = [true, null, null]

describe('where nobody said, and with "auto"', () => {
  test.each(/** @type {(null | 'auto')[]} */ ([null, 'auto']))('%p: until somebody was routed here', told => {
    const { outside } = outsideOf(told)
    expect(answersOf(outside)).toEqual(SENT)
    outside.noteRouting()
    expect(answersOf(outside)).toEqual(REFUSED)
  })

  test.each(/** @type {(null | 'auto')[]} */ ([null, 'auto']))(
    '%p: until somebody was routed on another thread',
    told => {
      const { outside, elsewhere, asked } = outsideOf(told)
      expect(answersOf(outside)).toEqual(SENT)
      elsewhere.hasRouted = true
      expect(answersOf(outside)).toEqual(REFUSED)
      // It does not end.
      elsewhere.hasRouted = false
      asked.length = 0
      expect(answersOf(outside)).toEqual(REFUSED)
      expect(asked).toEqual([])
    }
  )

  test('only the core’s own yes counts', () => {
    const { outside, elsewhere } = outsideOf(null)
    elsewhere.hasRouted = 'true'
    expect(answersOf(outside)).toEqual(SENT)
  })

  test('the core hears of the first, once', () => {
    const { outside, asked } = outsideOf(null)
    outside.noteRouting()
    outside.noteRouting()
    expect(answersOf(outside)).toEqual(REFUSED)
    expect(asked).toEqual(['noteRouting'])
  })

  test('without a core only this thread counts', () => {
    const { outside } = outsideOf(null, { hasCore: false })
    expect(answersOf(outside)).toEqual(SENT)
    outside.noteRouting()
    expect(answersOf(outside)).toEqual(REFUSED)
  })
})

describe('with "default"', () => {
  test('always, and the core is still told for other threads', () => {
    const { outside, elsewhere, asked, warned } = outsideOf('default')
    elsewhere.hasRouted = true
    outside.noteRouting()
    expect(answersOf(outside)).toEqual(SENT)
    expect([asked, warned]).toEqual([['noteRouting'], []])
  })
})

describe('with "refuse"', () => {
  test('never, and nobody is warned of what was said', () => {
    const { outside, asked, warned } = outsideOf('refuse')
    expect(answersOf(outside)).toEqual(REFUSED)
    expect([asked, warned]).toEqual([[], []])
  })
})

describe('a bridged tracer', () => {
  test('has its own way where nobody said', () => {
    const { outside } = outsideOf(null)
    expect(outside.unlessTold).toBe('auto')
    outside.noteRouting()
    outside.unlessTold = 'default'
    expect(answersOf(outside)).toEqual(SENT)
    outside.unlessTold = 'refuse'
    expect(answersOf(outside)).toEqual(REFUSED)
  })

  test.each([
    [/** @type {const} */ ('refuse'), REFUSED],
    [/** @type {const} */ ('auto'), REFUSED],
    [/** @type {const} */ ('default'), SENT]
  ])('does what was said: %s', (told, expected) => {
    const { outside } = outsideOf(told)
    outside.noteRouting()
    outside.unlessTold = told === 'default' ? 'refuse' : 'default'
    expect(answersOf(outside)).toEqual(expected)
  })
})

describe('the first that is refused', () => {
  test('is told, when it starts, and no other', () => {
    const { outside, warned } = outsideOf(null)
    outside.take()
    outside.noteRouting()
    expect([outside.isRefused, outside.route, warned]).toEqual([true, null, []])
    for (let time = 0; time < 3; time++) expect(outside.take()).toBeNull()
    expect(warned).toEqual([WARNING])
  })

  test('is told of also where it is a bridge that refuses', () => {
    const { outside, warned } = outsideOf(null)
    outside.unlessTold = 'refuse'
    outside.take()
    expect(warned).toEqual([WARNING])
  })

  test('is not told where there is no default route to miss', () => {
    const { outside, warned } = outsideOf(null, { route: null })
    expect(answersOf(outside)).toEqual([false, null, null])
    outside.noteRouting()
    expect([...answersOf(outside), warned]).toEqual([...REFUSED, []])
    // One that was opened later is missed.
    outside.defaultRoute = ROUTE
    expect([outside.take(), warned]).toEqual([null, [WARNING]])
  })
})

test('outside all contexts there is nothing', () => {
  expect({ ...ROOT_STORE }).toEqual({ route: null, span: null, annotation: null, remote: null })
  const parts = /** @type {any[]} */ (['route', 'span', 'annotation', 'remote'])
  expect({ ...new Store(parts[0], parts[1], parts[2], parts[3]) }).toEqual({
    route: 'route',
    span: 'span',
    annotation: 'annotation',
    remote: 'remote'
  })
})
