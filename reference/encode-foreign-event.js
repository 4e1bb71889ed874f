'use strict'

/**
 * The JSON text of an event that dd-trace made: its fields and their order, our hygiene. Whoever receives it
 * sees what was said about the span, and nothing of the host or of another tenant.
 */

const { KNOWN_FIELDS } = require('../lib/bridge/foreign-record')
const { tenantTags } = require('../lib/bridge/foreign-tags')
const { noteError } = require('../lib/values/collection-errors')
const { quote } = require('../lib/values/json-rules')
const { JsonWriter } = require('../lib/values/json-text')
const { text } = require('./encode-text')

/** @typedef {import('../lib/trace/lineage').Lineage} Lineage */
/** @typedef {import('../lib/bridge/foreign-tags').TagRules} TagRules */

/**
 * Never throws.
 *
 * @param {Record<string, any>} event as dd-trace formatted it
 * @param {{ input: any, output: any }} content what processors left of its input and output
 * @param {Lineage | null} lineage null: the default route, which gets the event as it is
 * @param {Record<string, unknown> | undefined} userTags what the application tagged the span with
 * @param {TagRules} rules
 * @returns {string}
 */
function encodeForeignEvent(event, content, lineage, userTags, rules) {
  const errors = Array.isArray(event.collection_errors) ? [...event.collection_errors] : []
  const tags = lineage === null ? event.tags : tenantTags(event.tags, lineage, userTags, rules)
  try {
    return encode(event, content, lineage, tags, errors)
  } catch {
    // Out of stack: that the span happened is still told, what it was about is not.
    noteError(errors, 'internal_error')
    const meta = { 'span.kind': event.meta?.['span.kind'] }
    return encode({ ...event, meta, metrics: {} }, { input: null, output: null }, lineage, tags, errors)
  }
}

/**
 * @param {Record<string, any>} event
 * @param {{ input: any, output: any }} content
 * @param {Lineage | null} lineage
 * @param {unknown} tags
 * @param {string[]} errors
 * @returns {string}
 */
function encode(event, content, lineage, tags, errors) {
  const writer = new JsonWriter(errors)
  const spanId = text(event.span_id)
  const traceId = text(lineage?.traceId ?? event.trace_id)
  const sessionId = lineage === null ? event.session_id : lineage.sessionId
  const parentId = lineage === null ? event.parent_id : (lineage.parentId ?? 'undefined')
  let json = `{"trace_id":${traceId},"span_id":${spanId},"parent_id":${text(parentId)}`
  json += `,"name":${text(event.name)},"tags":${writer.write(tags, 'tags') ?? '[]'}`
  json += `,"start_ns":${integer(event.start_ns)},"duration":${integer(event.duration)}`
  json += `,"status":${text(event.status)},"meta":${encodeMeta(event.meta ?? {}, content, lineage, writer)}`
  json += `,"metrics":${encodeMetrics(event.metrics)},"_dd":${encodeOwn(event._dd, lineage, writer)}`
  if (sessionId) json += `,"session_id":${text(sessionId)}`
  for (const name of Object.keys(event)) {
    if (!KNOWN_FIELDS.has(name)) json += member(name, writer.write(event[name], name))
  }
  if (errors.length > 0) json += `,"collection_errors":[${errors.map(error => text(error)).join(',')}]`
  return `${json}}`
}

/**
 * @param {Record<string, any>} meta
 * @param {{ input: any, output: any }} content
 * @param {Lineage | null} lineage
 * @param {JsonWriter} writer
 * @returns {string}
 */
function encodeMeta(meta, content, lineage, writer) {
  let json = ''
  for (const name of Object.keys(meta)) {
    if (name === 'agent_attribution' && lineage !== null) continue
    const value = name === 'input' || name === 'output' ? content[name] : meta[name]
    json += member(name, writer.write(value, name))
  }
  const attribution = lineage?.agentAttribution
  if (attribution?.pagent_span_id != null)
    json += member('agent_attribution', writer.write(attribution, 'agent_attribution'))
  return `{${json.slice(1)}}`
}

/**
 * A dot in a metric's name or a number that JSON has not would cost the span at the intake.
 *
 * @param {unknown} metrics
 * @returns {string}
 */
function encodeMetrics(metrics) {
  let json = ''
  for (const [name, value] of Object.entries(metrics ?? {})) {
    if (typeof value === 'number' && Number.isFinite(value)) {
      json += `,${quote(name.replaceAll('.', '_'))}:${value}`
    }
  }
  return `{${json.slice(1)}}`
}

/**
 * dd-trace's own part. The APM trace is the operator's, and several tenants may share it: a tenant gets the id
 * of his own.
 *
 * @param {Record<string, any> | undefined} own
 * @param {Lineage | null} lineage
 * @param {JsonWriter} writer
 * @returns {string}
 */
function encodeOwn(own, lineage, writer) {
  if (lineage === null) return writer.write(own ?? {}, '_dd') ?? '{}'
  /** @type {Record<string, any>} */
  const fields = { ...own, trace_id: lineage.traceId, apm_trace_id: lineage.traceId }
  if (lineage.sampleRate !== null) fields.sample_rate = lineage.sampleRate
  if (lineage.samplingDecision !== null) fields.sampling_decision = lineage.samplingDecision
  return writer.write(fields, '_dd') ?? '{}'
}

/**
 * @param {unknown} value
 * @returns {string} the number as it is: nanoseconds since 1970 are beyond what a double counts exactly
 */
function integer(value) {
  if (typeof value === 'bigint') return `${value}`
  return Number.isFinite(value) ? `${BigInt(Math.round(Number(value)))}` : '0'
}

/**
 * @param {string} name
 * @param {string | undefined} json
 * @returns {string}
 */
function member(name, json) {
  return json === undefined ? '' : `,${quote(name)}:${json}`
}

module.exports = { encodeForeignEvent }
