'use strict'

/**
 * What an event should say, written the plain way: sanitise a copy, build an object, let `JSON.stringify` write it.
 * Slow, and only right for ordinary values; it shares nothing with `lib/`.
 */

const MAX_LEVELS = 12

/** @param {string} text */
function wellFormedText(text) {
  return /** @type {any} */ (text).toWellFormed()
}

/**
 * @param {unknown} value plain JSON, and the values that are documented to be replaced
 * @param {number} level containers around it
 * @returns {unknown}
 */
function cleaned(value, level = 0) {
  if (typeof value === 'string') return wellFormedText(value)
  if (typeof value === 'bigint' || typeof value === 'symbol' || typeof value === 'function')
    return 'Unserializable value'
  if (value === null || typeof value !== 'object') return value
  if (value instanceof Date) return value.toJSON()
  if (level === MAX_LEVELS) return JSON.stringify(cleaned(value, Number.NEGATIVE_INFINITY))
  if (Array.isArray(value)) return value.map(item => cleaned(item, level + 1))
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [wellFormedText(key), cleaned(item, level + 1)])
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
            model_name: span.texts.modelName || 'custom',
            model_provider: (span.texts.modelProvider || 'custom').toLowerCase()
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
  if (typeof value === 'string') return wellFormedText(value)
  if (value === null || typeof value !== 'object') return value
  if (Array.isArray(value)) return value.map(wellFormed)
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [wellFormedText(key), wellFormed(item)])
  )
}

/**
 * The text of a span's event, of what the span holds once it was annotated: that is plain.
 *
 * @param {any} span
 * @param {any} config
 * @param {any} [target] who the span is for its receiver
 * @returns {string}
 */
function plainText(span, config, target = span.lineage) {
  const [traceId, spanId] = [target.traceId, span.spanId]
  const isTold = target.route?.options.captureContent !== false
  const meta = {
    'span.kind': span.kind,
    input: isTold ? inputOf(span) : {},
    output: isTold ? saidIn(span.output) : {},
    ...(['llm', 'embedding'].includes(span.kind)
      ? {
          model_name: span.texts.modelName || 'custom',
          model_provider: (span.texts.modelProvider || 'custom').toLowerCase()
        }
      : {}),
    metadata: metadataOf(span),
    tool_definitions: span.toolDefinitions ?? undefined,
    agent_attribution: target.agentAttribution ?? undefined,
    'error.message': span.error?.message,
    'error.type': span.error?.type,
    'error.stack': span.error?.stack || undefined
  }
  const event = {
    trace_id: traceId,
    span_id: spanId,
    parent_id: target.parentId ?? 'undefined',
    name: span.name,
    tags: tagsOf(span, config, target),
    start_ns: 'start_ns',
    duration: 'duration',
    status: span.error ? 'error' : 'ok',
    meta,
    metrics: span.metrics ?? {},
    _dd: {
      ...{ span_id: spanId, trace_id: traceId, sample_rate: target.sampleRate ?? undefined },
      ...{ sampling_decision: target.samplingDecision ?? undefined, apm_trace_id: traceId },
      scope: span.tags?.experiment_id ? 'experiments' : undefined
    },
    session_id: target.sessionId || undefined,
    collection_errors: span.collectionErrors ?? undefined
  }
  // A number would lose the nanoseconds.
  return JSON.stringify(wellFormed(event))
    .replace('"start_ns":"start_ns"', `"start_ns":${span.startNs}`)
    .replace('"duration":"duration"', `"duration":${span.durationNs}`)
}

/** @param {any} value of a field: null when it was never annotated, a symbol when it was annotated with null */
function saidIn(value) {
  return typeof value === 'symbol' ? null : (value ?? {})
}

/** @param {any} span */
function inputOf(span) {
  const input = saidIn(span.input)
  return span.kind === 'llm' && span.prompt !== null ? { ...input, prompt: span.prompt } : input
}

/** @param {any} span */
function metadataOf({ kind, name, metadata, costTags, agentManifest }) {
  const manifest = kind === 'agent' && agentManifest !== null ? agentManifest : undefined
  if (costTags === null && manifest === undefined) return metadata ?? undefined
  const isObject = typeof metadata?._dd === 'object' && !Array.isArray(metadata._dd)
  const agent = manifest && { framework: 'manual', ...manifest, name: manifest.name ?? name }
  const _dd = { ...(isObject ? metadata._dd : {}), cost_tags: costTags ?? undefined, agent_manifest: agent }
  return { ...metadata, _dd }
}

/**
 * @param {any} span
 * @param {any} config
 * @param {any} target
 * @returns {string[]}
 */
function tagsOf(span, config, target) {
  const isTenant = target.route !== null && !target.route.isDefault
  /** @type {[string, any][]} */
  const shared = config.hostTags.filter(
    (/** @type {[string]} */ [name]) => !isTenant || config.tenantTags.includes(name)
  )
  const tags = Object.assign(
    Object.fromEntries(shared),
    { version: config.version, env: target.env ?? config.env, service: target.service ?? config.service },
    { source: 'integration', ml_app: target.mlApp, 'ddtrace.version': config.tracerVersion },
    { error: span.error ? 1 : 0, language: 'javascript' },
    span.error?.type ? { error_type: span.error.type } : {},
    target.sessionId ? { session_id: target.sessionId } : {},
    span.integration ? { integration: span.integration } : {},
    span.tags
  )
  return Object.entries(tags).flatMap(([name, value]) =>
    (Array.isArray(value) && value.length > 0 ? value : [value]).map(item => {
      const isPrinted = ['string', 'number', 'boolean'].includes(typeof item)
      return `${name}:${isPrinted ? item : ''}`
    })
  )
}

module.exports = { plainEvent, plainText }
