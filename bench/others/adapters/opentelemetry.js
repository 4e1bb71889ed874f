'use strict'

const { SpanKind } = require('@opentelemetry/api')
const { BatchSpanProcessor, NodeTracerProvider } = require('@opentelemetry/sdk-trace-node')
const { MODEL, PROVIDER, keyOf } = require('../works')

/** @typedef {import('../works').Work} Work */

const STARTED = Object.freeze({
  kind: SpanKind.CLIENT,
  attributes: {
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': PROVIDER,
    'gen_ai.request.model': MODEL
  }
})

/**
 * The SDK with the batch processor and an OTLP exporter. The application makes JSON of the messages, as the semantic
 * conventions say. An exporter has one destination: each tenant has a provider of its own.
 *
 * @param {string} url
 * @param {new (options: any) => any} Exporter
 * @returns {import('./adapters').Adapter}
 */
function openOtlp(url, Exporter) {
  /** @type {NodeTracerProvider[]} */
  const providers = []
  const chatOf = (/** @type {number} */ tenant) => {
    const headers = { authorization: `Bearer ${keyOf(tenant)}` }
    const exporter = new Exporter({ url: `${url}/v1/traces`, headers })
    const provider = new NodeTracerProvider({
      spanProcessors: [new BatchSpanProcessor(exporter)]
    })
    // The first one's context manager serves all.
    if (providers.length === 0) provider.register()
    providers.push(provider)
    const tracer = provider.getTracer('bench')
    return (/** @type {Work} */ work) =>
      tracer.startActiveSpan(`chat ${MODEL}`, STARTED, span => record(span, work))
  }
  return {
    chat: chatOf(0),
    flush: async () => {
      await Promise.allSettled(providers.map(provider => provider.forceFlush()))
    },
    tenants: count => Array.from({ length: count }, (_, tenant) => chatOf(tenant))
  }
}

/** @param {import('@opentelemetry/api').Span} span @param {Work} work */
function record(span, { system, user, reply, metrics, metadata, tags }) {
  span.setAttribute(
    'gen_ai.input.messages',
    JSON.stringify([message('system', system), message('user', user)])
  )
  span.setAttribute('gen_ai.output.messages', JSON.stringify([message('assistant', reply)]))
  span.setAttribute('gen_ai.usage.input_tokens', metrics.inputTokens)
  span.setAttribute('gen_ai.usage.output_tokens', metrics.outputTokens)
  for (const [name, value] of Object.entries(metadata)) span.setAttribute(`metadata.${name}`, value)
  for (const [name, value] of Object.entries(tags)) span.setAttribute(`tag.${name}`, value)
  span.end()
}

/** @param {string} role @param {string} content */
function message(role, content) {
  return { role, parts: [{ type: 'text', content }] }
}

module.exports = { openOtlp }
