'use strict'

const { createRequire } = require('node:module')
const { MODEL, keyOf, tagList } = require('../works')

/** @typedef {import('../works').Work} Work */

/**
 * Its span processor beside its own verbs. A processor has one project: each tenant has a provider of its own.
 *
 * @type {import('./adapters').Open}
 */
function open({ url, folder }) {
  const load = createRequire(`${folder}/package.json`)
  const { NodeTracerProvider } = load('@opentelemetry/sdk-trace-node')
  const { LangfuseSpanProcessor } = load('@langfuse/otel')
  const { propagateAttributes, setLangfuseTracerProvider, startActiveObservation } = load('@langfuse/tracing')
  /** @type {any[]} */
  const providers = []
  const providerOf = (/** @type {number} */ tenant) => {
    const processor = new LangfuseSpanProcessor({
      publicKey: keyOf(tenant),
      secretKey: 'sk-bench',
      baseUrl: url
    })
    const provider = new NodeTracerProvider({ spanProcessors: [processor] })
    if (providers.length === 0) provider.register()
    providers.push(provider)
    return provider
  }
  const chat = (/** @type {Work} */ work) =>
    propagateAttributes({ tags: tagList(work.tags) }, () =>
      startActiveObservation('chat', (/** @type {any} */ generation) => generation.update(said(work)), {
        asType: 'generation'
      })
    )
  providerOf(0)
  return {
    chat,
    flush: async () => {
      await Promise.allSettled(providers.map(provider => provider.forceFlush()))
    },
    tenants: count =>
      Array.from({ length: count }, (_, tenant) => {
        const provider = tenant === 0 ? providers[0] : providerOf(tenant)
        return (/** @type {Work} */ work) => {
          setLangfuseTracerProvider(provider)
          chat(work)
        }
      })
  }
}

/** @param {Work} work */
function said({ system, user, reply, metrics, metadata }) {
  const { inputTokens: input, outputTokens: output, totalTokens: total } = metrics
  return {
    input: [
      { role: 'system', content: system },
      { role: 'user', content: user }
    ],
    output: { role: 'assistant', content: reply },
    model: MODEL,
    usageDetails: { input, output, total },
    metadata
  }
}

module.exports = { open }
