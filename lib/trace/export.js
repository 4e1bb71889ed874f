'use strict'

const { CODES, misuse, refused } = require('../errors')
const { readReference, writeReference } = require('../routing/reference')
const { isObject, own } = require('../values/own')
const { Span } = require('./span')
const { warning } = require('../warnings')

/** @typedef {{ route: Route | null, traceId: string | null }} Destination where a metric about a span goes */
/** @typedef {import('./propagation').KnownDestination} KnownDestination */

/**
 * @param {Pick<Span, 'id' | 'lineage' | 'copies'>} span
 * @returns {{ traceId: string, spanId: string, route?: string }}
 */
function exportSpan({ id, lineage, copies }) {
  const { route, traceId } = lineage
  const exported = { traceId, spanId: id.toString() }
  if (route === null || route.isRefused) return exported
  const lanes = []
  for (const own of [lineage, ...(copies ?? [])]) {
    const reference = route.core.exportRoute(own.route?.laneId ?? 0)
    if (reference === null) return exported
    lanes.push({ reference, traceId: own.traceId === traceId ? null : own.traceId })
  }
  return { ...exported, route: writeReference(lanes) }
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
 * Where a metric goes: with the span it names. A name without a route follows the context. A reference is text, which
 * may come from a browser: inside a context it finds lanes of that context's tenants, and of nobody else.
 *
 * @param {Instance} instance
 * @param {unknown} named a span, what `exportSpan` returned, or something else that names no route
 * @param {Route | null} active the route of the present context
 * @returns {Destination[]} at least one; a null route is a metric without a home
 */
function destinationsOf(instance, named, active) {
  if (Span.is(named))
    return [named.lineage, ...(named.copies ?? [])].map(({ route, traceId }) => ({ route, traceId }))
  const reference = referenceOf(named)
  if (reference === null) {
    const route = active ?? instance.outside.take()
    return targetsOf(route).map(route => ({ route, traceId: null }))
  }
  const lanes = lanesOf(instance, reference)
  const context = contextFor(active)
  if (context === null) return lanes.length === 0 ? NOWHERE : lanes
  const known = lanes.filter(isKnown)
  const tenants = targetsOf(context).map(({ tenantId }) => tenantId)
  const own = known.filter(({ route }) => tenants.includes(route.tenantId))
  if (own.length > 0) return own
  if (known.length > 0) noteStranger(instance, context)
  return NOWHERE
}

/**
 * @param {Route | null} active
 * @returns {Route | null} the context that a reference does not overrule: a tenant's, not the operator's own
 */
function contextFor(active) {
  return active === null || targetsOf(active).every(({ isDefault }) => isDefault) ? null : active
}

/** @type {Destination[]} */
const NOWHERE = [{ route: null, traceId: null }]

/**
 * @template {Route | null} R
 * @param {R} route
 * @returns {readonly (R | Route)[]} each lane's
 */
function targetsOf(route) {
  return route === null || route.targets === null ? [route] : route.targets
}

/**
 * @param {unknown} named
 * @returns {string | null} how it names its lanes, or null when it does not
 */
function referenceOf(named) {
  const reference = isObject(named) ? (own(named, 'route') ?? null) : null
  return reference === null || typeof reference === 'string' ? reference : ''
}

/**
 * @param {Instance} instance
 * @param {string} reference
 * @returns {Destination[]} each lane once; with a null route for one that is unknown or has expired
 */
function lanesOf(instance, reference) {
  const lanes = readReference(reference).map(({ reference, traceId }) => ({
    route: instance.routeOfReference(reference),
    traceId
  }))
  // After a rotation two references may mean one lane.
  const first = (/** @type {number} */ laneId) => lanes.find(({ route }) => route?.laneId === laneId)
  return lanes.filter(lane => lane.route === null || first(lane.route.laneId) === lane)
}

/**
 * A reference named another tenant's span than the context is for. The context decides.
 *
 * @param {Instance} instance
 * @param {Route} active
 */
function noteStranger({ logger }, active) {
  if (!active.isRefused) active.core.countTenantMismatch(active.laneId, 1)
  const what =
    'an exported span of another tenant was named inside a routing context: the context decides, the route of the ' +
    'span does not (tenantMismatch)'
  const cure = 'if it was meant, use its route: withRoutingContext(llmobs.route(reference), fn)'
  logger.warnRarely('stranger', 60_000, warning('foreign_reference', what, cure))
}

/**
 * @param {Destination} destination
 * @returns {destination is KnownDestination}
 */
function isKnown(destination) {
  return destination.route !== null
}

module.exports = {
  contextFor,
  destinationsOf,
  exportSpan,
  isKnown,
  lanesOf,
  noteStranger,
  referenceOf,
  spanOrActive,
  targetsOf
}
