'use strict'

const { CODES, misuse, refused } = require('../errors')
const { isObject, own } = require('../values/own')
const { Span } = require('./span')

/** Between the lanes of a span with several targets, and before a trace id that differs from the first one's. */
const LANE_SEPARATOR = ','
const TRACE_SEPARATOR = '/'

/** @typedef {import('../sdk/instance').Instance} Instance */
/** @typedef {import('../routing/routing').Route} Route */
/** @typedef {{ route: Route | null, traceId: string | null }} Destination where a metric about a span goes */
/** @typedef {import('./propagation').KnownDestination} KnownDestination */

/**
 * @param {Pick<Span, 'id' | 'lineage' | 'copies'>} span
 * @returns {{ traceId: string, spanId: string, route?: string }}
 */
function exportSpan({ id, lineage, copies }) {
  const { route, traceId } = lineage
  const exported = { traceId, spanId: id.toString() }
  if (route === null || route.handle === null) return exported
  const lanes = [route.core.exportRoute(route.handle)]
  for (const copy of copies ?? []) {
    const lane = route.core.exportRoute(copy.route?.handle)
    lanes.push(copy.traceId === traceId ? lane : `${lane}${TRACE_SEPARATOR}${copy.traceId}`)
  }
  return lanes.includes(null) ? exported : { ...exported, route: lanes.join(LANE_SEPARATOR) }
}

/**
 * Finds the span that `exportSpan` and `annotate` are about.
 *
 * @param {Instance} instance
 * @param {unknown} span what the caller gave
 * @returns {Span}
 */
function spanOrActive(instance, span) {
  if (Span.is(span)) return span
  if (span !== undefined && span !== null) {
    throw misuse(CODES.INVALID_SPAN, 'Span must be an LLMObs-generated span')
  }
  const active = instance.storage.getStore()?.span ?? null
  if (active !== null) return active
  throw refused(CODES.NO_ACTIVE_SPAN, 'No span provided and no active LLMObs-generated span found')
}

/**
 * Where a metric goes: with the span it names. A name without a route follows the active context; the default
 * route takes it only where no tenant was ever served.
 *
 * @param {Instance} instance
 * @param {unknown} named a span, what `exportSpan` returned, or something else that names no route
 * @returns {Destination[]} at least one; a null route is a metric without a home
 */
function destinationsOf(instance, named) {
  if (Span.is(named))
    return [named.lineage, ...(named.copies ?? [])].map(({ route, traceId }) => ({ route, traceId }))
  const reference = isObject(named) ? own(named, 'route') : undefined
  if (typeof reference === 'string')
    return reference.split(LANE_SEPARATOR).map(lane => ofReference(instance, lane))
  const route = instance.storage.getStore()?.route ?? defaultFor(instance)
  const routes = route === null ? [null] : (route.targets ?? [route])
  return routes.map(route => ({ route, traceId: null }))
}

/**
 * @param {Instance} instance
 * @param {string} lane
 * @returns {Destination}
 */
function ofReference(instance, lane) {
  const [reference, traceId = null] = lane.split(TRACE_SEPARATOR)
  return { route: instance.routeOfReference(reference), traceId }
}

/** @param {Instance} instance */
function defaultFor(instance) {
  return instance.hasRouted && !instance.config.allowDefaultEvaluations ? null : instance.routeOutside
}

/**
 * @param {Destination} destination
 * @returns {destination is KnownDestination}
 */
function isKnown(destination) {
  return destination.route !== null
}

module.exports = { destinationsOf, exportSpan, isKnown, spanOrActive }
