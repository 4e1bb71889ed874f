'use strict'

/** Links of a span to others, under the ids that those have for the tenant. */

const { isObject } = require('./messages')
const { decimalOf, objectsOf } = require('./reading')

/** @typedef {import('./span-state').SpanState} SpanState */

const LINKS_MAX = 128

/** Whose the spans of this process are, by their contexts, which links name. @type {WeakMap<object, WeakRef<SpanState>>} */
const states = new WeakMap()

/**
 * @param {unknown} spanContext
 * @param {SpanState} state
 */
function noteContext(spanContext, state) {
  if (isObject(spanContext)) states.set(spanContext, new WeakRef(state))
}

/**
 * @param {Record<string, any>} otel
 * @param {Lineage} lineage of the first target
 * @returns {{ trace_id: string, span_id: string, attributes: Record<string, any> }[]} none to spans of other tenants
 */
function keptLinks({ links }, lineage) {
  return objectsOf(links)
    .slice(0, LINKS_MAX)
    .flatMap(({ context, attributes }) => {
      const traceId = traceIdFor(context, lineage)
      if (traceId === null || !/^[0-9a-f]{16}$/.test(`${context?.spanId}`)) return []
      return {
        trace_id: traceId,
        span_id: decimalOf(context.spanId),
        attributes: isObject(attributes) ? attributes : {}
      }
    })
}

/**
 * @param {any} context of a link
 * @param {Lineage} lineage
 * @returns {string | null} null: it is no link, or leads to another tenant
 */
function traceIdFor(context, { route }) {
  if (!isObject(context) || !/^[0-9a-f]{32}$/.test(`${context.traceId}`)) return null
  const state = states.get(context)?.deref()
  // A span of another process: the application has named it.
  if (state === undefined) return context.traceId
  if (route === null) return null
  const own = state.lineages?.find(line => line.route?.tenantId === route.tenantId)
  if (own !== undefined) return own.traceId
  return state.lineages === null && state.route?.tenantId === route.tenantId ? state.trace.idFor(route) : null
}

module.exports = { keptLinks, noteContext }
