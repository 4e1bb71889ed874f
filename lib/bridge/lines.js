'use strict'

const { newTraceId } = require('../sdk/ids')
const { Identity, ROOT_PARENT_ID, identityFor, mlAppOf } = require('./identity')
const { RouteToken } = require('./route-token')
const { TraceSessions, apart } = require('./trace-tags')

/** @typedef {import('../routing').Route} Route */
/** @typedef {import('./peer').Peer} Peer */
/** @typedef {{ parent?: any, mlApp?: string, sessionId?: string, kind?: string, [option: string]: any }} Registration */

/** The routed spans of one copy of dd-trace, and what each inherits. Nothing of another tenant crosses. */
class Lines {
  #instance
  #storage
  #tagMap
  #names
  /** @type {WeakMap<object, Identity[]>} one identity for each target; none for a span without a route */
  #identities = new WeakMap()
  #sessions = new TraceSessions()

  /**
   * @param {Peer} peer
   * @param {import('../sdk/instance').Instance} instance
   */
  constructor(peer, instance) {
    this.#instance = instance
    this.#storage = peer.storage
    this.#tagMap = peer.Tagger.tagMap
    this.#names = peer.tags
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

  /**
   * @param {any} span
   * @returns {Record<string, unknown> | undefined} what the application tagged it with
   */
  userTagsOf(span) {
    return this.#tagMap.get(span)?.[this.#names.TAGS]
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
    if (token === null) {
      // The application's own span does not become a part of a tenant's trace.
      register(above === undefined ? options : { ...options, parent: undefined })
      return
    }
    const { route } = token
    if (route === null || route.handle === null) {
      register({ ...options, parent: undefined })
      this.#identities.set(span, [])
      return
    }
    const inherited = identityFor(above, route)
    const isNative = inherited !== null && inherited === above?.[0]
    this.#registerFirst(register, span, route, {
      ...options,
      parent: isNative ? parent : undefined,
      mlApp: options.mlApp || mlAppOf(route, inherited, isNative)
    })
    const kept = this.#tagMap.get(span)
    if (kept === undefined) return
    const first = this.#identify(span, kept, route, inherited, parent, isNative)
    const copies = token.destinations.slice(1).map(({ route: target }) => {
      const line = identityFor(above, /** @type {Route} */ (target))
      return this.#copy(span, /** @type {Route} */ (target), line, parent, options, first, inherited === null)
    })
    this.#identities.set(span, [first, ...copies])
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
      this.#sessions.set(trace, identity.route.tenantId, session)
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
      const session = this.#sessions.get(trace, route.tenantId)
      const name = this.#names.SESSION_ID_TRACE_DEFAULT_KEY
      if (session !== undefined && name !== undefined) trace.tags[name] = session
      register(options)
    })
  }

  /**
   * Reads what dd-trace decided, and decides what it could not know.
   *
   * @param {any} span
   * @param {Record<string, any>} kept
   * @param {Route} route
   * @param {Identity | null} inherited
   * @param {any} parent
   * @param {boolean} isNative whether dd-trace let it inherit
   * @returns {Identity}
   */
  #identify(span, kept, route, inherited, parent, isNative) {
    const names = this.#names
    const traceId = inherited?.traceId ?? kept[names.TRACE_ID] ?? traceIdFor(span)
    const self = new Identity(route, traceId)
    self.parentId = inherited === null ? ROOT_PARENT_ID : parent.context().toSpanId()
    self.mlApp = kept[names.ML_APP]
    self.sessionId = kept[names.SESSION_ID] ?? (isNative ? null : (inherited?.sessionId ?? null))
    if (inherited !== null) {
      this.#inherit(self, inherited, parent)
    } else {
      self.sampleRate = kept[names.SAMPLE_RATE] ?? null
      self.samplingDecision = kept[names.SAMPLING_DECISION] ?? null
      // Older versions of dd-trace leave the decision to the backend.
      if (route.sampler !== null || self.sampleRate === null) this.#decide(self)
    }
    keep(kept, names.TRACE_ID, traceId)
    keep(kept, names.PARENT_ID_KEY, self.parentId)
    keep(kept, names.SESSION_ID, self.sessionId)
    keep(kept, names.PARENT_AGENT_NAME, self.agentName)
    keep(kept, names.PARENT_AGENT_SPAN_ID, self.agentSpanId)
    keep(kept, names.SAMPLE_RATE, self.sampleRate)
    keep(kept, names.SAMPLING_DECISION, self.samplingDecision)
    this.#sessions.set(span.context()._trace, route.tenantId, self.sessionId)
    return self
  }

  /**
   * Who the span is for a further target.
   *
   * @param {any} span
   * @param {Route} route
   * @param {Identity | null} inherited
   * @param {any} parent
   * @param {Registration} options what the caller asked for
   * @param {Identity} first
   * @param {boolean} firstIsRoot
   * @returns {Identity}
   */
  #copy(span, route, inherited, parent, options, first, firstIsRoot) {
    const traceId = inherited?.traceId ?? (firstIsRoot ? first.traceId : traceIdFor(span))
    const self = new Identity(route, traceId)
    const trace = span.context()._trace
    const { mlApp, service } = this.#instance.config
    self.mlApp =
      options.mlApp ||
      mlAppOf(route, inherited, false) ||
      mlApp ||
      (firstIsRoot ? first.mlApp : '') ||
      service ||
      ''
    self.sessionId =
      options.sessionId || (inherited?.sessionId ?? this.#sessions.get(trace, route.tenantId) ?? null)
    this.#sessions.set(trace, route.tenantId, self.sessionId)
    if (inherited === null) {
      this.#decide(self)
      return self
    }
    self.parentId = parent.context().toSpanId()
    this.#inherit(self, inherited, parent)
    return self
  }

  /**
   * @param {Identity} self
   * @param {Identity} inherited the parent's, for the same tenant
   * @param {any} parent
   */
  #inherit(self, inherited, parent) {
    const names = this.#names
    const kept = this.#tagMap.get(parent)
    const isAgent = kept?.[names.SPAN_KIND] === 'agent'
    self.agentName = isAgent ? (kept?.[names.NAME] ?? parent._name) : inherited.agentName
    self.agentSpanId = isAgent ? parent.context().toSpanId() : inherited.agentSpanId
    self.sampleRate = inherited.sampleRate
    self.samplingDecision = inherited.samplingDecision
  }

  /** @param {Identity} self the first span of its trace */
  #decide(self) {
    const sampler = self.route.sampler ?? this.#instance.sampler
    self.sampleRate = sampler.rateText
    self.samplingDecision = sampler.decide(self.traceId)
  }
}

/**
 * @param {Record<string, any>} kept
 * @param {string | undefined} name undefined where this version of dd-trace has no such thing
 * @param {string | null} value
 */
function keep(kept, name, value) {
  if (name !== undefined && value !== null) kept[name] = value
}

/** @param {any} span */
function traceIdFor(span) {
  const startMs = Number.isFinite(span._startTime) ? Math.round(span._startTime) : Date.now()
  return newTraceId(BigInt(startMs) * 1_000_000n)
}

module.exports = { Lines }
