'use strict'

const { CODES, misuse } = require('../errors')
const { SpanTexts, TraceOptions } = require('../event/fields')
const { TRACE_NAMES } = require('../annotate/names')
const { labelOf } = require('../values/labels')
const { isSaid, shownName } = require('../values/near-names')
const { hasMore, isObject, own, readOptions, typeName } = require('../values/own')
const { Route } = require('../routing/routing')
const { clock, monotonicNs } = require('./clock')
const { Store } = require('../routing/context')
const { contextFor, isKnown, lanesOf, noteStranger, referenceOf, targetsOf } = require('./export')
const { newSpanId } = require('./ids')
const { inherit } = require('./lineage')
const { presentStore } = require('./present')
const { Span } = require('./span')
const { later } = require('../values/later')

const annotationContexts = later(() => require('../annotate/context'))
const propagation = later(() => require('./propagation'))

/** Options with more names are data in the wrong place. */
const NAMES_MAX = 50
const KINDS = ['llm', 'agent', 'workflow', 'task', 'tool', 'embedding', 'retrieval', 'experiment']

/** @typedef {{ code: string, what: string, isError: boolean }} Fault of options; the rest of them is used */

/**
 * The options of `trace`, `wrap` and `decorate`, checked once: a wrapped function starts many spans with them. Without a
 * kind there is no span, and that throws; what else is wrong is kept for `tell`, and left out.
 */
class SpanOptions extends TraceOptions {
  /** No field: those are options. @type {Fault[] | null} */
  #faults = null

  /**
   * @param {unknown} options
   * @param {boolean} isStrict whether names that are nearly right are not taken for the right ones
   * @param {import('../values/near-names').Names} [names] that mean something
   */
  constructor(options, isStrict, names = TRACE_NAMES) {
    super()
    if (!isObject(options)) {
      throw misuse(CODES.INVALID_KIND, `span options must be an object with a kind, got ${typeName(options)}`)
    }
    readOptions(this, options, TraceOptions, this)
    if (hasMore(options, TraceOptions.count(this))) readUnknown(this, options, isStrict, names)
    this.kind = this.#kind()
    this.name = textOf(this, this.name, 'name')
    this.mlApp = textOf(this, this.mlApp, 'mlApp')
    this.sessionId = textOf(this, this.sessionId, 'sessionId')
    /** @type {import('./span').Texts} */
    this.texts = /** @type {any} */ (new SpanTexts(textOf, this, this))
    this.parent = parentOf(this, this.parent)
  }

  /**
   * Notes what is wrong, and left out.
   *
   * @param {string} code
   * @param {string} what
   * @param {boolean} [isError]
   * @returns {undefined} in place of it
   */
  fault(code, what, isError = true) {
    this.#faults ??= []
    this.#faults.push({ code, what, isError })
  }

  /**
   * @returns {string}
   * @throws {TypeError} when it is none
   */
  #kind() {
    const { kind } = this
    if (typeof kind === 'string' && KINDS.includes(kind)) return kind
    const unreadable = kind === undefined ? this.#faults?.find(({ isError }) => isError) : undefined
    if (unreadable !== undefined) throw misuse(unreadable.code, unreadable.what)
    // A longer text, or one with digits, may be a key.
    const shown = typeof kind === 'string' && /^[a-z_-]{1,20}$/i.test(kind) ? `"${kind}"` : typeName(kind)
    throw misuse(
      CODES.INVALID_KIND,
      `Invalid span kind specified: ${shown} Must be one of: ${KINDS.join(', ')}`
    )
  }

  /**
   * Tells what was wrong, once.
   *
   * @param {Misuse} misuse
   * @throws {TypeError} where that is asked for
   */
  tell(misuse) {
    if (this.#faults === null) return
    for (const { code, what, isError } of this.#faults) {
      if (isError) misuse.found(code, what)
      else misuse.note(code, what)
    }
    this.#faults = null
  }

  /**
   * For a call that would rather make no span than one in another place.
   *
   * @throws {TypeError} when the parent is none
   */
  checkParent() {
    const stranger = this.#faults?.find(({ code }) => code === CODES.INVALID_SPAN)
    if (stranger !== undefined) throw misuse(stranger.code, stranger.what)
  }

  /**
   * As `readOptions` wants it: own fields only; what cannot be read is not given.
   *
   * @param {object} options
   * @param {string} name
   */
  readOption(options, name) {
    try {
      return own(options, name)
    } catch (error) {
      return this.fault(CODES.INVALID_OPTION, /** @type {Error} */ (error).message)
    }
  }

  /**
   * @param {object} options
   * @param {string} name
   */
  thrownOption(options, name) {
    return this.readOption(options, name)
  }
}

