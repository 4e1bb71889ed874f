'use strict'

// One tenant's trouble, and what the others notice of it.

/** @typedef {import('../scenarios').World} World */

const MB = 1_000_000

/**
 * Different texts, so that each takes its own memory.
 *
 * @param {number} bytes
 * @param {number} seed
 */
const textOf = (bytes, seed) => Buffer.alloc(bytes, 97 + (seed % 26)).toString('latin1')

/** @type {Record<string, import('../scenarios').Scenario | ((world: World) => unknown)>} */
module.exports = {
  async 'slow tenant'({ within, span, acme, key, llmobs, wait }) {
    within(acme, () => span('slow'))
    llmobs.flush()
    await wait(300)
    for (const letter of 'bcdefg') within({ ...acme, ddApiKey: key(letter) }, () => span('other'))
    llmobs.flush()
    await wait(4000)
  },

  // 67 MB of one tenant under way, then a trace of the platform's, of 100 KB.
  async 'starved exporter'({ within, span, acme, llmobs, tracer, wait }) {
    within(acme, () => {
      for (let index = 0; index < 15; index++) {
        span('big', () => llmobs.annotate({ inputData: textOf(4.79 * MB, index) }))
      }
    })
    llmobs.flush()
    await wait(100)
    tracer.trace('of the platform', (/** @type {any} */ root) => {
      root.setTag('resource.name', 'of the platform')
      for (let index = 0; index < 20; index++) {
        tracer.trace('part', (/** @type {any} */ part) => part.setTag('text', textOf(4900, index)))
      }
    })
    await wait(3000)
  },

  async 'refused once'({ within, span, acme, wait }) {
    within(acme, () => span('one'))
    await wait(5000)
  },

  async 'too large'({ within, span, acme, llmobs, wait }) {
    within(acme, () => {
      for (let count = 0; count < 40; count++) span('one')
    })
    llmobs.flush()
    await wait(1000)
  },

  flush({ within, span, acme, llmobs, tell }) {
    within(acme, () => span('one'))
    const result = llmobs.flush()
    tell({ result: result === undefined ? 'undefined' : 'a report' })
  },

  silent: {
    attach: { logger: undefined },
    async run({ within, span, acme, wait }) {
      within(acme, () => span('one'))
      await wait(3000)
    }
  },

  async debugged({ within, span, acme, llmobs, wait }) {
    within(acme, () => span('one', () => llmobs.annotate({ inputData: 'prompt of acme' })))
    await wait(1500)
  },

  async 'one floods'({ within, span, acme, key, llmobs, wait }) {
    for (let count = 0; count < 5; count++) {
      within({ ...acme, ddApiKey: key('b') }, () => span('quiet'))
      within(acme, () => {
        for (let big = 0; big < 2; big++)
          span('big', () => llmobs.annotate({ inputData: 'x'.repeat(3 * MB) }))
      })
    }
    llmobs.flush()
    await wait(1500)
  },

  async 'reset, then exit'({ within, span, acme, llmobs, wait }) {
    within(acme, () => span('one'))
    llmobs.flush()
    await wait(700)
  }
}
