'use strict'

/**
 * The wire event of a span as JSON text. Built directly, so that integers keep their 64 bits and no `toJSON` on a
 * shared prototype can rewrite anybody's event.
 */

const { tagsText } = require('../lib/event/tags')
const { quote } = require('../lib/values/json-rules')
const { encodeContent } = require('./encode-content')
const { text } = require('./encode-text')

/** @typedef {import('../lib/trace/span').Span} Span */
/** @typedef {import('../lib/trace/lineage').Lineage} Lineage */
/** @typedef {import('../lib/event/tags').EventConfig} EventConfig */
/** @typedef {import('./encode-content').Content} Content */

const ROOT_PARENT_ID = 'undefined'

/**
 * Never throws.
 * @param {Span} span
 * @param {EventConfig} config
 * @param {Lineage} [target] who the span is for its receiver
 * @param {Content} [content] what `encodeContent` made of the span, to make it once for several targets
 * @returns {string} JSON text of one event of the span intake
 */
function encodeSpan(span, config, target = span.lineage, content = undefined) {
  try {
    return encodeEvent(span, config, target, content ?? encodeContent(span, capturesContent(target)))
  } catch {
    // Out of stack: that the span happened is still told, what it was about is not.
    return encodeEvent(span, config, target, remains(span))
  }
}

/**
 * @param {Span} span
 * @returns {Content}
 */
function remains(span) {
  return {
    meta: `"span.kind":${quote(span.kind)},"input":{},"output":{}`,
    error: '',
    metrics: '{}',
    errors: ['internal_error']
  }
}

/**
 * @param {Lineage} target
 * @returns {boolean} false when inputs and outputs must not leave for this target
 */
function capturesContent(target) {
  return target.route?.options.captureContent !== false
}

/**
 * @param {Span} span
 * @param {EventConfig} config
 * @param {Lineage} target
 * @param {Content} content
 * @returns {string}
 */
function encodeEvent(span, config, target, content) {
  const spanId = quote(span.spanId)
  const traceId = quote(target.traceId)
  const isExperiment = Boolean(span.tags?.experiment_id)
  let event = `{"trace_id":${traceId},"span_id":${spanId},"parent_id":${quote(target.parentId ?? ROOT_PARENT_ID)}`
  event += `,"name":${text(span.name)},"tags":${tagsText(span, config, target)},"start_ns":${span.startNs},"duration":${span.durationNs}`
  event += `,"status":${span.error === null ? '"ok"' : '"error"'}`
  event += `,"meta":{${content.meta}${encodeAttribution(target)}${content.error}},"metrics":${content.metrics}`
  event += `,"_dd":{"span_id":${spanId},"trace_id":${traceId}`
  if (target.sampleRate !== null) event += `,"sample_rate":${text(target.sampleRate)}`
  if (target.samplingDecision !== null) event += `,"sampling_decision":${text(target.samplingDecision)}`
  event += `,"apm_trace_id":${traceId}${isExperiment ? ',"scope":"experiments"' : ''}}`
  if (target.sessionId) event += `,"session_id":${text(target.sessionId)}`
  if (content.errors.length > 0) event += `,"collection_errors":[${content.errors.map(quote).join(',')}]`
  return `${event}}`
}

/**
 * @param {Lineage} target
 * @returns {string}
 */
function encodeAttribution(target) {
  const attribution = target.agentAttribution
  if (attribution === null) return ''
  const name = attribution.pagent_name === null ? 'null' : text(attribution.pagent_name)
  const spanId = attribution.pagent_span_id === null ? 'null' : text(attribution.pagent_span_id)
  return `,"agent_attribution":{"pagent_name":${name},"pagent_span_id":${spanId}}`
}

module.exports = { encodeContent, encodeSpan }
