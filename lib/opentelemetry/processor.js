'use strict'

const { CODES, misuse } = require('../errors')
const { applyAnnotation } = require('../annotate/context')
const { awaitLangChainHandlers } = require('../options/options')
const { Following, OURS, typeOf } = require('../sdk/following')
const { NO_OPTIONS } = require('../routing/route-options')
const { Route } = require('../routing/routing')
const { presentStore } = require('../trace/present')
const { ROOT_STORE } = require('../routing/context')
const { Span } = require('../trace/span')
const { own, typeName } = require('../values/own')
const { annotateSaid, hidesContent } = require('./annotation')
const { isFollowed, isOfDdTrace } = require('./beside-dd-trace')
const { hasMark, isKnownScope } = require('./conventions')
const { lineagesOf, openedRoute, outsideRoute } = require('./descent')
const { submitResults } = require('./evaluations')
const { saidOf } = require('./event')
const { keepShapes } = require('./kept-shapes')
const { mayBeHandler, startsInQueue } = require('./langchain-queue')
const { linksOf } = require('./links')
const { takeLogged } = require('./log-records')
const { activeSpan, attributesOf, idsOf, scopeOf, timesOf } = require('./reading')
const { SpanState, keepState, stateOf } = require('./span-state')

/** @typedef {import('../binding').Reason} Reason */

const REGISTER = 'register it with the provider: new NodeTracerProvider({ spanProcessors: [processor] })'

/** Keys of each LLMObs that a processor was made for. @type {WeakSet<object>} */
const keys = new WeakSet()

/**
 * Takes finished spans of OpenTelemetry that a convention for generative AI describes. The route is the one of the
 * context in which a span starts. Nothing is thrown: OpenTelemetry calls from inside the application's own calls.
 */
class SpanlaneSpanProcessor {
  #following
  #key
  #filter
  #routeOf
  #awaitsByUser
  #isShutDown = false
  /** @type {import('./descent').Choices} */
  #choices

  /** @param {{ llmobs?: unknown, routeOf?: unknown, filter?: unknown }} [options] */
  constructor(options = {}) {
    this.#following = new Following(options, { library: 'OpenTelemetry', topic: 'opentelemetry' })
    keepShapes()
    this.#routeOf = functionOption(options, 'routeOf')
    this.#filter = functionOption(options, 'filter')
    this.#awaitsByUser = awaitLangChainHandlers()
    this.#key = this.#following.key
    keys.add(this.#key)
    this.#choices = {
      isWanted: (span, isKnown) => this.#isAsked(span, isKnown) && !this.#comesFromDdTrace(span),
      namedRoute: span => this.#routeOf?.(span) ?? undefined,
      mayBeNamed: this.#routeOf !== null
    }
  }

  /**
   * @param {OtelSpan} span
   * @param {any} parentContext
   */
  onStart(span, parentContext) {
    try {
      this.#start(span, parentContext)
    } catch (error) {
      this.#failed(error)
    }
  }

  /** @param {OtelSpan} span */
  onEnd(span) {
    try {
      this.#end(span)
    } catch (error) {
      this.#failed(error)
    }
  }

  /** Waits until what was taken is delivered or cannot be, at most as long as `flush` does. */
  forceFlush() {
    return this.#following.flushed()
  }

  /** The same, and takes nothing afterwards. The LLMObs goes on. */
  async shutdown() {
    this.#isShutDown = true
    await this.forceFlush()
  }

