'use strict'

const { MODEL, PROVIDER, SITE, keyOf } = require('../works')

const SPAN = Object.freeze({ kind: 'llm', name: 'chat', modelName: MODEL, modelProvider: PROVIDER })

/**
 * A peer with dd-trace's verbs; its way to serve many tenants is a context for each call.
 *
 * @param {any} llmobs
 * @returns {import('./adapters').Adapter}
 */
function withDdVerbs(llmobs) {
  const chat = (/** @type {import('../works').Work} */ work) =>
    llmobs.trace(SPAN, (/** @type {any} */ span) => {
      llmobs.annotate(span, {
        inputData: [
          { role: 'system', content: work.system },
          { role: 'user', content: work.user }
        ],
        outputData: [{ role: 'assistant', content: work.reply }],
        metadata: work.metadata,
        metrics: work.metrics,
        tags: work.tags
      })
    })
  const routed = (/** @type {number} */ tenant) => {
    const route = { ddApiKey: keyOf(tenant), ddSite: SITE }
    return (/** @type {import('../works').Work} */ work) => llmobs.routingContext(route, () => chat(work))
  }
  return {
    chat: routed(0),
    flush: async () => {
      await llmobs.flush()
    },
    tenants: count => Array.from({ length: count }, (_, tenant) => routed(tenant))
  }
}

module.exports = { withDdVerbs }
