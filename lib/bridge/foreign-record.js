'use strict'

/**
 * An event that dd-trace made, as a record: its fields and their order, our hygiene. `encodeForeignEvent`
 * (reference/encode-foreign-event.js) makes the same event as JSON text: what the core makes of the record is that text,
 * byte for byte.
 */

const { noteError } = require('../values/collection-errors')
const { OP } = require('../record/ops')
const { writeErrors, writeName, writeText, writeValue } = require('../event/span-record')
const { tenantTags } = require('./foreign-tags')
const { ROOT_PARENT_ID } = require('./inherit')

/** Fields written here one by one. What a later dd-trace adds follows them. */
const KNOWN_FIELDS = new Set([
  'trace_id',
  'span_id',
  'parent_id',
  'name',
  'tags',
  'start_ns',
  'duration',
  'status',
  'meta',
  'metrics',
  '_dd',
  'session_id',
  'collection_errors'
])

/** @typedef {import('../trace/lineage').Lineage} Lineage */
/** @typedef {import('../record/values').ValueWriter} ValueWriter */

const MAX_U64 = 2n ** 64n - 1n
/** More or longer tags are written with the limits of any value. */
const MAX_TAGS = 64
const MAX_TAGS_CHARACTERS = 10_000

/**
 * Writes the one value of a record. Never throws.
 *
 * @param {ValueWriter} writer
 * @param {Record<string, any>} event as dd-trace formatted it
 * @param {{ input: any, output: any }} content what processors left of its input and output
 * @param {Lineage | null} lineage null: the default route, which gets the event as it is
 * @param {Record<string, unknown> | undefined} userTags what the application tagged the span with
 * @param {import('./foreign-tags').TagRules} rules
 */
function writeForeignEvent(writer, event, content, lineage, userTags, rules) {
  const errors = Array.isArray(event.collection_errors) ? [...event.collection_errors] : []
  const tags = lineage === null ? event.tags : tenantTags(event.tags, lineage, userTags, rules)
  const { mark } = writer
  try {
    writeEvent(writer, event, content, lineage, tags, errors)
  } catch {
    // Out of stack: that the span happened is still told, what it was about is not.
    writer.rewind(mark)
    noteError(errors, 'internal_error')
    const meta = { 'span.kind': event.meta?.['span.kind'] }
    writeEvent(writer, { ...event, meta, metrics: {} }, { input: null, output: null }, lineage, tags, errors)
  }
}

/**
 * @param {ValueWriter} writer
 * @param {Record<string, any>} event
 * @param {{ input: any, output: any }} content
 * @param {Lineage | null} lineage
 * @param {unknown} tags
 * @param {string[]} errors
 */
function writeEvent(writer, event, content, lineage, tags, errors) {
  const sessionId = lineage === null ? event.session_id : lineage.sessionId
  writer.expect(errors)
  writer.op(OP.OBJECT)
  writeField(writer, 'trace_id', lineage?.traceId ?? event.trace_id)
  writeField(writer, 'span_id', event.span_id)
  writeField(writer, 'parent_id', lineage === null ? event.parent_id : (lineage.parentId ?? ROOT_PARENT_ID))
  writer.key('name')
  writeName(writer, event.name)
  writer.key('tags')
  if (lineage === null || !writeTags(writer, /** @type {string[]} */ (tags))) {
    writeValue(writer, tags, 'tags', OP.ARRAY)
  }
  writer.key('start_ns')
  writeInteger(writer, event.start_ns)
  writer.key('duration')
  writeInteger(writer, event.duration)
  writer.key('status')
  writeName(writer, event.status)
  writer.key('meta')
  writeMeta(writer, event.meta ?? {}, content, lineage)
  writer.key('metrics')
  writeMetrics(writer, event.metrics)
  writer.key('_dd')
  writeValue(writer, ownPart(event._dd, lineage), '_dd', OP.OBJECT)
  if (sessionId) writeField(writer, 'session_id', sessionId)
  for (const name of Object.keys(event)) {
    if (!KNOWN_FIELDS.has(name)) writeMember(writer, name, event[name])
  }
  if (errors.length > 0) {
    writer.key('collection_errors')
    writeErrors(writer, errors)
  }
  writer.op(OP.END)
}

