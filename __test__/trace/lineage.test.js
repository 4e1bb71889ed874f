'use strict'

// Who a span is for one tenant: the rule itself, with routes and parents that say what it asks for.

const { SpanId, TraceId } = require('../../lib/trace/ids')
const { Lineage, inherit, lineageFor } = require('../../lib/trace/lineage')

const START_NS = 1_790_000_000_000_000_123n
/** Of all traces that begin at that moment. */
const SECOND = Number(START_NS / 1_000_000_000n).toString(16)

/** @param {string} rateText @param {string} decision */
const sampler = (rateText, decision) => ({ rateText, decide: () => decision })

/**
 * @param {number} tenantId
 * @param {Record<string, string>} [options]
 * @param {any} [own] the route's sampler
 * @returns {any}
 */
const route = (tenantId, options = {}, own = null) => ({ tenantId, options, sampler: own })

/** @param {Record<string, any>} [more] @returns {any} */
const start = more => ({ defaultMlApp: 'default', startNs: START_NS, sampler: sampler('1', '1'), ...more })

/**
 * @param {any} lineage
 * @param {Record<string, any>} [more]
 * @returns {any}
 */
const spanOf = (lineage, more) => ({
  kind: 'task',
  name: 'parent',
  id: SpanId.of('77'),
  lineage,
  copies: null,
  ...more
})

/** A root that says something of all that can be inherited. @param {any} of */
function rich(of) {
  const lineage = inherit(null, null, of, start({ mlApp: 'shop', sessionId: 'talk' }))
  lineage.agentAttribution = { pagent_name: 'planner', pagent_span_id: '5' }
  lineage.sampleRate = '0.5'
  lineage.samplingDecision = '0'
  return lineage
}

/** @param {Record<string, any>} [more] @returns {any} */
const upstream = more => ({
  belongsTo: () => true,
  traceIdFor: () => 'abc',
  parentId: '9',
  apm: { apm: true },
  decidesSampling: true,
  sampleRate: '0.25',
  samplingDecision: '0',
  agentAttribution: { pagent_name: 'elsewhere', pagent_span_id: '3' },
  mlApp: 'upstream app',
  sessionId: 'upstream talk',
  ...more
})

const ACME = route(1)
const GLOBEX = route(2)

describe('a span below nothing', () => {
  test('is the root of a trace of its second', () => {
    const lineage = inherit(null, null, ACME, start())
    expect(lineage.root).toBe(lineage)
    expect([lineage.route, lineage.parentId, lineage.above]).toEqual([ACME, null, null])
    expect(lineage.traceId).toMatch(new RegExp(`^${SECOND}0{8}[0-9a-f]{16}$`))
    expect(inherit(null, null, ACME, start()).traceId).not.toBe(lineage.traceId)
    expect([lineage.sessionId, lineage.agentAttribution, lineage.apm]).toEqual([null, null, null])
    expect(lineage.traceSessionId).toBeNull()
  })

  test('is sampled by its route, or else by the instance', () => {
    const { sampleRate, samplingDecision } = inherit(null, null, ACME, start())
    expect([sampleRate, samplingDecision]).toEqual(['1', '1'])
    const own = inherit(null, null, route(1, {}, sampler('0.1', '0')), start())
    expect([own.sampleRate, own.samplingDecision]).toEqual(['0.1', '0'])
  })

  test('has the service and the environment of its route', () => {
    const { service, env } = inherit(null, null, route(1, { service: 'pay', env: 'prod' }), start())
    expect([service, env]).toEqual(['pay', 'prod'])
    for (const of of [ACME, null]) {
      const lineage = inherit(null, null, of, start())
      expect([lineage.service, lineage.env, lineage.route]).toEqual([null, null, of])
    }
  })

  test('takes what another tracer decided, but for a route that samples by itself', () => {
    const decided = { traceId: 'f00', sampleRate: '0.75', samplingDecision: '0' }
    const lineage = inherit(null, null, ACME, start({ decided }))
    expect([lineage.traceId, lineage.sampleRate, lineage.samplingDecision]).toEqual(['f00', '0.75', '0'])
    const own = inherit(null, null, route(1, {}, sampler('0.1', '1')), start({ decided }))
    expect([own.traceId, own.sampleRate, own.samplingDecision]).toEqual(['f00', '0.1', '1'])
    const undecided = { traceId: null, sampleRate: null, samplingDecision: 'x' }
    const open = inherit(null, null, ACME, start({ decided: undecided }))
    expect([open.traceId.slice(0, 8), open.sampleRate, open.samplingDecision]).toEqual([SECOND, '1', '1'])
    expect(inherit(null, null, null, start({ decided })).sampleRate).toBe('0.75')
  })

  test('belongs to a local trace that goes on, and to its session', () => {
    const root = rich(ACME)
    const lineage = inherit(null, null, ACME, start({ root }))
    expect([lineage.root, lineage.sessionId]).toEqual([root, 'talk'])
    expect(inherit(null, null, ACME, start({ root: null })).sessionId).toBeNull()
  })
})

