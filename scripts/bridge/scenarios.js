'use strict'

// What one process does to show one weakness. Run by bridge-weaknesses.js: `scenarios.js <name>`, with
// SPANLANE_BRIDGE=1 for the bridge, without it dd-trace is alone.

const { setTimeout: wait } = require('node:timers/promises')
const { Worker, isMainThread, workerData } = require('node:worker_threads')

const name = isMainThread ? process.argv[2] : 'worker'
const isAttached = process.env.SPANLANE_BRIDGE === '1'
/** @type {any} */
const tracer = require('dd-trace')

tracer.init({ startupLogs: false, plugins: false, llmobs: { mlApp: 'assistant', agentlessEnabled: true } })
if (isAttached) {
  const { attach } = require('../../dd-trace')
  attach(tracer, {
    apmGenAiTags: 'remove',
    strictRouting: name === 'lost context',
    drainOnSignals: ['SIGTERM'],
    logger: name === 'silent' ? undefined : {}
  })
}
const { llmobs } = tracer

const EU = 'datadoghq.eu'
const key = (/** @type {string} */ letter) => letter.repeat(32)
const within = (/** @type {object} */ route, /** @type {() => any} */ fn) => llmobs.routingContext(route, fn)
const span = (/** @type {string} */ called, /** @type {() => any} */ fn = () => {}, options = {}) =>
  llmobs.trace({ kind: 'task', name: called, ...options }, fn)
const acme = { ddApiKey: key('a'), ddSite: EU }
const tell = (/** @type {object} */ facts) => process.send?.(facts)

/** @type {Record<string, () => unknown>} */
const scenarios = {
  'two sites'() {
    within(acme, () => span('for eu'))
    within({ ...acme, ddSite: 'us3.datadoghq.com' }, () => span('for us3'))
  },
  async 'slow tenant'() {
    within(acme, () => span('slow'))
    llmobs.flush()
    await wait(300)
    for (const letter of 'bcdefg') within({ ddApiKey: key(letter), ddSite: EU }, () => span('other'))
    llmobs.flush()
    await wait(4000)
  },
  async 'refused once'() {
    within(acme, () => span('one'))
    await wait(5000)
  },
  async 'too large'() {
    within(acme, () => {
      for (let count = 0; count < 40; count++) span('one')
    })
    llmobs.flush()
    await wait(1000)
  },
  flush() {
    within(acme, () => span('one'))
    const result = llmobs.flush()
    tell({ result: result === undefined ? 'undefined' : 'a report' })
  },
  async silent() {
    within(acme, () => span('one'))
    await wait(3000)
  },
  async 'evil site'() {
    try {
      within({ ddApiKey: key('a'), ddSite: 'x@evil.example' }, () => span('one'))
    } catch (error) {
      tell({ code: /** @type {any} */ (error).code })
    }
    await wait(1500)
  },
  async 'number as key'() {
    span('of the platform')
    try {
      within({ ddApiKey: 12345 }, () => span('one'))
    } catch (error) {
      tell({ code: /** @type {any} */ (error).code })
    }
    await wait(1500)
  },
  'key from a file'() {
    within({ ...acme, ddApiKey: `${key('a')}\n` }, () => span('one'))
  },
  'key at rest'() {
    // @ts-expect-error dd-trace has no types for its insides
    const { tagMap } = require('dd-trace/packages/dd-trace/src/llmobs/tagger.js')
    within(acme, () =>
      span('one', (/** @type {any} */ ...[one]) =>
        tell({ kept: String(tagMap.get(one)['_dd.llmobs.routing.api_key']) })
      )
    )
  },
  async 'one floods'() {
    for (let count = 0; count < 5; count++) {
      within({ ...acme, ddApiKey: key('b') }, () => span('quiet'))
      within(acme, () => {
        for (let big = 0; big < 2; big++)
          span('big', () => llmobs.annotate({ inputData: 'x'.repeat(3_000_000) }))
      })
    }
    llmobs.flush()
    await wait(1500)
  },
  burst() {
    within(acme, () => {
      for (let count = 0; count < 1500; count++) span('one')
    })
  },
  'large text'() {
    within(acme, () => span('one', () => llmobs.annotate({ inputData: 'ж'.repeat(2_400_000) })))
  },
  'exit: natural'() {
    within(acme, () => span('one'))
  },
  'exit: process.exit()'() {
    within(acme, () => span('one'))
    process.exit()
  },
  'exit: flush() and process.exit()'() {
    within(acme, () => span('one'))
    llmobs.flush()
    process.exit()
  },
  'exit: uncaught exception'() {
    within(acme, () => span('one'))
    throw new Error('on purpose')
  },
  async 'exit: SIGTERM'() {
    within(acme, () => span('one'))
    process.kill(process.pid, 'SIGTERM')
    await wait(5000)
  },
  async 'exit: SIGTERM listener calls process.exit()'() {
    process.on('SIGTERM', () => process.exit(0))
    within(acme, () => span('one'))
    process.kill(process.pid, 'SIGTERM')
    await wait(5000)
  },
  async 'reset, then exit'() {
    within(acme, () => span('one'))
    llmobs.flush()
    await wait(700)
  },
  async worker() {
    if (!isMainThread) {
      const route = workerData === null ? null : require('../..').llmobs.route(workerData)
      const work = () => span('in a worker')
      return route === null ? work() : within(route, work)
    }
    await within(acme, async () => {
      const route = isAttached ? require('../..').llmobs.currentRoute()?.toJSON() : null
      const worker = new Worker(__filename, { workerData: route })
      await new Promise(resolve => worker.once('exit', resolve))
    })
  },
  'lost context'() {
    /** @type {(() => void)[]} */
    const queue = []
    within(acme, () => queue.push(() => span('of acme')))
    for (const job of queue) job()
    if (isAttached) tell(require('../..').llmobs.stats().unrouted.droppedByReason)
  },
  'late evaluation'() {
    const exported = within(acme, () => span('one', () => llmobs.exportSpan()))
    llmobs.submitEvaluation(exported, { label: 'late', metricType: 'score', value: 1 })
  },
  nesting() {
    within(acme, () =>
      span('agent of acme', () => within({ ...acme, ddApiKey: key('b') }, () => span('of globex')), {
        kind: 'agent',
        sessionId: 'session of acme',
        mlApp: 'app of acme'
      })
    )
  },
  'host tags'() {
    within(acme, () => span('one'))
  },
  operator() {
    within(acme, () => span('one', undefined, { kind: 'llm', modelName: 'model of acme' }))
  },
  'two targets'() {
    const other = { ddApiKey: key('b'), ddSite: 'us3.datadoghq.com' }
    try {
      within({ ddApiKey: isAttached ? undefined : acme.ddApiKey, targets: [acme, other] }, () => span('one'))
    } catch (error) {
      tell({ code: /** @type {any} */ (error).code })
    }
  },
  'bad numbers'() {
    within(acme, () => span('one', () => llmobs.annotate({ metrics: { 'a.b': 1, nothing: Number.NaN } })))
  }
}

async function main() {
  await scenarios[name]()
  if (isMainThread) process.disconnect()
}

main()
