'use strict'

// How much, how large, and what it costs.

/** @typedef {import('../scenarios').World} World */

const MIB = 1024 * 1024

/** @type {Record<string, import('../scenarios').Scenario | ((world: World) => unknown)>} */
module.exports = {
  burst({ within, span, acme }) {
    within(acme, () => {
      for (let count = 0; count < 1500; count++) span('one')
    })
  },

  // 320 MB of 160 tenants in one tick. Nothing answers.
  'many tenants'({ within, span, acme, llmobs, tell }) {
    within(acme, () => span('the first, which loads what is loaded late'))
    globalThis.gc?.()
    const before = process.memoryUsage.rss()
    for (let tenant = 0; tenant < 160; tenant++) {
      const text = Buffer.alloc(2_000_000, 97 + (tenant % 26)).toString('latin1')
      within({ ...acme, ddApiKey: String(tenant).padStart(32, '0') }, () =>
        span('one', () => llmobs.annotate({ inputData: text }))
      )
    }
    globalThis.gc?.()
    const mib = Math.round((process.memoryUsage.rss() - before) / MIB)
    return new Promise(() => tell({ mib }, () => process.kill(process.pid, 'SIGKILL')))
  },

  'large text'({ within, span, acme, llmobs }) {
    within(acme, () => span('one', () => llmobs.annotate({ inputData: 'ж'.repeat(2_400_000) })))
  },

  'cost of text'({ within, span, acme, llmobs, tell }) {
    const SPANS = 200
    const text = 'A question of some length, ünd nicht nur in English. '.repeat(150)
    const one = () => span('one', () => llmobs.annotate({ inputData: text }))
    within(acme, () => {
      for (let count = 0; count < SPANS; count++) one()
    })
    llmobs.flush()
    const { stringify } = JSON
    let written = 0
    JSON.stringify = (/** @type {any[]} */ ...args) => {
      const json = /** @type {any} */ (stringify)(...args)
      written += json?.length ?? 0
      return json
    }
    const startMs = performance.now()
    within(acme, () => {
      for (let count = 0; count < SPANS; count++) one()
    })
    llmobs.flush()
    const ms = (performance.now() - startMs) / SPANS
    JSON.stringify = stringify
    tell({ times: (written / SPANS / text.length).toFixed(1), ms: ms.toFixed(2) })
  },

  'a path of Windows'({ within, span, acme, llmobs }) {
    within(acme, () => {
      span('one', () => llmobs.annotate({ inputData: 'C:\\users\\acme' }))
      span('another', () => llmobs.annotate({ inputData: 'nothing special' }))
    })
  },

  compressible: {
    attach: { compression: 'gzip' },
    run({ within, span, acme, llmobs }) {
      within(acme, () => span('one', () => llmobs.annotate({ inputData: 'the same again. '.repeat(60_000) })))
    }
  },

  'bad numbers'({ within, span, acme, llmobs }) {
    within(acme, () => span('one', () => llmobs.annotate({ metrics: { 'a.b': 1, nothing: Number.NaN } })))
  },

  deep({ within, span, acme, llmobs }) {
    /** @type {any} */
    let value = 'bottom'
    for (let level = 0; level < 30; level++) value = { value }
    within(acme, () => span('one', () => llmobs.annotate({ metadata: value })))
  }
}