/**
 * The tags that a tenant sees: those that recur by number.
 *
 * @param {ValueWriter} writer
 * @param {string[]} tags
 * @returns {boolean} false, and nothing is written, when they are more than usual
 */
function writeTags(writer, tags) {
  let characters = 0
  for (const tag of tags) characters += tag.length
  if (tags.length > MAX_TAGS || characters > MAX_TAGS_CHARACTERS) return false
  writer.valuesLeft -= 1 + tags.length
  writer.charactersLeft -= characters
  writer.op(OP.ARRAY)
  for (const tag of tags) {
    if (tag.startsWith('session_id:')) writer.string(tag)
    else writer.name(tag)
  }
  writer.op(OP.END)
  return true
}

/**
 * @param {ValueWriter} writer
 * @param {Record<string, any>} meta
 * @param {{ input: any, output: any }} content
 * @param {Lineage | null} lineage
 */
function writeMeta(writer, meta, content, lineage) {
  writer.op(OP.OBJECT)
  for (const name of Object.keys(meta)) {
    if (name === 'agent_attribution' && lineage !== null) continue
    const isContent = name === 'input' || name === 'output'
    writeMember(writer, name, isContent ? content[name] : meta[name])
  }
  const attribution = lineage?.agentAttribution
  if (attribution?.pagent_span_id != null) writeMember(writer, 'agent_attribution', attribution)
  writer.op(OP.END)
}

/**
 * A dot in a metric's name or a number that JSON has not would cost the span at the intake.
 *
 * @param {ValueWriter} writer
 * @param {any} metrics
 */
function writeMetrics(writer, metrics) {
  writer.op(OP.OBJECT)
  for (const name of Object.keys(metrics ?? {})) {
    const value = metrics[name]
    if (typeof value !== 'number' || !Number.isFinite(value)) continue
    writer.key(name.includes('.') ? name.replaceAll('.', '_') : name)
    writer.number(value)
  }
  writer.op(OP.END)
}

/**
 * dd-trace's own part. The APM trace is the operator's, and several tenants may share it: a tenant gets the id
 * of his own.
 *
 * @param {Record<string, any> | undefined} own
 * @param {Lineage | null} lineage
 * @returns {Record<string, any>}
 */
function ownPart(own, lineage) {
  if (lineage === null) return own ?? {}
  /** @type {Record<string, any>} */
  const fields = { ...own, trace_id: lineage.traceId, apm_trace_id: lineage.traceId }
  if (lineage.sampleRate !== null) fields.sample_rate = lineage.sampleRate
  if (lineage.samplingDecision !== null) fields.sampling_decision = lineage.samplingDecision
  return fields
}

/**
 * @param {ValueWriter} writer
 * @param {string} name
 * @param {unknown} value
 */
function writeMember(writer, name, value) {
  const { mark } = writer
  writer.key(name)
  if (!writer.write(value, name)) writer.rewind(mark)
}

/**
 * @param {ValueWriter} writer
 * @param {string} name
 * @param {unknown} value of a field that is a string
 */
function writeField(writer, name, value) {
  writer.key(name)
  writeText(writer, value)
}

/**
 * The number as it is: nanoseconds since 1970 are beyond what a double counts exactly.
 *
 * @param {ValueWriter} writer
 * @param {unknown} value
 */
function writeInteger(writer, value) {
  const integer =
    typeof value === 'bigint' ? value : Number.isFinite(value) ? BigInt(Math.round(Number(value))) : 0n
  if (integer < 0n || integer > MAX_U64) return writer.number(Number(integer))
  writer.op(OP.U64)
  writer.u64(integer)
}

module.exports = { KNOWN_FIELDS, writeForeignEvent }
