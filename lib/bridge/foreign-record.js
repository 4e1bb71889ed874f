'use strict'

/**
 * An event that dd-trace made: its fields and their order, our hygiene. What is in it is the application's, so it is
 * copied before anything is written.
 */

const { bare, bareOf } = require('../values/bare')
const { noteError } = require('../values/collection-errors')
const { ANY_LEVELS, Copier } = require('../values/copy')
const { fieldText } = require('../values/json-rules')
const { SENDABLE_CHARACTERS, keptCharacters } = require('../values/shorten')
const { isObject } = require('../values/own')
const { OP } = require('../record/ops')
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

/** @typedef {import('../record/values').ValueWriter} ValueWriter */

const MAX_U64 = 2n ** 64n - 1n
/** More or longer tags are written with the limits of any value. */
const MAX_TAGS = 64
const MAX_TAGS_CHARACTERS = 10_000

/** An event for one receiver: plain, whatever dd-trace's was. */
class ForeignEvent {
  #fields

  /**
   * @param {Record<string, any>} event as dd-trace formatted it
   * @param {{ input: any, output: any }} content what processors left of its input and output
   * @param {Lineage | null} lineage null: the default route, which gets the event as it is
   * @param {Record<string, unknown> | undefined} userTags what the application tagged the span with
   * @param {import('./foreign-tags').TagRules} rules
   */
  constructor(event, content, lineage, userTags, rules) {
    const errors = Array.isArray(event.collection_errors) ? [...event.collection_errors] : []
    const tags = lineage === null ? event.tags : tenantTags(event.tags, lineage, userTags, rules)
    try {
      this.#fields = fieldsOf(event, content, lineage, tags, errors)
    } catch {
      // Out of stack: that the span happened is still told, what it was about is not.
      noteError(errors, 'internal_error')
      const rest = { ...event, meta: { 'span.kind': event.meta?.['span.kind'] }, metrics: {} }
      this.#fields = fieldsOf(rest, { input: null, output: null }, lineage, tags, errors)
    }
  }

  /**
   * Writes the one value of a record.
   *
   * @param {ValueWriter} writer
   */
  write(writer) {
    const fields = this.#fields
    writer.expect(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY)
    writer.op(OP.OBJECT)
    for (const name in fields) {
      const value = fields[name]
      if (value === undefined) continue
      writer.key(name)
      writeField(writer, name, value)
    }
    writer.op(OP.END)
  }
}

/**
 * @param {Record<string, any>} event
 * @param {{ input: any, output: any }} content
 * @param {Lineage | null} lineage
 * @param {unknown} tags
 * @param {string[]} errors
 * @returns {Record<string, any>} the fields of the event, in dd-trace's order
 */
function fieldsOf(event, content, lineage, tags, errors) {
  const copier = new Copier(errors)
  const sessionId = lineage === null ? event.session_id : lineage.sessionId
  const fields = bareOf({
    trace_id: fieldText(lineage?.traceId ?? event.trace_id),
    span_id: fieldText(event.span_id),
    parent_id: fieldText(lineage === null ? event.parent_id : (lineage.parentId ?? ROOT_PARENT_ID)),
    name: fieldText(event.name),
    tags: (lineage !== null && isFew(tags) ? tags : copier.copy(tags, 'tags')) ?? [],
    start_ns: integerOf(event.start_ns),
    duration: integerOf(event.duration),
    status: fieldText(event.status),
    meta: metaOf(copier, event.meta ?? {}, content, lineage),
    metrics: metricsOf(event.metrics ?? {}),
    _dd: ownPart(copier, event._dd ?? {}, lineage)
  })
  if (sessionId) fields.session_id = fieldText(sessionId)
  for (const name of Object.keys(event)) {
    if (!KNOWN_FIELDS.has(name)) fields[name] = copier.copy(event[name], name)
  }
  if (copier.characters > SENDABLE_CHARACTERS) {
    fields.meta = new Copier(errors, { longest: keptCharacters([fields.meta]) }).copy(
      fields.meta,
      'meta',
      ANY_LEVELS
    )
  }
  if (errors.length > 0) fields.collection_errors = errors.map(fieldText)
  return fields
}

/**
 * @param {Copier} copier
 * @param {Record<string, any>} meta
 * @param {{ input: any, output: any }} content
 * @param {Lineage | null} lineage
 */
function metaOf(copier, meta, content, lineage) {
  const copy = bare()
  for (const name of Object.keys(meta)) {
    if (name === 'agent_attribution' && lineage !== null) continue
    const isContent = name === 'input' || name === 'output'
    copy[name] = copier.copy(isContent ? content[name] : meta[name], name)
  }
  const attribution = lineage?.agentAttribution
  if (attribution?.pagent_span_id != null) {
    copy.agent_attribution = copier.copy(attribution, 'agent_attribution')
  }
  return copy
}

/**
 * A dot in a metric's name or a number that JSON has not would cost the span at the intake.
 *
 * @param {Record<string, unknown>} metrics
 */
function metricsOf(metrics) {
  const copy = bare()
  for (const name of Object.keys(metrics)) {
    const value = metrics[name]
    if (typeof value !== 'number' || !Number.isFinite(value)) continue
    copy[name.includes('.') ? name.replaceAll('.', '_') : name] = value
  }
  return copy
}

/**
 * dd-trace's own part. The APM trace is the operator's, and several tenants may share it: a tenant gets the id
 * of his own.
 *
 * @param {Copier} copier
 * @param {unknown} own
 * @param {Lineage | null} lineage
 * @returns {unknown}
 */
function ownPart(copier, own, lineage) {
  const copy = copier.copy(own, '_dd')
  if (lineage === null) return copy
  const fields = isObject(copy) && !Array.isArray(copy) ? copy : bare()
  fields.trace_id = fieldText(lineage.traceId)
  fields.apm_trace_id = fields.trace_id
  if (lineage.sampleRate !== null) fields.sample_rate = lineage.sampleRate
  if (lineage.samplingDecision !== null) fields.sampling_decision = lineage.samplingDecision
  return fields
}

/**
 * The number as it is: nanoseconds since 1970 are beyond what a double counts exactly.
 *
 * @param {unknown} value
 * @returns {bigint | number}
 */
function integerOf(value) {
  const integer =
    typeof value === 'bigint' ? value : Number.isFinite(value) ? BigInt(Math.round(Number(value))) : 0n
  return integer < 0n || integer > MAX_U64 ? Number(integer) : integer
}

/**
 * @param {any} tags that a tenant sees
 * @returns {boolean} whether they need no limit
 */
function isFew(tags) {
  let characters = 0
  for (const tag of tags) characters += tag.length
  return tags.length <= MAX_TAGS && characters <= MAX_TAGS_CHARACTERS
}

/**
 * @param {ValueWriter} writer
 * @param {string} name of a field of the event
 * @param {any} value
 */
function writeField(writer, name, value) {
  if (typeof value === 'bigint') {
    writer.op(OP.U64)
    writer.u64(value)
  } else if (name === 'name' || name === 'status') writer.name(value)
  else if (name === 'tags' && Array.isArray(value)) writeTags(writer, value)
  else writer.write(value)
}

/**
 * The tags, those that recur by number.
 *
 * @param {ValueWriter} writer
 * @param {any[]} tags
 */
function writeTags(writer, tags) {
  writer.op(OP.ARRAY)
  for (const tag of tags) {
    if (typeof tag !== 'string' || tag.startsWith('session_id:')) writer.write(tag)
    else writer.name(tag)
  }
  writer.op(OP.END)
}

module.exports = { ForeignEvent }
