'use strict'

const { createRequire } = require('node:module')
const { MODEL, PROVIDER } = require('../works')

/** @typedef {import('../works').Work} Work */

const FLUSH_MS = 4000

/**
 * A trace for each call, as its HTTP integration makes one for each request. Each tenant has a client and a scope.
 *
 * @type {import('./adapters').Open}
 */
function open({ url, folder }) {
  const sentry = createRequire(`${folder}/package.json`)('@sentry/node')
  const dsnOf = (/** @type {number} */ tenant) =>
    `${url.replace('://', `://${'a'.repeat(32)}@`)}/${tenant + 1}`
  sentry.init({ dsn: dsnOf(0), tracesSampleRate: 1, environment: 'prod' })
  /** @type {any[]} */
  const clients = []
  const chat = (/** @type {Work} */ work) =>
    sentry.startNewTrace(() =>
      sentry.startSpan({ op: 'gen_ai.chat', name: `chat ${MODEL}`, attributes: attributesOf(work) }, () => {})
    )
  const chatOf = (/** @type {number} */ tenant) => {
    const client = new sentry.NodeClient({
      ...sentry.getClient().getOptions(),
      dsn: dsnOf(tenant),
      integrations: sentry.spanStreamingIntegration === undefined ? [] : [sentry.spanStreamingIntegration()],
      transport: sentry.makeNodeTransport,
      stackParser: sentry.defaultStackParser
    })
    const scope = new sentry.Scope()
    scope.setClient(client)
    client.init()
    clients.push(client)
    return (/** @type {Work} */ work) => sentry.withScope(scope, () => chat(work))
  }
  return {
    chat: work => sentry.withIsolationScope(() => chat(work)),
    flush: async () => {
      await Promise.all([sentry.flush(FLUSH_MS), ...clients.map(client => client.flush(FLUSH_MS))])
    },
    tenants: count => Array.from({ length: count }, (_, tenant) => chatOf(tenant))
  }
}

/** @param {Work} work @returns {Record<string, string | number | boolean>} */
function attributesOf({ system, user, reply, metrics, metadata, tags }) {
  const input = [
    { role: 'system', content: system },
    { role: 'user', content: user }
  ]
  const named = (/** @type {string} */ prefix, /** @type {Record<string, any>} */ fields) =>
    Object.entries(fields).map(([name, value]) => [`${prefix}.${name}`, value])
  return {
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': PROVIDER,
    'gen_ai.request.model': MODEL,
    'gen_ai.input.messages': JSON.stringify(input),
    'gen_ai.output.messages': JSON.stringify([{ role: 'assistant', content: reply }]),
    'gen_ai.usage.input_tokens': metrics.inputTokens,
    'gen_ai.usage.output_tokens': metrics.outputTokens,
    'gen_ai.usage.total_tokens': metrics.totalTokens,
    ...Object.fromEntries([...named('metadata', metadata), ...named('tag', tags)])
  }
}

module.exports = { open }