describe('a span below one of the same tenant', () => {
  test('is part of its trace, and has what it has', () => {
    const parent = rich(ACME)
    const child = inherit(spanOf(parent), null, ACME, start({ root: rich(ACME) }))
    expect([child.trace, child.root]).toEqual([parent.trace, parent])
    expect(child.root).toBe(parent)
    expect([child.parentId, child.sampleRate, child.samplingDecision]).toEqual(['77', '0.5', '0'])
    expect(child.agentAttribution).toBe(parent.agentAttribution)
    expect([child.mlApp, child.sessionId]).toEqual(['shop', 'talk'])
    const grandchild = inherit(spanOf(child, { id: SpanId.of('78') }), null, ACME, start())
    expect([grandchild.root, grandchild.parentId]).toEqual([parent, '78'])
  })

  test('is attributed to it when it is an agent', () => {
    const child = inherit(spanOf(rich(ACME), { kind: 'agent' }), null, ACME, start())
    expect(child.agentAttribution).toEqual({ pagent_name: 'parent', pagent_span_id: '77' })
  })

  test('does not ask who called the process', () => {
    const child = inherit(spanOf(inherit(null, null, ACME, start())), upstream(), ACME, start())
    expect(child.traceId).not.toBe('abc')
    expect([child.mlApp, child.sessionId]).toEqual(['default', null])
  })

  test('goes by another route to the tenant', () => {
    const parent = rich(ACME)
    const child = inherit(spanOf(parent), null, route(1, { service: 'pay' }), start())
    expect([child.trace, child.service]).toEqual([parent.trace, 'pay'])
  })
})

describe('nothing of a span crosses', () => {
  test.each([
    ['to another tenant', ACME, GLOBEX],
    ['from a tenant to nobody', ACME, null],
    ['from nobody to a tenant', null, ACME]
  ])('%s', (_, from, to) => {
    const parent = rich(from)
    const child = inherit(spanOf(parent, { kind: 'agent' }), null, to, start())
    expect(child.root).toBe(child)
    expect([child.parentId, child.agentAttribution, child.sessionId]).toEqual([null, null, null])
    expect([child.mlApp, child.sampleRate, child.samplingDecision]).toEqual(['default', '1', '1'])
    expect(child.traceId).not.toBe(parent.traceId)
  })

  test('but a caller in another process may be of the tenant', () => {
    const child = inherit(spanOf(rich(ACME)), upstream(), GLOBEX, start())
    expect([child.traceId, child.parentId]).toEqual(['abc', '9'])
  })

  test('what goes nowhere is one trace', () => {
    const parent = rich(null)
    expect(inherit(spanOf(parent), null, null, start()).trace).toBe(parent.trace)
  })
})

describe('a span of several targets', () => {
  const first = rich(ACME)
  const second = rich(GLOBEX)
  const nowhere = rich(null)

  test('is for each tenant who it is for that tenant', () => {
    const span = spanOf(first, { copies: [nowhere, second] })
    expect(lineageFor(span, ACME)).toBe(first)
    expect(lineageFor(span, GLOBEX)).toBe(second)
    expect(lineageFor(span, route(3))).toBeNull()
    expect(lineageFor(span, null)).toBeNull()
    expect(inherit(span, null, GLOBEX, start()).trace).toBe(second.trace)
  })

  test('is nobody for others, and without copies too', () => {
    expect(lineageFor(spanOf(first), GLOBEX)).toBeNull()
    expect(lineageFor(spanOf(nowhere, { copies: [second] }), GLOBEX)).toBeNull()
    expect(lineageFor(spanOf(nowhere), null)).toBe(nowhere)
  })
})

