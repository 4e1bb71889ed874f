'use strict'

const { SpanId } = require('../trace/ids')
const { lineageFor } = require('../trace/lineage')
const { Inheritance, ROOT_PARENT_ID, remoteOfTags, withHiddenTags, withUpstreamTags } = require('./inherit')
const { RouteToken } = require('./route-token')

/** In dd-trace's storage: what `extract` read, or the parent that `trace` was given. */
const REMOTE = Symbol('spanlane.remote')

/** @typedef {import('./dd-trace-copy').Peer} Peer */
/** @typedef {{ parent?: any, mlApp?: string, sessionId?: string, kind?: string, [option: string]: any }} Registration */

/** The routed spans of one copy of dd-trace, and what each inherits. Nothing of another tenant crosses. */
class RoutedSpans {
  #instance
  #storage
  #tagMap
  #names
  /** @type {WeakMap<object, Lineage[]>} one for each target; none for a span without a route */
  #lineages = new WeakMap()
  #inheritance
  /** What dd-trace's own propagation brought. @type {WeakMap<object, RemoteParent | null>} by APM trace */
  #arrived = new WeakMap()

  /**
   * @param {Peer} peer
   * @param {Instance} instance
   */
  constructor(peer, instance) {
    this.#instance = instance
    this.#storage = peer.storage
    this.#tagMap = peer.Tagger.tagMap
    this.#names = peer.tags
    this.#inheritance = new Inheritance(peer, instance)
  }

  /**
   * @param {any} span of dd-trace
   * @returns {Lineage[] | undefined} undefined for a span that started outside all routing contexts
   */
  lineagesOf(span) {
    return this.#lineages.get(span)
  }

