'use strict'

// A Proxy that is revoked, or whose traps throw: as content it is content, as an argument it is an error with a code.

const bridge = require('../../dd-trace')
const { createLLMObs } = require('../..')
const { ACME, KEYS, sdk } = require('./setup')

const { open } = sdk()

/** @type {[what: string, make: () => any][]} */
const DEAD = [
  ...['object', 'array', 'function'].map(kind => {
    const make = () => {
      const target = kind === 'object' ? {} : kind === 'array' ? [] : () => {}
      const { proxy, revoke } = Proxy.revocable(target, {})
      revoke()
      return proxy
    }
    return /** @type {[string, () => any]} */ ([`a revoked ${kind}`, make])
  }),
  ...['object', 'array', 'function'].map(kind => {
    const trap = () => {
      throw new Error('a trap')
    }
    const traps = Object.fromEntries(Object.getOwnPropertyNames(Reflect).map(name => [name, trap]))
    const make = () => new Proxy(kind === 'object' ? {} : kind === 'array' ? [] : () => {}, traps)
    return /** @type {[string, () => any]} */ ([`an ${kind} with traps that throw`, make])
  })
]

const SCORE = { label: 'e', metricType: 'score', value: 1 }
const FEEDBACK = { label: 'f', metricType: 'text', value: 'x', submitter: { id: '1' }, sessionId: 's' }
const IDS = { traceId: '1', spanId: '2' }

/** @type {Record<string, (llmobs: any, dead: any) => unknown>} */
const ARGUMENTS = {
  withRoutingContext: (llmobs, dead) => llmobs.withRoutingContext(dead, () => 1),
  routingContext: (llmobs, dead) => llmobs.routingContext(dead, () => 1),
  'a key': (llmobs, dead) => llmobs.withRoutingContext({ ddApiKey: dead }, () => 1),
  'a site': (llmobs, dead) => llmobs.withRoutingContext({ ...ACME, ddSite: dead }, () => 1),
  'a label': (llmobs, dead) => llmobs.withRoutingContext({ ...ACME, tenant: dead }, () => 1),
  'a route option': (llmobs, dead) => llmobs.withRoutingContext({ ...ACME, mlApp: dead }, () => 1),
  'a rate': (llmobs, dead) => llmobs.withRoutingContext({ ...ACME, sampleRate: dead }, () => 1),
  targets: (llmobs, dead) => llmobs.withRoutingContext({ targets: dead }, () => 1),
  'a target': (llmobs, dead) => llmobs.withRoutingContext({ targets: [ACME, dead] }, () => 1),
  'targets of a target': (llmobs, dead) =>
    llmobs.withRoutingContext({ targets: [{ targets: dead }] }, () => 1),
  route: (llmobs, dead) => llmobs.route(dead),
  'a reference': (llmobs, dead) => llmobs.route({ reference: dead }),
  'what a reference could not carry': (llmobs, dead) => llmobs.route(llmobs.route(ACME).toJSON(), dead),
  rotate: (llmobs, dead) => llmobs.rotate(dead, { ddApiKey: KEYS.acme }),
  'the options of rotate': (llmobs, dead) => llmobs.rotate('acme', dead),
  'the key of rotate': (llmobs, dead) => llmobs.rotate('acme', { ddApiKey: dead }),
  verifyRoute: (llmobs, dead) => llmobs.verifyRoute(dead),
  flush: (llmobs, dead) => llmobs.flush(dead),
  'the route of flush': (llmobs, dead) => llmobs.flush({ route: dead }),
  'the time of flush': (llmobs, dead) => llmobs.flush({ timeoutMs: dead }),
  trace: (llmobs, dead) => llmobs.trace(dead, () => 1),
  'a kind': (llmobs, dead) => llmobs.trace({ kind: dead }, () => 1),
  'a name': (llmobs, dead) => llmobs.trace({ kind: 'task', name: dead }, () => 1),
  'a parent': (llmobs, dead) => llmobs.trace({ kind: 'task', parent: dead }, () => 1),
  'the reference of a parent': (llmobs, dead) =>
    llmobs.trace({ kind: 'task', parent: { ...IDS, route: dead } }, () => 1),
  'the ids of a parent': (llmobs, dead) =>
    llmobs.trace({ kind: 'task', parent: { traceId: dead, spanId: '1' } }, () => 1),
  wrap: (llmobs, dead) => llmobs.wrap(dead, () => 1),
  decorate: (llmobs, dead) => llmobs.decorate(dead)({}, 'x', { value: () => 1 }),
  exportSpan: (llmobs, dead) => llmobs.exportSpan(dead),
  annotate: (llmobs, dead) => llmobs.trace({ kind: 'task' }, span => llmobs.annotate(span, dead)),
  'the span of annotate': (llmobs, dead) => llmobs.annotate(dead, { metadata: {} }),
  annotationContext: (llmobs, dead) => llmobs.annotationContext(dead, () => 1),
  'the span of an evaluation': (llmobs, dead) => llmobs.submitEvaluation(dead, SCORE),
  'the reference of an evaluation': (llmobs, dead) => llmobs.submitEvaluation({ ...IDS, route: dead }, SCORE),
  'the options of an evaluation': (llmobs, dead) => llmobs.submitEvaluation(IDS, dead),
  'the options of feedback': (llmobs, dead) => llmobs.submitFeedback(dead),
  'the span of feedback': (llmobs, dead) =>
    llmobs.submitFeedback({ ...FEEDBACK, sessionId: undefined, span: dead }),
  inject: (llmobs, dead) =>
    llmobs.withRoutingContext(ACME, () => llmobs.trace({ kind: 'task' }, () => llmobs.inject(dead))),
  extract: (llmobs, dead) => llmobs.extract(dead, () => 1),
  bindStream: (llmobs, dead) => {
    // It returns what it got, which nobody can wait for.
    llmobs.bindStream(dead)
  },
  'the options of createLLMObs': (_llmobs, dead) => createLLMObs(dead),
  'an option of createLLMObs': (_llmobs, dead) =>
    createLLMObs({ tags: dead, intakeUrl: 'http://127.0.0.1:1' }),
  'a list of createLLMObs': (_llmobs, dead) =>
    createLLMObs({ allowedSites: dead, intakeUrl: 'http://127.0.0.1:1' }),
  attach: (_llmobs, dead) => bridge.attach(dead)
}

