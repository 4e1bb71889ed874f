'use strict'

/** Links of a span to others, under the ids that those have for the tenant. */

const { SpanId } = require('../trace/ids')
const { bare } = require('../values/bare')
const { noteError } = require('../values/collection-errors')
const { isCredential } = require('../values/credentials')
const { isObject } = require('./messages')
const { plainOf } = require('./plain')
const { isSpanId, isTraceId, objectsOf } = require('./reading')
const { anyStateOf, stateOf } = require('./span-state')

const LINKS_MAX = 128
const ATTRIBUTES_MAX = 128
/** Longer values are left out: a link says how two spans belong together, and no content. */
const CHARACTERS_MAX = 256

/** A link of OpenTelemetry, as far as it can be told to a tenant. */
class OtelLink {
  #context
  #key
  #attributes

  /**
   * @param {{ traceId: string, spanId: string }} context
   * @param {object} key of the LLMObs
   * @param {Record<string, any>} attributes plain
   */
  constructor(context, key, attributes) {
    this.#context = context
    this.#key = key
    this.#attributes = attributes
  }

  /**
   * @param {Lineage} target
   * @returns {import('../trace/span').WireLink | null}
   */
  for({ route }) {
    const traceId = traceIdFor(this.#context, this.#key, route)
    if (traceId === null) return null
    return {
      trace_id: traceId,
      span_id: `${SpanId.ofHex(this.#context.spanId)}`,
      attributes: this.#attributes
    }
  }
}

/**
 * @param {Record<string, any>} otel
 * @param {object} key of the LLMObs
 * @param {string[]} errors
 * @returns {OtelLink[] | null} null: it has none
 */
function linksOf({ links }, key, errors) {
  if (!Array.isArray(links) || links.length === 0) return null
  if (links.length > LINKS_MAX) noteError(errors, 'truncated', 'span_links')
  const kept = objectsOf(links.slice(0, LINKS_MAX)).filter(
    ({ context }) => isObject(context) && isTraceId(context.traceId) && isSpanId(context.spanId)
  )
  return kept.map(({ context, attributes }) => new OtelLink(context, key, attributesFor(attributes, errors)))
}

/**
 * @param {any} given
 * @param {string[]} errors
 * @returns {Record<string, any>} short ones, under names without dots, which the intake has for them
 */
function attributesFor(given, errors) {
  const attributes = bare()
  if (!isObject(given)) return attributes
  const names = Object.keys(given)
  if (names.length > ATTRIBUTES_MAX) noteError(errors, 'truncated', 'span_links')
  for (const name of names.slice(0, ATTRIBUTES_MAX)) {
    const value = given[name]
    if (isCredential(name.slice(name.lastIndexOf('.') + 1), value)) continue
    const plain = plainOf(value)
    const text = Array.isArray(plain) ? JSON.stringify(plain) : plain
    if (text === undefined || `${text}`.length > CHARACTERS_MAX) noteError(errors, 'truncated', 'span_links')
    else attributes[name.replaceAll('.', '_')] = text
  }
  return attributes
}

/**
 * @param {{ traceId: string }} context of a link
 * @param {object} key
 * @param {Route | null} route
 * @returns {string | null} null: it leads to another tenant
 */
function traceIdFor(context, key, route) {
  // A span of another process: the application has named it.
  if (anyStateOf(context) === undefined) return context.traceId
  const state = stateOf(context, key)
  if (state === undefined || route === null) return null
  const own = state.lineages?.find(line => line.route?.tenantId === route.tenantId)
  if (own !== undefined) return own.traceId
  return state.lineages === null && state.route?.tenantId === route.tenantId ? state.trace.idFor(route) : null
}

module.exports = { linksOf }
