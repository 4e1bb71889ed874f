'use strict'

/** Links of a span to others, under the ids that those have for the tenant. */

const { isObject } = require('./messages')
const { SpanId } = require('../trace/ids')
const { isSpanId, isTraceId, objectsOf } = require('./reading')
const { anyStateOf, stateOf } = require('./span-state')

const LINKS_MAX = 128
/** @type {any[]} */
const NONE = []

/**
 * @param {Record<string, any>} otel
 * @param {object} key of the LLMObs
 * @param {Lineage} lineage of the first target
 * @returns {{ trace_id: string, span_id: string, attributes: Record<string, any> }[]} none to spans of other tenants
 */
function keptLinks({ links }, key, lineage) {
  if (!Array.isArray(links) || links.length === 0) return NONE
  return objectsOf(links)
    .slice(0, LINKS_MAX)
    .flatMap(({ context, attributes }) => {
      const traceId = traceIdFor(context, key, lineage)
      if (traceId === null || !isSpanId(context.spanId)) return []
      return {
        trace_id: traceId,
        span_id: `${SpanId.ofHex(context.spanId)}`,
        attributes: isObject(attributes) ? attributes : {}
      }
    })
}

/**
 * @param {any} context of a link
 * @param {object} key
 * @param {Lineage} lineage
 * @returns {string | null} null: it is no link, or leads to another tenant
 */
function traceIdFor(context, key, { route }) {
  if (!isObject(context) || !isTraceId(context.traceId)) return null
  // A span of another process: the application has named it.
  if (anyStateOf(context) === undefined) return context.traceId
  const state = stateOf(context, key)
  if (state === undefined || route === null) return null
  const own = state.lineages?.find(line => line.route?.tenantId === route.tenantId)
  if (own !== undefined) return own.traceId
  return state.lineages === null && state.route?.tenantId === route.tenantId ? state.trace.idFor(route) : null
}

module.exports = { keptLinks }
