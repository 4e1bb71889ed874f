'use strict'

/**
 * The JSON text of an event that dd-trace made: its fields and their order, our hygiene. Whoever receives it
 * sees what was said about the span, and nothing of the host or of another tenant.
 */

const { noteError } = require('../sdk/collection-errors')
const { text } = require('../sdk/encode-text')
const { quote } = require('../sdk/json-rules')
const { JsonWriter } = require('../sdk/json-text')

/** Tags that dd-trace itself sets; every other one is the host's or the application's. */
const OWN_TAGS = [
  'version',
  'env',
  'service',
  'source',
  'ml_app',
  'ddtrace.version',
  'error',
  'language',
  'error_type',
  'session_id',
  'integration'
]

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

/** @typedef {import('./identity').Identity} Identity */
/** @typedef {{ hostTags: [string, string][], tenantTags: string[] }} TagRules */

/**
 * Never throws.
 *
 * @param {Record<string, any>} event as dd-trace formatted it
 * @param {{ input: any, output: any }} content what processors left of its input and output
 * @param {Identity | null} identity null: the default route, which gets the event as it is
 * @param {Record<string, unknown> | undefined} userTags what the application tagged the span with
 * @param {TagRules} rules
 * @returns {string}
 */
function encodeForeignEvent(event, content, identity, userTags, rules) {
  const errors = Array.isArray(event.collection_errors) ? [...event.collection_errors] : []
  const tags = identity === null ? event.tags : tenantTags(event.tags, identity, userTags, rules)
  try {
    return encode(event, content, identity, tags, errors)
  } catch {
    // Out of stack: that the span happened is still told, what it was about is not.
    noteError(errors, 'internal_error')
    const meta = { 'span.kind': event.meta?.['span.kind'] }
    return encode({ ...event, meta, metrics: {} }, { input: null, output: null }, identity, tags, errors)
  }
}

/**
 * @param {Record<string, any>} event
 * @param {{ input: any, output: any }} content
 * @param {Identity | null} identity
 * @param {unknown} tags
 * @param {string[]} errors
 * @returns {string}
 */
function encode(event, content, identity, tags, errors) {
  const writer = new JsonWriter(errors)
  const spanId = text(event.span_id)
  const traceId = text(identity?.traceId ?? event.trace_id)
  const sessionId = identity === null ? event.session_id : identity.sessionId
  let json = `{"trace_id":${traceId},"span_id":${spanId},"parent_id":${text(identity?.parentId ?? event.parent_id)}`
  json += `,"name":${text(event.name)},"tags":${writer.write(tags, 'tags') ?? '[]'}`
  json += `,"start_ns":${integer(event.start_ns)},"duration":${integer(event.duration)}`
  json += `,"status":${text(event.status)},"meta":${encodeMeta(event.meta ?? {}, content, identity, writer)}`
  json += `,"metrics":${encodeMetrics(event.metrics)},"_dd":${encodeOwn(event._dd, identity, writer)}`
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
 * @param {Identity | null} identity
 * @param {JsonWriter} writer
 * @returns {string}
 */
function encodeMeta(meta, content, identity, writer) {
  let json = ''
  for (const name of Object.keys(meta)) {
    if (name === 'agent_attribution' && identity !== null) continue
    const value = name === 'input' || name === 'output' ? (content[name] ?? {}) : meta[name]
    json += member(name, writer.write(value, name))
  }
  if (identity?.agentSpanId != null) {
    const attribution = { pagent_name: identity.agentName, pagent_span_id: identity.agentSpanId }
    json += member('agent_attribution', writer.write(attribution, 'agent_attribution'))
  }
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
 * @param {Identity | null} identity
 * @param {JsonWriter} writer
 * @returns {string}
 */
function encodeOwn(own, identity, writer) {
  if (identity === null) return writer.write(own ?? {}, '_dd') ?? '{}'
  /** @type {Record<string, any>} */
  const fields = { ...own, trace_id: identity.traceId, apm_trace_id: identity.traceId }
  if (identity.sampleRate !== null) fields.sample_rate = identity.sampleRate
  if (identity.samplingDecision !== null) fields.sampling_decision = identity.samplingDecision
  return writer.write(fields, '_dd') ?? '{}'
}

/** Tags whose names are kept at a time, and the longest of them. */
const MAX_KNOWN_TAGS = 512
const MAX_KNOWN_CHARACTERS = 128

/** What a tenant may see of an event's tags, for the names that the host and the application gave. */
class TagFilter {
  /** @param {string[]} names seen beside those that dd-trace sets itself */
  constructor(names) {
    this.#allowed = new Set([...OWN_TAGS, ...names])
    this.#withColon = [...this.#allowed].filter(name => name.includes(':'))
  }

  #allowed
  #withColon
  /** What was found out before: few tags differ from event to event. @type {Map<string, string | null>} */
  #known = new Map()

  /**
   * @param {unknown} tag `name:value`
   * @returns {string | null} null for one that the receiver must not see
   */
  nameOf(tag) {
    if (typeof tag !== 'string') return null
    const known = this.#known.get(tag)
    if (known !== undefined) return known
    const name = this.#find(tag)
    if (this.#known.size >= MAX_KNOWN_TAGS) this.#known.clear()
    if (tag.length <= MAX_KNOWN_CHARACTERS) this.#known.set(tag, name)
    return name
  }

  /**
   * @param {string} tag
   * @returns {string | null}
   */
  #find(tag) {
    const name = tag.slice(0, tag.indexOf(':'))
    if (this.#allowed.has(name)) return name
    // A name may hold colons itself.
    for (const candidate of this.#withColon) if (tag.startsWith(`${candidate}:`)) return candidate
    return null
  }
}

/** The filters of spans without tags of their own, by the instance's rules. @type {WeakMap<TagRules, TagFilter>} */
const filters = new WeakMap()

/**
 * @param {TagRules} rules
 * @param {string[]} chosen
 * @returns {TagFilter}
 */
function filterFor(rules, chosen) {
  if (chosen.length > 0) return new TagFilter([...rules.tenantTags, ...chosen])
  let filter = filters.get(rules)
  if (filter === undefined) {
    filter = new TagFilter(rules.tenantTags)
    filters.set(rules, filter)
  }
  return filter
}

/** @type {string[]} */
const NONE = []

/**
 * @param {unknown} tags
 * @param {Identity} identity
 * @param {Record<string, unknown> | undefined} userTags
 * @param {TagRules} rules
 * @returns {string[]}
 */
function tenantTags(tags, identity, userTags, rules) {
  if (!Array.isArray(tags)) return []
  const chosen = userTags === undefined ? NONE : Object.keys(userTags)
  const filter = filterFor(rules, chosen)
  const seen = []
  for (const tag of tags) {
    const name = filter.nameOf(tag)
    if (name === null || (name === 'session_id' && !chosen.includes(name))) continue
    const value = chosen.includes(name) ? undefined : replacement(name, identity)
    seen.push(value === undefined ? tag : `${name}:${value}`)
  }
  if (identity.sessionId && !chosen.includes('session_id')) seen.push(`session_id:${identity.sessionId}`)
  return seen
}

/**
 * @param {string} name of a tag
 * @param {Identity} identity
 * @returns {string | undefined} what the route says instead
 */
function replacement(name, identity) {
  switch (name) {
    case 'service':
      return identity.route.options.service
    case 'env':
      return identity.route.options.env
    case 'ml_app':
      return identity.mlApp || undefined
    default:
      return undefined
  }
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

module.exports = { KNOWN_FIELDS, encodeForeignEvent, tenantTags }
