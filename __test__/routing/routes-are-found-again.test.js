'use strict'

// Where the same key, site and label are the same route again, and where they are not.

const { HAS, OpenRoutes, plainNames } = require('../../lib/routing/open-routes')
const { ACME, FIRST_LANE, GLOBEX, KEYS, openerOf, refusal, revoked } = require('./setup')

/** @param {number} laneId @returns {any} */
const routeTo = laneId => ({ laneId })

/** @param {any[][]} asked @param {string} what */
const countOf = (asked, what) => asked.filter(([name]) => name === what).length

describe('a lane that is open', () => {
  test('is the same route for a context, which the core opens once', () => {
    const { opener, asked } = openerOf()
    const first = opener.openAgain(ACME)
    for (const again of [ACME, { ...ACME }, Object.assign(Object.create(null), ACME)]) {
      expect(opener.openAgain(again)).toBe(first)
    }
    expect(countOf(asked, 'openRoute')).toBe(1)
  })

  test('is found by a finder that the core makes once for each site', () => {
    const { opener, asked } = openerOf()
    const plain = { ddApiKey: KEYS.acme, ddSite: ACME.ddSite }
    const round = [ACME, GLOBEX, plain]
    for (const options of [...round, ...round]) opener.openAgain(options)
    expect(asked.filter(([what]) => what === 'laneFinder')).toEqual([
      ['laneFinder', ACME.ddSite],
      ['laneFinder', GLOBEX.ddSite]
    ])
    asked.length = 0
    for (const options of round) opener.openAgain(options)
    expect(asked).toStrictEqual([
      ['find', ACME.ddSite, KEYS.acme, 'acme'],
      ['find', GLOBEX.ddSite, KEYS.globex, 'globex'],
      ['find', ACME.ddSite, KEYS.acme]
    ])
  })

  test.each([
    ['another key', { ddApiKey: KEYS.globex }],
    ['another site', { ddSite: GLOBEX.ddSite }],
    ['another label', { tenant: 'acme-2' }],
    ['no label', { tenant: undefined }],
    ['an empty label', { tenant: '' }]
  ])('is not that of %s', (_, change) => {
    const { opener } = openerOf()
    const first = opener.openAgain(ACME)
    const other = opener.openAgain({ ...ACME, ...change })
    expect(other.laneId).not.toBe(first.laneId)
    expect(opener.openAgain({ ...ACME, ...change })).toBe(other)
    expect(opener.openAgain(ACME)).toBe(first)
  })

  test('goes on with the new key of a rotation', () => {
    const { opener, rotate } = openerOf()
    const first = opener.openAgain(ACME)
    rotate(ACME, KEYS.globex)
    expect(opener.openAgain({ ...ACME, ddApiKey: KEYS.globex })).toBe(first)
    expect(opener.openAgain(ACME)).toBe(first)
  })

  test('is a new route once it was closed', () => {
    const { opener, closeLane } = openerOf()
    const first = opener.openAgain(ACME)
    closeLane(first.laneId)
    const second = opener.openAgain(ACME)
    expect([first.laneId, second.laneId]).toEqual([FIRST_LANE, FIRST_LANE + 1])
    expect(opener.openAgain(ACME)).toBe(second)
  })

  test('is a route of its own for who keeps it, and for options', () => {
    const { opener, asked } = openerOf()
    const found = opener.openAgain(ACME)
    asked.length = 0
    const others = [
      opener.open(ACME),
      opener.open(ACME),
      opener.openAgain({ ...ACME, mlApp: 'theirs' }),
      opener.openAgain({ ...ACME, unknown: 5 }),
      opener.openAgain(Object.defineProperty({ ...ACME }, 'service', { value: 'hidden' }))
    ]
    expect(new Set([found, ...others]).size).toBe(6)
    expect(others.map(({ laneId }) => laneId)).toEqual(others.map(() => FIRST_LANE))
    expect(others.map(({ options }) => ({ ...options }))).toEqual([
      {},
      {},
      { mlApp: 'theirs' },
      {},
      { service: 'hidden' }
    ])
    // Nobody looks for what may not be shared.
    expect(asked.map(([what]) => what)).toEqual(others.map(() => 'openRoute'))
    expect(opener.openAgain(ACME)).toBe(found)
  })

  test('is not looked for at a site that the core never accepted', () => {
    const { opener, asked } = openerOf()
    for (const ddSite of ['nowhere.example', 'nowhere.example', '', 'DATADOGHQ.EU']) {
      expect(refusal(() => opener.openAgain({ ...ACME, ddSite })).code).toBe('SPANLANE_INVALID_SITE')
    }
    expect(asked.map(([what]) => what)).toEqual(Array(4).fill('openRoute'))
  })

  test('is refused again after it was refused', () => {
    const { opener } = openerOf()
    opener.openAgain(ACME)
    for (const tenant of [7, '\ud800', 7, '\ud800']) {
      expect(refusal(() => opener.openAgain({ ...ACME, tenant })).code).toBe('SPANLANE_INVALID_TENANT')
    }
  })
})

