'use strict'

const { CODES, misuse } = require('../errors')
const { TEXTS, TraceOptions } = require('../event/fields')
const { bare } = require('../values/bare')
const { isObject, own, readOptions, typeName } = require('../values/own')
const { Route } = require('../routing/routing')
const { applyAnnotation } = require('../annotate/context')
const { clock } = require('./clock')
const { Store } = require('../routing/context')
const { contextFor, isKnown, lanesOf, noteStranger, referenceOf, targetsOf } = require('./export')
const { newSpanId } = require('./ids')
const { inherit } = require('./lineage')
const { presentStore } = require('./present')
const { RemoteParent } = require('./propagation')
const { Span } = require('./span')

const KINDS = ['llm', 'agent', 'workflow', 'task', 'tool', 'embedding', 'retrieval', 'experiment']

/** @typedef {import('../sdk/instance').Instance} Instance */

/** The options of `trace`, `wrap` and `decorate`, checked once: a wrapped function starts many spans with them. */
class SpanOptions {
  /** @param {unknown} options */
  constructor(options) {
    if (!isObject(options)) {
      throw misuse(CODES.INVALID_KIND, `span options must be an object with a kind, got ${typeName(options)}`)
    }
    const given = readOptions(new TraceOptions(), options, TraceOptions.take)
    const { kind } = given
    if (typeof kind !== 'string' || !KINDS.includes(kind)) {
      // A longer text, or one with digits, may be a key.
      const given = typeof kind === 'string' && /^[a-z_-]{1,20}$/i.test(kind) ? `"${kind}"` : typeName(kind)
      throw misuse(
        CODES.INVALID_KIND,
        `Invalid span kind specified: ${given} Must be one of: ${KINDS.join(', ')}`
      )
    }
    this.kind = kind
    this.name = spanText(given.name, 'name')
    this.mlApp = spanText(given.mlApp, 'mlApp')
    this.sessionId = spanText(given.sessionId, 'sessionId')
    this.texts = textsOf(given)
    this.parent = given.parent ?? null
    if (this.parent !== null && !Span.is(this.parent) && !isExportedSpan(this.parent)) {
      throw misuse(
        CODES.INVALID_SPAN,
        'option "parent" must be a span, or what exportSpan() returned for one'
      )
    }
  }
}

/**
 * What is said of a span that is no function's.
 *
 * @typedef {object} Beginning
 * @property {Route | null} route null: that of the context
 * @property {bigint | null} startNs nanoseconds since the epoch; null: now
 * @property {typeof Span} Span
 */

/** @type {Beginning} */
const HERE_AND_NOW = Object.freeze({ route: null, startNs: null, Span })

/**
 * Starts a span in the present context. Everything that decides its owner is read here, once: later contexts
 * and callbacks do not change it.
 *
 * @param {Instance} instance
 * @param {SpanOptions} options
 * @param {string} name
 * @param {Beginning} [beginning]
 * @returns {Store} the context of the span's own function
 */
function startSpan(instance, options, name, beginning = HERE_AND_NOW) {
  const store = presentStore(instance)
  let { route, span: parent, remote } = store
  if (beginning.route !== null) route = beginning.route
  // Below a span without a home there is none either.
  const isLost = options.parent === null && parent !== null && parent.route === null
  let spanRoute = route ?? (isLost || options.parent !== null ? null : instance.outside.take())
  if (options.parent !== null) {
    const given = belowGiven(instance, options.parent, route, beginning.route !== null)
    parent = given.span
    remote = given.remote
    spanRoute = given.route
    route = given.context
  }
  const span = descend(instance, options, name, spanRoute, parent, remote, beginning)
  span.texts = options.texts
  instance.openSpans++
  if (store.annotation !== null) applyAnnotation(span, store.annotation, instance.logger)
  return new Store(route, span, store.annotation, null)
}

/**
 * @param {Instance} instance
 * @param {SpanOptions} options
 * @param {string} name
 * @param {Route | null} route
 * @param {Span | null} parent
 * @param {RemoteParent | null} remote
 * @param {Beginning} beginning
 * @returns {Span} with a lineage for each target of the route
 */