/** @type {Record<string, (llmobs: any, dead: any) => unknown>} */
const CONTENT = {
  inputData: (llmobs, dead) =>
    llmobs.trace({ kind: 'task' }, span => llmobs.annotate(span, { inputData: dead })),
  'a message': (llmobs, dead) =>
    llmobs.trace({ kind: 'llm' }, span => llmobs.annotate(span, { metadata: { messages: [dead] } })),
  metadata: (llmobs, dead) =>
    llmobs.trace({ kind: 'task' }, span => llmobs.annotate(span, { metadata: { dead } })),
  'an argument': (llmobs, dead) => llmobs.wrap({ kind: 'task' }, () => 1)(dead, 1),
  'a result': (llmobs, dead) => llmobs.wrap({ kind: 'task' }, () => [dead])(),
  'what is thrown': (llmobs, dead) => {
    try {
      llmobs.trace({ kind: 'task' }, () => {
        throw dead
      })
    } catch (error) {
      // The caller gets what its own function threw.
      if (error !== dead) throw error
    }
  },
  'metadata of an evaluation': (llmobs, dead) =>
    llmobs.submitEvaluation(IDS, { ...SCORE, metadata: { dead } })
}

/** @param {() => unknown} call @returns {Promise<any>} what it threw, or was rejected with; null for nothing */
async function failureOf(call) {
  try {
    await call()
    return null
  } catch (error) {
    return error
  }
}

describe.each(DEAD)('%s', (_what, make) => {
  test.each(Object.entries(ARGUMENTS))('as %s is an error with a code, or none', async (_name, call) => {
    const { llmobs } = await open()
    const error = await failureOf(() => call(llmobs, make()))
    if (error === null) return
    expect(error.code).toMatch(/^SPANLANE_/)
    expect(error.message).not.toMatch(/a trap|revoked/)
  })

  test.each(Object.entries(CONTENT))('as %s is content', async (_name, call) => {
    const { llmobs } = await open()
    expect(await failureOf(() => call(llmobs, make()))).toBeNull()
    expect(await llmobs.flush()).toMatchObject({ delivered: 1, dropped: 0, rejected: 0 })
  })
})
