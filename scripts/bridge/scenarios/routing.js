'use strict'

// Whose data is it, and what else does its owner learn.

const { fork } = require('node:child_process')
const { Worker, isMainThread, workerData } = require('node:worker_threads')

/** @typedef {import('../scenarios').World} World */

const ENTRY = require.resolve('../scenarios')

/** @type {Record<string, import('../scenarios').Scenario | ((world: World) => unknown)>} */
module.exports = {
  'two sites'({ within, span, acme }) {
    within(acme, () => span('for eu'))
    within({ ...acme, ddSite: 'us3.datadoghq.com' }, () => span('for us3'))
  },

  async 'evil site'({ within, span, acme, tell, wait }) {
    try {
      within({ ...acme, ddSite: 'x@evil.example' }, () => span('one'))
    } catch (error) {
      tell({ code: /** @type {any} */ (error).code })
    }
    await wait(1500)
  },

  async 'number as key'({ within, span, tell, wait }) {
    span('of the platform')
    try {
      within({ ddApiKey: 12345 }, () => span('one'))
    } catch (error) {
      tell({ code: /** @type {any} */ (error).code })
    }
    await wait(1500)
  },

  'key from a file'({ within, span, acme }) {
    within({ ...acme, ddApiKey: `${acme.ddApiKey}\n` }, () => span('one'))
  },

  'key at rest'({ within, span, acme, tell }) {
    // @ts-expect-error dd-trace has no types for its insides
    const { tagMap } = require('dd-trace/packages/dd-trace/src/llmobs/tagger.js')
    within(acme, () =>
      span('one', one => tell({ kept: String(tagMap.get(one)['_dd.llmobs.routing.api_key']) }))
    )
  },

  async worker({ within, span, acme, isAttached }) {
    if (!isMainThread) {
      const { route } = workerData
      const work = () => span('in a worker')
      return route === null ? work() : within(require('../../..').llmobs.route(route), work)
    }
    await within(acme, async () => {
      const route = isAttached ? require('../../..').llmobs.currentRoute()?.toJSON() : null
      const worker = new Worker(ENTRY, { workerData: { scenario: 'worker', route } })
      await new Promise(resolve => worker.once('exit', resolve))
    })
  },

  async 'worker ends itself'({ within, span, acme }) {
    if (!isMainThread) {
      within(acme, () => span('in a worker'))
      process.exit()
    }
    const worker = new Worker(ENTRY, { workerData: { scenario: 'worker ends itself' } })
    await new Promise(resolve => worker.once('exit', resolve))
  },

  'lost context': {
    attach: { outsideContexts: 'auto' },
    run({ within, span, acme, isAttached, tell }) {
      /** @type {(() => void)[]} */
      const queue = []
      within(acme, () => queue.push(() => span('of acme')))
      for (const job of queue) job()
      if (isAttached) tell(require('../../..').llmobs.stats().unrouted.droppedByReason)
    }
  },

  'late evaluation'({ within, span, acme, llmobs }) {
    const exported = within(acme, () => span('one', () => llmobs.exportSpan()))
    llmobs.submitEvaluation(exported, { label: 'late', metricType: 'score', value: 1 })
  },

  nesting({ within, span, acme, key }) {
    within(acme, () =>
      span('agent of acme', () => within({ ...acme, ddApiKey: key('b') }, () => span('of globex')), {
        kind: 'agent',
        sessionId: 'session of acme',
        mlApp: 'app of acme'
      })
    )
  },

  'host tags'({ within, span, acme }) {
    within(acme, () => span('one'))
  },

  operator({ within, span, acme }) {
    within(acme, () => span('one', undefined, { kind: 'llm', modelName: 'model of acme' }))
  },

  'two targets'({ within, span, acme, key, isAttached, tell }) {
    const other = { ddApiKey: key('b'), ddSite: 'us3.datadoghq.com' }
    try {
      within({ ddApiKey: isAttached ? undefined : acme.ddApiKey, targets: [acme, other] }, () => span('one'))
    } catch (error) {
      tell({ code: /** @type {any} */ (error).code })
    }
  },

  // A service of acme's calls another one, whose process enters the context that BRIDGE_RECEIVER names.
  async 'to another service'({ within, span, acme, tracer, isAttached }) {
    const headers = {}
    const settings = { kind: 'agent', sessionId: 'session of acme', mlApp: 'app of acme' }
    const send = () => {
      if (isAttached) require('../../..').llmobs.inject(headers)
      else tracer.inject(tracer.scope().active(), 'http_headers', headers)
    }
    within(acme, () => span('agent of acme', send, settings))
    const child = fork(ENTRY, ['in the other service'], {
      env: { ...process.env, BRIDGE_HEADERS: JSON.stringify(headers) }
    })
    await new Promise(resolve => child.once('exit', resolve))
  },

  async 'in the other service'({ within, span, acme, key, tracer, isAttached }) {
    const headers = JSON.parse(String(process.env.BRIDGE_HEADERS))
    const letter = process.env.BRIDGE_RECEIVER
    const serve = () => span('served', undefined, isAttached ? {} : { childOf })
    const childOf = isAttached ? null : tracer.extract('http_headers', headers)
    const call = () => (letter === undefined ? serve() : within({ ...acme, ddApiKey: key(letter) }, serve))
    if (isAttached) require('../../..').llmobs.extract(headers, call)
    else call()
  },

  'own settings'({ within, span, acme, llmobs }) {
    const masked = (/** @type {any} */ one) => {
      one.input = []
      return one
    }
    const route = { ...acme, mlApp: 'app of acme', sampleRate: 0, processor: masked }
    within(route, () => span('one', () => llmobs.annotate({ inputData: 'question of acme' })))
  },

  async experiments({ within, acme, key, llmobs, tell }) {
    const whose = { [key('a')]: "acme's", [key('f')]: "the platform's" }
    globalThis.fetch = async (_url, options) => {
      const headers = new Headers(options?.headers)
      tell({ used: whose[headers.get('dd-api-key') ?? ''] ?? 'none' })
      throw new Error('seen')
    }
    await within(acme, () => llmobs.experiments.pullDataset('questions', { maxWaitMs: 1 })).catch(() => {})
  }
}