  /** @returns {RouteToken | null} of the present routing context */
  currentToken() {
    return RouteToken.read(this.#storage.getStore()?.routingContext?.apiKey)
  }

  /** @returns {Route | null} of the present routing context; null also where it was lost */
  activeRoute() {
    return this.currentToken()?.route ?? null
  }

  /** @returns {(Route | null)[] | null} of the present routing context: null outside all, null in it where it was lost */
  activeRoutes() {
    return this.currentToken()?.destinations.map(({ route }) => route) ?? null
  }

  /**
   * @template T
   * @param {() => T} fn
   * @returns {T}
   */
  runOutsideRoute(fn) {
    return this.#storage.run({ ...this.#storage.getStore(), routingContext: undefined }, fn)
  }

  /** @returns {any} the active LLM Observability span */
  currentSpan() {
    return this.#storage.getStore()?.span
  }

  /** @returns {RemoteParent | null} what spans started here continue, where no span is active */
  currentRemote() {
    return this.#storage.getStore()?.[REMOTE] ?? null
  }

  /**
   * @template T
   * @param {{ remote?: RemoteParent | null, span?: any, routingContext?: any }} change of the present context
   * @param {() => T} fn
   * @returns {T}
   */
  runWith({ remote, ...change }, fn) {
    return this.#storage.run({ ...this.#storage.getStore(), ...change, [REMOTE]: remote }, fn)
  }

  /**
   * @param {any} span
   * @returns {Record<string, any> | undefined} what dd-trace keeps about it
   */
  keptOf(span) {
    return this.#tagMap.get(span)
  }

  /**
   * @param {any} span
   * @returns {Record<string, unknown> | undefined} what the application tagged it with
   */
  userTagsOf(span) {
    return this.keptOf(span)?.[this.#names.TAGS]
  }

  /**
   * @param {any} span of dd-trace
   * @returns {import('../trace/propagation').Sender | null} null: it goes nowhere, and nothing continues it
   */
  senderOf(span) {
    const kept = this.keptOf(span)
    const lineages = this.#lineages.get(span)
    if (kept === undefined || lineages?.length === 0) return null
    return this.#described(span, kept, lineages?.[0] ?? this.#inheritance.own(span, kept))
  }

  /**
   * Registers a span, with the parent only where the parent is of the same tenant.
   *
   * @param {(options: Registration) => void} register dd-trace's own registration of this span
   * @param {any} span
   * @param {Registration} options
   */
  register(register, span, options) {
    const token = this.currentToken()
    const given = options.parent ?? null
    const remote = given === null ? this.#remoteOf(span) : null
    if (token === null && !this.#startsNowhere()) return this.#registerOwn(register, span, options, remote)
    const route = token?.route ?? null
    if (token === null || route === null || route.isRefused) {
      register({ ...options, parent: undefined })
      this.#lineages.set(span, [])
      return
    }
    const parent = given === null ? null : this.#parentOf(given)
    // What dd-trace knows of the parent is what its first target has.
    const isKnown = parent !== null && lineageFor(parent, route) === parent.lineage
    withHiddenTags(span.context()._trace.tags, () =>
      register({ ...options, parent: isKnown ? given : undefined, mlApp: undefined })
    )
    const kept = this.keptOf(span)
    if (kept === undefined) return
    if (!isKnown) this.#inheritance.learnMlApp(kept)
    const routes = token.destinations.map(destination => /** @type {Route} */ (destination.route))
    this.#lineages.set(span, this.#inheritance.lineages(span, kept, parent, remote, routes, options))
  }

  /** @returns {boolean} whether a span outside all contexts, also those of before `attach`, is refused */
  #startsNowhere() {
    const { outside } = this.#instance
    if (!outside.isRefused || this.#storage.getStore()?.routingContext?.apiKey) return false
    outside.take()
    return true
  }

  /**
   * The application's own span does not become a part of a tenant's trace, here or upstream.
   *
   * @param {(options: Registration) => void} register
   * @param {any} span
   * @param {Registration} options
   * @param {RemoteParent | null} upstream
   */
  #registerOwn(register, span, options, upstream) {
    const isBelowTenant = this.#lineages.has(options.parent)
    const call = () => register(isBelowTenant ? { ...options, parent: undefined } : options)
    if (upstream === null) return call()
    const remote = upstream.belongsTo(this.#instance.outside.route) ? upstream : null
    const context = span.context()
    withUpstreamTags(context._trace.tags, remote, call)
    const kept = this.keptOf(span)
    // Older versions of dd-trace have no trace id but that of the APM trace, in which that parent may not be.
    const hasApmId = remote !== null && kept !== undefined && kept[this.#names.TRACE_ID] === undefined
    if (hasApmId && remote.traceId !== context.toTraceId(true)) {
      kept[this.#names.PARENT_ID_KEY] = ROOT_PARENT_ID
    }
  }

  /**
   * @param {any} span of dd-trace
   * @returns {ParentSpan | null} null: nobody's, and nothing descends from it
   */
  #parentOf(span) {
    const [lineage, ...others] = this.#lineages.get(span) ?? []
    if (lineage === undefined) return null
    return { ...this.#described(span, this.keptOf(span), lineage), copies: others }
  }

  /**
   * @param {any} span of dd-trace
   * @param {Record<string, any> | undefined} kept
   * @param {Lineage} lineage
   */
  #described(span, kept, lineage) {
    const names = this.#names
    const id = SpanId.of(span.context().toSpanId())
    return { kind: kept?.[names.SPAN_KIND], name: kept?.[names.NAME] ?? span._name, id, lineage }
  }

  /**
   * @param {any} span without a parent in this process
   * @returns {RemoteParent | null}
   */
  #remoteOf(span) {
    const given = this.currentRemote()
    if (given !== null) return given
    const trace = span.context()._trace
    let arrived = this.#arrived.get(trace)
    if (arrived === undefined) {
      arrived = remoteOfTags(trace.tags)
      this.#arrived.set(trace, arrived)
    }
    return arrived
  }

  /**
   * A session that an integration learned after the span's start belongs to the span's tenant alone.
   *
   * @param {any} span
   * @param {unknown} session
   * @param {() => void} setTag
   */
  setSession(span, session, setTag) {
    const lineages = this.#lineages.get(span)
    if (lineages === undefined) return setTag()
    withHiddenTags(span.context()._trace.tags, setTag)
    if (typeof session !== 'string' || session === '') return
    for (const lineage of lineages) {
      lineage.sessionId = session
      lineage.root.traceSessionId ??= session
    }
  }
}

module.exports = { RoutedSpans }
