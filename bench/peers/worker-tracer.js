'use strict'

const { AsyncLocalStorage } = require('node:async_hooks')
const { newSpanId, newTraceId } = require('../../lib/trace/ids')
const { whenOver } = require('./when-over')
const { WorkerWriter } = require('./worker-writer')

const TAGS = Object.freeze(['ml_app:bench', 'language:javascript', 'source:integration'])
const METRIC_NAMES = Object.freeze({
  inputTokens: 'input_tokens',
  outputTokens: 'output_tokens',
  totalTokens: 'total_tokens'
})

/**
 * The least that a team would write around WorkerWriter: a context for the route, ids, the wire event. It checks
 * nothing that it is given, and knows nothing but model calls, which is to its advantage.
 */
class WorkerTracer {
  #routes = new AsyncLocalStorage()
  #writer

  /** @param {string} url of the intake */
  constructor(url) {
    this.#writer = new WorkerWriter(url)
  }

  /** @param {{ ddApiKey: string, ddSite: string }} route @param {() => unknown} fn */
  routingContext(route, fn) {
    return this.#routes.run(route, fn)
  }

  /** @param {any} options @param {(span: any) => any} fn */
  trace(options, fn) {
    const startNs = BigInt(Math.round((performance.timeOrigin + performance.now()) * 1e6))
    const span = { ...options, startNs, annotation: null }
    return whenOver(fn(span), () => this.#finish(span))
  }

  /** @param {any} span @param {any} annotation */
  annotate(span, annotation) {
    span.annotation = annotation
  }

  flush() {
    this.#writer.post()
  }

  /** @param {any} span */
  #finish(span) {
    const { ddApiKey, ddSite } = this.#routes.getStore()
    this.#writer.append(ddApiKey, ddSite, JSON.stringify(eventOf(span)))
  }
}

/** @param {any} span */
function eventOf({ kind, name, modelName, modelProvider, startNs, annotation }) {
  const [traceId, spanId] = [newTraceId(startNs).toString(), newSpanId().toString()]
  /** @type {Record<string, number>} */
  const metrics = {}
  for (const [from, to] of Object.entries(METRIC_NAMES)) metrics[to] = annotation.metrics[from]
  return {
    trace_id: traceId,
    span_id: spanId,
    parent_id: 'undefined',
    name,
    tags: TAGS,
    start_ns: Number(startNs),
    duration: Math.round((performance.timeOrigin + performance.now()) * 1e6) - Number(startNs),
    status: 'ok',
    meta: {
      'span.kind': kind,
      model_name: modelName,
      model_provider: modelProvider,
      input: { messages: annotation.inputData },
      output: { messages: annotation.outputData },
      metadata: annotation.metadata
    },
    metrics,
    _dd: { span_id: spanId, trace_id: traceId, apm_trace_id: traceId }
  }
}

module.exports = { WorkerTracer }