describe('the routes that somebody holds', () => {
  test('are found by their lane', () => {
    const routes = new OpenRoutes()
    const [first, second] = [routeTo(1), routeTo(2)]
    expect(routes.size).toBe(0)
    expect(routes.keep(first)).toBe(first)
    expect(routes.keep(second)).toBe(second)
    expect([routes.find(1), routes.find(2), routes.find(3), routes.size]).toEqual([
      first,
      second,
      undefined,
      2
    ])
    expect(routes.find(1)).toBe(first)
  })

  test('are each the first of its lane', () => {
    const routes = new OpenRoutes()
    const [first, second] = [routeTo(1), routeTo(1)]
    routes.keep(first)
    expect(routes.keep(second)).toBe(second)
    expect(routes.find(1)).toBe(first)
    expect(routes.size).toBe(1)
  })

  test('are none where there is no lane', () => {
    const routes = new OpenRoutes()
    routes.keep(routeTo(0))
    expect(routes.find(0)).toBeUndefined()
  })
})

describe('a route that nobody holds any more', () => {
  /** Routes that were collected. @type {Set<object>} */
  const gone = new Set()
  const { WeakRef: TheirRef } = globalThis

  beforeEach(() => {
    gone.clear()
    globalThis.WeakRef = /** @type {any} */ (
      class {
        constructor(/** @type {object} */ target) {
          this.deref = () => (gone.has(target) ? undefined : target)
        }
      }
    )
  })
  afterEach(() => {
    globalThis.WeakRef = TheirRef
  })

  test('leaves nothing', () => {
    const routes = new OpenRoutes()
    const route = routes.keep(routeTo(1))
    routes.keep(routeTo(2))
    gone.add(route)
    expect([routes.find(1), routes.size]).toEqual([undefined, 2])
    routes.forget(1)
    expect([routes.size, routes.find(2)]).toEqual([1, routeTo(2)])
    routes.forget(1)
    expect(routes.size).toBe(1)
  })

  test('makes room for the next one of its lane, which stays when the first is taken away', () => {
    const routes = new OpenRoutes()
    const first = routes.keep(routeTo(1))
    gone.add(first)
    const second = routes.keep(routeTo(1))
    expect(routes.find(1)).toBe(second)
    routes.forget(1)
    expect([routes.find(1) === second, routes.size]).toEqual([true, 1])
    gone.add(second)
    routes.forget(1)
    expect(routes.size).toBe(0)
  })

  test('is told of by the core, and one that is kept is not the one that is gone', () => {
    const { opener, release, asked } = openerOf()
    const [kept, other] = [opener.openAgain(ACME), opener.open(ACME)]
    release(other)
    expect(opener.openAgain(ACME)).toBe(kept)
    gone.add(kept)
    release(kept)
    expect(opener.openAgain(ACME)).not.toBe(kept)
    expect(countOf(asked, 'openRoute')).toBe(3)
  })

  test('is opened anew for the next context', () => {
    const { opener, asked } = openerOf()
    const first = opener.openAgain(ACME)
    gone.add(first)
    const second = opener.openAgain(ACME)
    expect(second).not.toBe(first)
    expect(second.laneId).toBe(first.laneId)
    expect(opener.openAgain(ACME)).toBe(second)
    expect(countOf(asked, 'openRoute')).toBe(2)
  })
})

describe('the names of a route without options of its own', () => {
  const { KEY, SITE, TENANT } = HAS

  test.each([
    [{}, 0],
    [{ ddApiKey: 1 }, KEY],
    [{ ddSite: undefined }, SITE],
    [{ tenant: null }, TENANT],
    [{ tenant: 1, ddApiKey: 1 }, KEY | TENANT],
    [ACME, KEY | SITE | TENANT],
    [Object.create(ACME), 0],
    [{ [Symbol('ddApiKey')]: 1 }, 0],
    [Object.defineProperty({}, 'ddSite', { value: 1 }), SITE]
  ])('%p', (input, names) => {
    expect(plainNames(input)).toBe(names)
    expect([KEY, SITE, TENANT]).toEqual([1, 2, 4])
  })

  test.each([
    ['undefined', undefined],
    ['null', null],
    ['a number', 5],
    ['an empty text', ''],
    ['a function', Object.create],
    ['a list', []],
    ['another name', { ...ACME, mlApp: 1 }],
    ['another name before them', { mlApp: 1, ...ACME }],
    ['a name of another case', { ddapikey: 1 }],
    ['a hidden name', Object.defineProperty({ ...ACME }, 'targets', { value: 1 })],
    ['no answer', revoked()]
  ])('%s is for the longer way', (_, input) => {
    expect(plainNames(input)).toBe(-1)
  })

  test('no field is read for them', () => {
    let reads = 0
    const input = Object.defineProperty({}, 'ddApiKey', { get: () => ++reads })
    expect([plainNames(input), reads]).toEqual([KEY, 0])
  })
})
