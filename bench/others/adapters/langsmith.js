'use strict'

const { createRequire } = require('node:module')
const { MODEL, PROVIDER, keyOf, tagList } = require('../works')

/** @typedef {import('../works').Work} Work */

/**
 * A run, posted when it starts and patched when it ends. Each tenant has a client of its own.
 *
 * @type {import('./adapters').Open}
 */
function open({ url, folder }) {
  process.env.LANGSMITH_TRACING = 'true'
  const load = createRequire(`${folder}/package.json`)
  const { Client } = load('langsmith')
  const { RunTree } = load('langsmith/run_trees')
  /** @type {any[]} */
  const clients = []
  const chatOf = (/** @type {number} */ tenant) => {
    const client = new Client({ apiUrl: url, apiKey: keyOf(tenant) })
    clients.push(client)
    return (/** @type {Work} */ work) => {
      const run = new RunTree({ client, ...started(work) })
      // What is refused is missing at the sink, and counted there.
      void run.postRun().catch(() => {})
      void run.end(ended(work)).catch(() => {})
      void run.patchRun().catch(() => {})
    }
  }
  return {
    chat: chatOf(0),
    flush: async () => {
      await Promise.all(clients.map(client => client.awaitPendingTraceBatches()))
    },
    tenants: count => Array.from({ length: count }, (_, tenant) => chatOf(tenant))
  }
}

/** @param {Work} work */
function started({ system, user, metadata, tags }) {
  return {
    name: 'chat',
    run_type: 'llm',
    project_name: 'bench',
    inputs: {
      messages: [
        { role: 'system', content: system },
        { role: 'user', content: user }
      ]
    },
    extra: { metadata: { ...metadata, ls_provider: PROVIDER, ls_model_name: MODEL } },
    tags: tagList(tags)
  }
}

/** @param {Work} work */
function ended({ reply, metrics }) {
  const { inputTokens, outputTokens, totalTokens } = metrics
  return {
    messages: [{ role: 'assistant', content: reply }],
    usage_metadata: { input_tokens: inputTokens, output_tokens: outputTokens, total_tokens: totalTokens }
  }
}

module.exports = { open }