  /** For who took it for an exporter: a processor that exports in batches does not tell where spans started. */
  get exporter() {
    this.#following.tell(
      'a processor was given to a batch or simple processor, as its exporter: nothing is sent',
      REGISTER
    )
    return undefined
  }

  /**
   * The same.
   *
   * @param {unknown} _spans
   * @param {any} done
   */
  export(_spans, done) {
    this.#following.tell('a processor was registered as an exporter: nothing is sent', REGISTER)
    if (typeof done === 'function') done({ code: 1, error: new Error(`spanlane: ${REGISTER}`) })
  }

  /**
   * @param {OtelSpan} span
   * @param {any} parentContext
   */
  #start(span, parentContext) {
    const ids = idsOf(span)
    // A span that is not sampled ends unseen: by the SDK's own rule it is nobody's.
    if (!ids.isSampled) return
    if (isOfDdTrace(span)) return this.#unreadable()
    const known = stateOf(span, this.#key)
    if (known !== undefined) return this.#seenTwice(known)
    const instance = this.#following.opened
    const scope = scopeOf(span)
    const parent = activeSpan(parentContext)
    const above = parent === null ? null : (stateOf(parent, this.#key) ?? null)
    const isUnsafe = mayBeHandler(scope) && startsInQueue(scope, this.#awaitsByUser)
    const context = instance === null ? ROOT_STORE : presentStore(instance)
    const state = new SpanState(this, this.#key, span, ids, scope, above, context, isUnsafe)
    keepState(state)
    if (state.route !== null) state.trace.claim(state.route)
    else if (instance !== null && !isUnsafe && isKnownScope(scope)) claimOutside(instance, state)
  }

  /** @param {OtelSpan} span */
  #end(span) {
    const state = stateOf(span, this.#key)
    if (state === undefined) return this.#endUnseen(span)
    if (state.isEnded || state.owner !== this) return
    try {
      if (this.#isWanted(span, state)) this.#send(span, state)
    } finally {
      state.end()
    }
  }

  /**
   * @param {OtelSpan} span
   * @param {boolean} isKnown
   * @returns {boolean} may throw
   */
  #isAsked(span, isKnown) {
    return this.#filter === null ? isKnown : this.#filter(span, isKnown) === true
  }

  /**
   * @param {OtelSpan} span
   * @returns {boolean} whether dd-trace makes a span of the same call, which we deliver
   */
  #comesFromDdTrace(span) {
    const { opened } = this.#following
    if (opened === null || opened.bridgedRoutes === null) return false
    const scope = scopeOf(span)
    if (!isFollowed(scope)) return false
    this.#following.saySilentAbout(
      opened,
      `what spans of ${scope} are about`,
      'they are not sent beside its own'
    )
    return true
  }

  /**
   * @param {OtelSpan} span
   * @param {SpanState} state
   */
  #isWanted(span, state) {
    try {
      return this.#choices.isWanted(span, state.isNamed || hasMark(attributesOf(span)))
    } catch (error) {
      // It may have been there to hold a span back.
      this.#lose('processor', `filter threw: ${typeOf(error)}`, 'a filter must return true or false')
      return false
    }
  }

  /**
   * @param {OtelSpan} span
   * @param {SpanState} state
   */
  #send(span, state) {
    const { instance } = this.#following
    if (instance.core === null) return
    if (this.#isShutDown) return this.#lose('shutdown')
    const route = this.#routeFor(instance, span, state)
    if (route === undefined) return
    const isHidden = hidesContent(route)
    const unknownKind = state.isNamed ? 'workflow' : 'task'
    const said = saidOf(span, takeLogged(span), isHidden, unknownKind)
    state.kind = said.kind
    state.name = said.name
    const lineages = lineagesOf(instance, state, route, said.sessionId, this.#choices)
    const ours = spanOf(instance, span, state, said, lineages)
    state.isSent = true
    instance.submitSpan(ours)
    submitResults(instance, ours, span, isHidden)
  }

  /**
   * @param {Instance} instance
   * @param {OtelSpan} span
   * @param {SpanState} state
   * @returns {Route | null | undefined} null: there is none; undefined: the span is counted already
   */
  #routeFor(instance, span, state) {
    const named = this.#named(span)
    if (named !== undefined) {
      const route = openedRoute(instance, named)
      if (route === null) {
        const cure = 'routeOf must return what withRoutingContext takes, a kept route, or undefined'
        this.#following.tell('routeOf returned no route: the span is counted as invalid_route', cure)
        return new Route(instance.core, null, NO_OPTIONS, false)
      }
      if (state.route?.isRefused === false && !route.isRefused && state.route.tenantId !== route.tenantId) {
        route.core.countTenantMismatch(route.laneId, 1)
      }
      return route
    }
    if (state.isUnsafe) return this.#loseUnsafe(span)
    if (state.route !== null) return state.route
    const route = outsideRoute(instance, state)
    // Says why, once.
    return route ?? (state.context.span === null ? instance.outside.take() : null)
  }

  /**
   * @param {OtelSpan} span
   * @returns {unknown} undefined: none is
   */
  #named(span) {
    try {
      return this.#choices.namedRoute(span)
    } catch {
      // Where it was to go is not known: not where the context says.
      return {}
    }
  }

  /** @param {OtelSpan} span @returns {undefined} */
  #loseUnsafe(span) {
    const { instance } = this.#following
    instance.lost('unsafe_context', null, /** @type {any} */ ({ kind: 'OpenTelemetry', name: span.name }))
    instance.drop('unsafe_context')
    return undefined
  }

  /**
   * @param {Reason} reason
   * @param {string} [what]
   * @param {string} [cure]
   */
  #lose(reason, what, cure) {
    const { instance } = this.#following
    if (instance.core === null) return
    instance.drop(reason)
    if (what !== undefined) this.#following.tell(what, `${cure}`)
  }

  /** @param {OtelSpan} span that was not seen to start */
  #endUnseen(span) {
    if (
      isOfDdTrace(span) ||
      !idsOf(span).isSampled ||
      !this.#choices.isWanted(span, hasMark(attributesOf(span)))
    )
      return
    const what =
      'a span ended of which the processor did not hear that it started: nobody knows whose it is (no_route)'
    this.#lose('no_route', what, `${REGISTER}, and not behind one that passes on only ends`)
  }

  /** For a provider whose spans say nothing of themselves. */
  #unreadable() {
    const what =
      'the provider of OpenTelemetry is dd-trace, which makes APM spans that do not show their attributes: nothing is sent'
    this.#following.tell(what, 'leave DD_TRACE_OTEL_ENABLED out, or use the plugins of dd-trace')
  }

  /** @param {SpanState} state */
  #seenTwice({ owner }) {
    const what =
      owner === this ? 'a processor is registered twice' : 'two processors for one LLMObs are registered'
    this.#following.tell(`${what}: each span is taken once, by the first`, 'register one')
  }

  /** @param {unknown} error */
  #failed(error) {
    try {
      this.#lose('internal_error', `a span could not be taken: ${typeOf(error)}`, OURS)
    } catch {
      // Whatever it is, it stays here.
    }
  }
}