describe('a span below one of another process', () => {
  test('is part of its trace, for the tenant that it belongs to', () => {
    const asked = /** @type {any[]} */ ([])
    const remote = upstream({ belongsTo: (/** @type {any} */ of) => asked.push(of) > 0 })
    const lineage = inherit(null, remote, ACME, start())
    expect(asked).toEqual([ACME])
    expect([lineage.traceId, lineage.parentId]).toEqual(['abc', '9'])
    expect([lineage.sampleRate, lineage.samplingDecision]).toEqual(['0.25', '0'])
    expect(lineage.agentAttribution).toBe(remote.agentAttribution)
    expect([lineage.mlApp, lineage.sessionId, lineage.apm]).toEqual([
      'upstream app',
      'upstream talk',
      remote.apm
    ])
    expect(lineage.root).toBe(lineage)
  })

  test('and for nobody else', () => {
    const lineage = inherit(null, upstream({ belongsTo: () => false }), ACME, start())
    expect([lineage.traceId.slice(0, 8), lineage.parentId, lineage.apm]).toEqual([SECOND, null, null])
    expect([lineage.mlApp, lineage.sessionId, lineage.agentAttribution]).toEqual(['default', null, null])
  })

  test('begins a trace where the caller names none for the tenant', () => {
    const asked = /** @type {any[]} */ ([])
    const traceIdFor = (/** @type {any} */ of) => {
      asked.push(of)
      return null
    }
    expect(inherit(null, upstream({ traceIdFor }), ACME, start()).traceId.slice(0, 8)).toBe(SECOND)
    expect(asked).toEqual([ACME])
  })

  test.each([
    ['named no parent', { parentId: null }, null],
    ['decides nothing', { decidesSampling: false }, '9']
  ])('is sampled here when the caller %s', (_, more, parentId) => {
    const lineage = inherit(null, upstream(more), ACME, start())
    expect([lineage.parentId, lineage.sampleRate, lineage.samplingDecision]).toEqual([parentId, '1', '1'])
    expect(lineage.agentAttribution).toBeNull()
  })

  test('is not sampled here when the caller decided nothing', () => {
    const undecided = upstream({ sampleRate: null, samplingDecision: null })
    const lineage = inherit(null, undecided, ACME, start())
    expect([lineage.sampleRate, lineage.samplingDecision]).toEqual([null, null])
  })
})

describe('the application', () => {
  const named = route(1, { mlApp: 'of the route' })
  const parent = spanOf(rich(ACME))

  test.each([
    ['is the one that was asked for', parent, named, { mlApp: 'asked' }, 'asked'],
    ['or that of a context below the parent', parent, named, {}, 'of the route'],
    ["or the parent's", parent, ACME, {}, 'shop'],
    ["or the parent's, in the context of both", spanOf(rich(named)), named, {}, 'shop'],
    ['or that of the route', null, named, {}, 'of the route'],
    ['or the default', null, ACME, {}, 'default']
  ])('%s', (_, above, of, more, expected) => {
    expect(inherit(above, null, of, start(more)).mlApp).toBe(expected)
  })

  test('of the caller in another process goes before that of the route', () => {
    expect(inherit(null, upstream(), named, start()).mlApp).toBe('upstream app')
    expect(inherit(null, upstream({ mlApp: '' }), named, start()).mlApp).toBe('of the route')
  })
})

describe('the session', () => {
  test('is the one that was asked for, and the first of a trace stays its own', () => {
    const root = inherit(null, null, ACME, start())
    const first = inherit(spanOf(root), null, ACME, start({ sessionId: 'one' }))
    const second = inherit(spanOf(root), null, ACME, start({ sessionId: 'two' }))
    const third = inherit(spanOf(root), null, ACME, start())
    const below = inherit(spanOf(second), null, ACME, start())
    expect([first, second, third, below].map(({ sessionId }) => sessionId)).toEqual([
      'one',
      'two',
      'one',
      'two'
    ])
    expect([root.sessionId, root.traceSessionId, first.traceSessionId]).toEqual([null, 'one', null])
  })
})

test('what has no trace yet has no name of one', () => {
  const lineage = new Lineage(null)
  expect([lineage.traceId, lineage.mlApp, lineage.parentId]).toEqual(['', '', null])
  lineage.trace = TraceId.of('f')
  expect(lineage.traceId).toBe('f')
})
