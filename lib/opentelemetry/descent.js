'use strict'

/** Where an OpenTelemetry span stands: whose it is, in which trace, below which span. */

const { inherit } = require('../trace/lineage')
const { hasMark, isKnownScope } = require('./conventions')
const { identityOf } = require('./event')
const { attributesOf, timesOf } = require('./reading')

/** @typedef {import('./span-state').SpanState} SpanState */

/**
 * @typedef {object} Choices what the application decides
 * @property {(span: OtelSpan, isKnown: boolean) => boolean} isWanted may throw
 * @property {(span: OtelSpan) => unknown} namedRoute undefined: none; may throw
 * @property {boolean} mayBeNamed whether any route is named so
 */

/**
 * Gives a span its lineage for each target, below the nearest ancestor that is sent: of OpenTelemetry, or of Spanlane
 * where that was started between.
 *
 * @param {Instance} instance
 * @param {SpanState} state
 * @param {Route | null} route
 * @param {string | undefined} sessionId
 * @param {Choices} choices
 * @returns {Lineage[]} at least one
 */
function lineagesOf(instance, state, route, sessionId, choices) {
  if (state.lineages !== null && state.lineages[0].route === route)
    return withSession(state.lineages, sessionId)
  if (route !== null) state.trace.claim(route)
  const { above, own } = ancestorOf(state, choices)
  const parent = above === null ? own : parentSpan(instance, above, route, choices)
  const remote = parent === null ? state.context.remote : null
  const lineages = []
  if (route === null || route.targets === null) {
    lineages.push(lineageFor(instance, state, route, parent, remote, sessionId))
  } else {
    for (const target of route.targets)
      lineages.push(lineageFor(instance, state, target, parent, remote, sessionId))
  }
  state.lineages = lineages
  return lineages
}

/**
 * @param {Instance} instance
 * @param {SpanState} state
 * @param {Route | null} target
 * @param {ParentSpan | null} parent
 * @param {RemoteParent | null} remote
 * @param {string | undefined} sessionId
 */
function lineageFor({ config, sampler }, state, target, parent, remote, sessionId) {
  const traceId = target === null ? null : state.trace.idFor(target)
  const lineage = inherit(parent, remote, target, {
    sessionId,
    defaultMlApp: config.mlApp,
    // A new id says when its trace began.
    startNs: traceId === null ? startOf(state) : 0n,
    sampler,
    root: target === null ? null : state.trace.rootOf(target.tenantId),
    decided: { traceId, sampleRate: null, samplingDecision: null }
  })
  state.trace.keepRoot(lineage)
  return lineage
}

/** @param {SpanState} state @returns {bigint} nanoseconds */
function startOf({ otel }) {
  return (otel === null ? null : timesOf(otel))?.startNs ?? 0n
}

/**
 * @param {Lineage[]} lineages made for a span below, before all of the span was known
 * @param {string | undefined} sessionId
 */
function withSession(lineages, sessionId) {
  if (sessionId === undefined) return lineages
  for (const lineage of lineages) {
    lineage.sessionId = sessionId
    lineage.root.traceSessionId ??= sessionId
  }
  return lineages
}

/**
 * @param {SpanState} state
 * @param {Choices} choices
 * @returns {{ above: SpanState | null, own: ParentSpan | null }} own: a span of Spanlane, which is nearer
 */
function ancestorOf(state, choices) {
  const { span } = state.context
  for (let above = state.next; above !== null; above = above.next) {
    // It was started below that one: it was not there when that one started.
    if (span !== null && span !== above.context.span) return { above: null, own: span }
    if (above.isSent || (above.otel !== null && willBeSent(above, choices))) return { above, own: null }
  }
  return { above: null, own: span }
}

/**
 * @param {SpanState} state of a span that goes on
 * @param {Choices} choices
 */
function willBeSent(state, choices) {
  const otel = /** @type {OtelSpan} */ (state.otel)
  const isKnown = state.isNamed || isKnownScope(state.scope) || hasMark(attributesOf(otel))
  try {
    return choices.isWanted(otel, isKnown)
  } catch {
    return false
  }
}

/**
 * @param {Instance} instance
 * @param {SpanState} above
 * @param {Route | null} route of the span below
 * @param {Choices} choices
 * @returns {ParentSpan}
 */
function parentSpan(instance, above, route, choices) {
  if (above.otel !== null) {
    above.isNamed = true
    const { kind, name, sessionId } = identityOf(above.otel)
    above.kind = kind
    above.name = name
    const presumed = presumedRoute(instance, above, route, choices)
    // What may turn out to be another tenant's passes nothing on.
    lineagesOf(instance, above, presumed.route, presumed.isCertain ? sessionId : undefined, choices)
  }
  const [lineage, ...copies] = /** @type {Lineage[]} */ (above.lineages)
  return {
    kind: above.kind,
    name: above.name,
    id: above.id,
    lineage,
    copies: copies.length === 0 ? null : copies
  }
}

/**
 * Whose a span is that goes on. What names its route may still be missing from it; it is then taken to be of the tenant
 * of the span below it, unless its context says another one.
 *
 * @param {Instance} instance
 * @param {SpanState} state
 * @param {Route | null} below
 * @param {Choices} choices
 * @returns {{ route: Route | null, isCertain: boolean }}
 */
function presumedRoute(instance, state, below, choices) {
  let named
  try {
    named = choices.namedRoute(/** @type {OtelSpan} */ (state.otel))
  } catch {
    return { route: null, isCertain: false }
  }
  if (named !== undefined) return { route: openedRoute(instance, named), isCertain: true }
  if (state.isUnsafe || (state.route === null && choices.mayBeNamed))
    return { route: below, isCertain: false }
  const own = state.route ?? outsideRoute(instance, state)
  return { route: own, isCertain: true }
}

/**
 * @param {Instance} instance
 * @param {SpanState} state that started outside all routing contexts
 * @returns {Route | null}
 */
function outsideRoute({ outside }, { context }) {
  // Below a span without a home there is none either.
  return context.span !== null && context.span.route === null ? null : outside.route
}

/**
 * @param {Instance} instance
 * @param {unknown} named by the application, for this span
 * @returns {Route | null} null: it is wrong
 */
function openedRoute(instance, named) {
  try {
    return instance.routeForContext(named)
  } catch {
    return null
  }
}

module.exports = { lineagesOf, openedRoute, outsideRoute }