function descend(instance, options, name, route, parent, remote, beginning) {
  const { config, sampler } = instance
  const nowMonotonicNs = process.hrtime.bigint()
  const nowNs = clock.wallNs(nowMonotonicNs)
  const startNs = beginning.startNs ?? nowNs
  const startMonotonicNs = nowMonotonicNs - (nowNs - startNs)
  const { mlApp, sessionId } = options
  const start = { mlApp, sessionId, defaultMlApp: config.mlApp, startNs, sampler }
  const lineage = inherit(parent, remote, route, start)
  const span = new beginning.Span(
    instance,
    lineage,
    options.kind,
    name,
    newSpanId(),
    startMonotonicNs,
    startNs
  )
  if (route === null || route.targets === null) return span
  span.copies = route.targets.slice(1).map(target => inherit(parent, remote, target, start))
  return span
}

/**
 * @typedef {object} Descent what follows from the option `parent`
 * @property {Span | null} span
 * @property {RemoteParent | null} remote
 * @property {Route | null} route the span's
 * @property {Route | null} context what is below the span finds
 */

/**
 * A span of this process decides where its child goes.
 *
 * @param {Instance} instance
 * @param {any} parent a span, or an exported one
 * @param {Route | null} active the routing context that the caller is in
 * @param {boolean} isNamed whether the caller named it for this span: it then decides in place of the parent
 * @returns {Descent}
 */
function belowGiven(instance, parent, active, isNamed) {
  if (!Span.is(parent)) return belowExported(instance, parent, active)
  const { route } = parent
  if (route === null) return { span: parent, remote: null, route: active, context: active }
  // The lanes of another instance have numbers of their own: here one would name somebody else's.
  if (route.core !== instance.core) return { span: null, remote: null, route: active, context: active }
  if (active !== null && route.handle !== null && route.tenantId !== active.tenantId) {
    instance.core.countTenantMismatch(route.handle, 1)
  }
  if (isNamed) return { span: parent, remote: null, route: active, context: active }
  return { span: parent, remote: null, route, context: route }
}

/**
 * A reference is text, which may come from a browser: it decides outside contexts only. Inside one, the span is part
 * of the parent's trace when the parent is of the same tenant, and otherwise the root of its own.
 *
 * @param {Instance} instance
 * @param {any} exported
 * @param {Route | null} active the routing context that the caller is in
 * @returns {Descent}
 */
function belowExported(instance, exported, active) {
  const reference = referenceOf(exported)
  const context = contextFor(active)
  if (reference === null) {
    const remote = RemoteParent.exported(exported, null)
    return { span: null, remote, route: active ?? instance.outside.take(), context: active }
  }
  const known = lanesOf(instance, reference).filter(isKnown)
  const remote = known.length === 0 ? null : RemoteParent.exported(exported, known)
  if (context === null) {
    const route = known.length === 0 ? active : Route.join(known.map(({ route }) => route))
    return { span: null, remote, route, context: route }
  }
  if (remote !== null && !targetsOf(context).some(target => remote.belongsTo(target))) {
    noteStranger(instance, context)
  }
  return { span: null, remote, route: context, context }
}

/**
 * @param {Record<string, any>} given
 * @returns {import('./span').Texts}
 */
function textsOf(given) {
  const texts = bare()
  for (const name of TEXTS) texts[name] = spanText(given[name], name)
  return texts
}

/**
 * @param {any} value
 * @param {string} name
 * @returns {string | undefined} empty and absent are the same, as in dd-trace; what is no object is text
 */
function spanText(value, name) {
  if (value === undefined || value === null || value === '') return undefined
  if (typeof value === 'string') return value
  if (typeof value !== 'object' && typeof value !== 'function') return String(value)
  throw misuse(CODES.INVALID_OPTION, `span option "${name}" must be a string, got ${typeName(value)}`)
}

/** @param {unknown} value */
function isExportedSpan(value) {
  return (
    isObject(value) && typeof own(value, 'traceId') === 'string' && typeof own(value, 'spanId') === 'string'
  )
}

module.exports = { SpanOptions, isExportedSpan, startSpan }
