'use strict'

const { Descent } = require('./inherit')
const { ROOT_PARENT_ID, identityFor, mlAppOf } = require('./identity')
const { RouteToken } = require('./route-token')
const { apart } = require('./trace-tags')
const { Upstream, continuing } = require('./upstream')

/** In dd-trace's storage: what `extract` read, or the parent that `trace` was given. */
const UPSTREAM = Symbol('spanlane.upstream')

/** @typedef {import('../routing/routing').Route} Route */
/** @typedef {import('./identity').Identity} Identity */
/** @typedef {import('./dd-trace-copy').Peer} Peer */
/** @typedef {{ parent?: any, mlApp?: string, sessionId?: string, kind?: string, [option: string]: any }} Registration */

/** The routed spans of one copy of dd-trace, and what each inherits. Nothing of another tenant crosses. */
class Lines {
  #instance
  #storage
  #tagMap
  #names
  /** @type {WeakMap<object, Identity[]>} one identity for each target; none for a span without a route */
  #identities = new WeakMap()
  #descent
  /** What dd-trace's own propagation brought. @type {WeakMap<object, Upstream | null>} by APM trace */
  #arrived = new WeakMap()

  /**
   * @param {Peer} peer
   * @param {import('../sdk/instance').Instance} instance
   */
  constructor(peer, instance) {
    this.#instance = instance
    this.#storage = peer.storage
    this.#tagMap = peer.Tagger.tagMap
    this.#names = peer.tags
    this.#descent = new Descent(peer, instance)
  }

  /**
   * @param {any} span of dd-trace
   * @returns {Identity[] | undefined} undefined for a span that started outside all routing contexts
   */
  identitiesOf(span) {
    return this.#identities.get(span)
  }

  /** @returns {RouteToken | null} of the present routing context */
  currentToken() {
    return RouteToken.read(this.#storage.getStore()?.routingContext?.apiKey)
  }

  /** @returns {boolean} whether this is inside a routing context, also one that was entered before `attach` */
  isRouted() {
    return Boolean(this.#storage.getStore()?.routingContext?.apiKey)
  }

  /**
   * @template T
   * @param {() => T} fn
   * @returns {T}
   */
  outside(fn) {
    return this.#storage.run({ ...this.#storage.getStore(), routingContext: undefined }, fn)
  }

  /** @returns {any} the active LLM Observability span */
  currentSpan() {
    return this.#storage.getStore()?.span
  }

  /** @returns {Upstream | null} what spans started here continue, where no span is active */
  currentUpstream() {
    return this.#storage.getStore()?.[UPSTREAM] ?? null
  }

  /**
   * @template T
   * @param {{ upstream?: Upstream | null, span?: any, routingContext?: any }} change of the present context
   * @param {() => T} fn
   * @returns {T}
   */
  within({ upstream, ...change }, fn) {
    return this.#storage.run({ ...this.#storage.getStore(), ...change, [UPSTREAM]: upstream }, fn)
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
   * Registers a span, with the parent only where the parent is of the same tenant.
   *
   * @param {(options: Registration) => void} register dd-trace's own registration of this span
   * @param {any} span
   * @param {Registration} options
   */
  register(register, span, options) {
    const token = this.currentToken()
    const parent = options.parent ?? null
    const above = parent === null ? undefined : this.#identities.get(parent)
    const upstream = parent === null ? this.#upstreamOf(span) : null
    if (token === null) return this.#registerOwn(register, span, options, above !== undefined, upstream)
    const { route } = token
    if (route === null || route.handle === null) {
      register({ ...options, parent: undefined })
      this.#identities.set(span, [])
      return
    }
    const inherited = identityFor(above, route)
    const remote = upstream?.forTenant(route) ?? null
    const isNative = inherited !== null && inherited === above?.[0]
    this.#registerFirst(register, span, route, {
      ...options,
      parent: isNative ? parent : undefined,
      mlApp: options.mlApp || remote?.mlApp || mlAppOf(route, inherited, isNative)
    })
    const kept = this.keptOf(span)
    if (kept === undefined) return
    const ancestor = this.#descent.ancestorOf(inherited, parent, remote)
    const first = this.#descent.identify(span, kept, route, ancestor, isNative)
    const copies = token.destinations.slice(1).map(({ route: target }) => {
      const other = /** @type {Route} */ (target)
      const line = identityFor(above, other)
      const away = upstream?.forTenant(other) ?? null
      const mlApp = options.mlApp || away?.mlApp || mlAppOf(other, line, false)
      const origin = this.#descent.ancestorOf(line, parent, away)
      return this.#descent.copy(span, other, origin, mlApp, options, ancestor === null ? first : null)
    })
    this.#identities.set(span, [first, ...copies])
  }

  /**
   * The application's own span does not become a part of a tenant's trace, here or upstream.
   *
   * @param {(options: Registration) => void} register
   * @param {any} span
   * @param {Registration} options
   * @param {boolean} isBelowTenant
   * @param {Upstream | null} upstream
   */
  #registerOwn(register, span, options, isBelowTenant, upstream) {
    const call = () => register(isBelowTenant ? { ...options, parent: undefined } : options)
    if (upstream === null) return call()
    const remote = upstream.forOwn(this.#instance.routeOutside)
    const context = span.context()
    continuing(context._trace.tags, remote, call)
    const kept = this.keptOf(span)
    // Older versions of dd-trace have no trace id but that of the APM trace, in which that parent may not be.
    const isForeign = remote !== null && kept !== undefined && kept[this.#names.TRACE_ID] === undefined
    if (isForeign && remote.traceId !== context.toTraceId(true)) {
      kept[this.#names.PARENT_ID_KEY] = ROOT_PARENT_ID
    }
  }

  /**
   * @param {any} span without a parent in this process
   * @returns {Upstream | null}
   */
  #upstreamOf(span) {
    const given = this.currentUpstream()
    if (given !== null) return given
    const trace = span.context()._trace
    let arrived = this.#arrived.get(trace)
    if (arrived === undefined) {
      arrived = Upstream.ofTraceTags(trace.tags)
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
    const identities = this.#identities.get(span)
    if (identities === undefined) return setTag()
    const trace = span.context()._trace
    apart(trace.tags, setTag)
    for (const identity of identities) {
      if (typeof session === 'string' && session !== '') identity.sessionId = session
      this.#descent.sessions.set(trace, identity.route.tenantId, session)
    }
  }

  /**
   * @param {(options: Registration) => void} register
   * @param {any} span
   * @param {Route} route
   * @param {Registration} options
   */
  #registerFirst(register, span, route, options) {
    const trace = span.context()._trace
    apart(trace.tags, () => {
      const session = this.#descent.sessions.get(trace, route.tenantId)
      const name = this.#names.SESSION_ID_TRACE_DEFAULT_KEY
      if (session !== undefined && name !== undefined) trace.tags[name] = session
      register(options)
    })
  }
}

module.exports = { Lines }