/** @param {object} key of an LLMObs @returns {boolean} whether a processor was made for it */
function hasProcessor(key) {
  return keys.has(key)
}

/**
 * @param {Instance} instance
 * @param {SpanState} state
 */
function claimOutside(instance, state) {
  const route = outsideRoute(instance, state)
  if (route !== null) state.trace.claim(route)
}

/**
 * @param {Instance} instance
 * @param {OtelSpan} otel
 * @param {SpanState} state
 * @param {import('./event').Said} said
 * @param {Lineage[]} lineages
 * @returns {Span} finished
 */
function spanOf(instance, otel, state, said, lineages) {
  const times = timesOf(otel) ?? { startNs: BigInt(Date.now()) * 1_000_000n, durationNs: 0n }
  const [lineage] = lineages
  const span = new Span(instance, lineage, said.kind, said.name, state.id, 0n, times.startNs)
  span.copies = lineages.length === 1 ? null : lineages.slice(1)
  span.durationNs = times.durationNs
  span.texts = /** @type {any} */ (said.texts)
  span.integration = 'opentelemetry'
  const { annotation } = state.context
  if (annotation !== null) applyAnnotation(span, annotation, instance.misuse.lenient)
  span.links = linksOf(otel, state.key, said.errors)
  annotateSaid(span, said, instance.misuse.lenient)
  span.error = said.error
  span.finished = true
  return span
}

/**
 * @param {object} options
 * @param {string} name
 * @returns {((...args: any[]) => any) | null}
 */
function functionOption(options, name) {
  const value = own(options, name) ?? null
  if (value === null || typeof value === 'function') return value
  throw misuse(CODES.INVALID_OPTION, `option "${name}" must be a function, got ${typeName(value)}`)
}

module.exports = { SpanlaneSpanProcessor, hasProcessor }
