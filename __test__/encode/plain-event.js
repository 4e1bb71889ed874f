'use strict'

/**
 * What an event should say, written the plain way: sanitise a copy, build an object, let `JSON.stringify` write it.
 * Slow, and only right for ordinary values; it shares nothing with the encoders.
 */

const MAX_LEVELS = 12

/**
 * @param {unknown} value plain JSON, and the values that are documented to be replaced
 * @param {number} level containers around it
 * @returns {unknown}
 */
function cleaned(value, level = 0) {
  if (typeof value === 'string') return value.toWellFormed()
  if (typeof value === 'bigint' || typeof value === 'symbol' || typeof value === 'function')
    return 'Unserializable value'
  if (value === null || typeof value !== 'object') return value
  if (value instanceof Date) return value.toJSON()
  if (level === MAX_LEVELS) return JSON.stringify(cleaned(value, Number.NEGATIVE_INFINITY))
  if (Array.isArray(value)) return value.map(item => cleaned(item, level + 1))
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key.toWellFormed(), cleaned(item, level + 1)])
  )
}

/**
 * @param {import('../../lib/trace/span').Span} span
 * @param {any} given the one annotation it got
 * @param {any} config
 * @returns {any} the parsed event, with times as they are in a double
 */
function plainEvent(span, given, config) {
  const tags = {
    ...Object.fromEntries(config.hostTags),
    ...{
      version: config.version,
      env: config.env,
      service: config.service,
      source: 'integration',
      ml_app: span.mlApp
    },
    ...{ 'ddtrace.version': config.tracerVersion, error: span.error ? 1 : 0, language: 'javascript' },
    ...(span.error ? { error_type: span.error.type } : {}),
    ...(span.lineage.sessionId ? { session_id: span.lineage.sessionId } : {}),
    ...given.tags
  }
  const isLlm = span.kind === 'llm'
  const side = (/** @type {any} */ data) => {
    if (!data) return {}
    if (isLlm)
      return {
        messages: data.map((/** @type {any} */ message) => ({ role: message.role, content: message.content }))
      }
    return {
      value: typeof data === 'string' ? data : JSON.stringify(cleaned(data, Number.NEGATIVE_INFINITY))
    }
  }
  const event = {
    trace_id: span.traceId,
    span_id: span.spanId,
    parent_id: span.parentId ?? 'undefined',
    name: span.name,
    tags: Object.entries(tags).map(([key, value]) => `${key}:${value}`),
    start_ns: Number(span.startNs),
    duration: Number(span.durationNs),
    status: span.error ? 'error' : 'ok',
    meta: {
      'span.kind': span.kind,
      input: side(given.inputData),
      output: side(given.outputData),
      ...(isLlm
        ? {
            model_name: span.modelName || 'custom',
            model_provider: (span.modelProvider || 'custom').toLowerCase()
          }
        : {}),
      metadata: cleaned(given.metadata),
      ...(span.error
        ? {
            'error.message': span.error.message,
            'error.type': span.error.type,
            'error.stack': span.error.stack || undefined
          }
        : {})
    },
    metrics: Object.fromEntries(
      Object.entries(given.metrics)
        .filter(([, value]) => Number.isFinite(value))
        .map(([key, value]) => [key.replace(/\./g, '_'), value])
    ),
    _dd: {
      ...{ span_id: span.spanId, trace_id: span.traceId, sample_rate: span.lineage.sampleRate ?? undefined },
      ...{ sampling_decision: span.lineage.samplingDecision ?? undefined, apm_trace_id: span.traceId }
    },
    session_id: span.lineage.sessionId || undefined,
    collection_errors: span.collectionErrors ?? undefined
  }
  return JSON.parse(JSON.stringify(wellFormed(event)))
}

/**
 * @param {any} value
 * @returns {any}
 */
function wellFormed(value) {
  if (typeof value === 'string') return value.toWellFormed()
  if (value === null || typeof value !== 'object') return value
  if (Array.isArray(value)) return value.map(wellFormed)
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key.toWellFormed(), wellFormed(item)])
  )
}

module.exports = { plainEvent }