/**
 * @param {SpanOptions} spanOptions get what is certainly meant
 * @param {object} options
 * @param {boolean} isStrict
 * @param {import('../values/near-names').Names} names
 */
function readUnknown(spanOptions, options, isStrict, names) {
  const fields = /** @type {Record<string, unknown>} */ (/** @type {object} */ (spanOptions))
  for (const name of namesOf(options)) {
    if (!names.isUnknown(name) || !isSaid(options, name)) continue
    const meant = isStrict ? undefined : names.meantBy(name)
    const isTaken = meant !== undefined && (fields[meant] ?? undefined) === undefined
    if (isTaken) fields[meant] = spanOptions.readOption(options, name)
    const what = `span options: ${shownName(name)} is not known${names.cureOf(name)}`
    spanOptions.fault(CODES.INVALID_OPTION, isTaken ? `${what} It was taken for it.` : what, false)
  }
}

/**
 * @param {SpanOptions} spanOptions
 * @param {unknown} value
 * @param {string} name
 * @returns {string | undefined} empty and absent are the same, as in dd-trace; what is no object is text
 */
function textOf(spanOptions, value, name) {
  if (value === undefined || (typeof value === 'string' && value !== '')) return value
  const label = labelOf(value)
  if (label !== null) return label
  return spanOptions.fault(
    CODES.INVALID_OPTION,
    `span option "${name}" must be a string, got ${typeName(value)}`
  )
}

/**
 * @param {SpanOptions} spanOptions
 * @param {any} parent
 */
function parentOf(spanOptions, parent) {
  if (parent === undefined || parent === null) return null
  if (Span.is(parent)) return parent
  try {
    if (isExportedSpan(parent)) return parent
  } catch {
    // A Proxy that throws names no span.
  }
  spanOptions.fault(
    CODES.INVALID_SPAN,
    'option "parent" must be a span, or what exportSpan() returned for one'
  )
  return null
}

/**
 * @param {object} options
 * @returns {string[]} the first of them; what cannot be walked through has none
 */
function namesOf(options) {
  try {
    return Object.keys(options).slice(0, NAMES_MAX)
  } catch {
    return []
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
  if (store.annotation !== null) annotationContexts().applyAnnotation(span, store.annotation, instance.misuse)
  instance.openSpans++
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
  const nowMonotonicNs = monotonicNs()
  let startMonotonicNs = nowMonotonicNs
  let startNs = clock.wallNs(nowMonotonicNs)
  if (beginning.startNs !== null) {
    startMonotonicNs -= startNs - beginning.startNs
    startNs = beginning.startNs
  }
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
  if (active !== null && !route.isRefused && route.tenantId !== active.tenantId) {
    route.core.countTenantMismatch(route.laneId, 1)
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
    const remote = propagation().RemoteParent.exported(exported, null)
    return { span: null, remote, route: active ?? instance.outside.take(), context: active }
  }
  const known = lanesOf(instance, reference).filter(isKnown)
  const remote = known.length === 0 ? null : propagation().RemoteParent.exported(exported, known)
  if (context === null) {
    const route = known.length === 0 ? active : Route.join(known.map(({ route }) => route))
    return { span: null, remote, route, context: route }
  }
  if (remote !== null && !targetsOf(context).some(target => remote.belongsTo(target))) {
    noteStranger(instance, context)
  }
  return { span: null, remote, route: context, context }
}

/** @param {unknown} value */
function isExportedSpan(value) {
  return (
    isObject(value) && typeof own(value, 'traceId') === 'string' && typeof own(value, 'spanId') === 'string'
  )
}

module.exports = { SpanOptions, isExportedSpan, startSpan }
