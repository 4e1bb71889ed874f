'use strict'

const { newTraceId } = require('../trace/ids')
const { Ancestor } = require('./ancestor')
const { Identity } = require('./identity')
const { TraceSessions } = require('./trace-tags')

/** @typedef {import('../routing/routing').Route} Route */
/** @typedef {import('./routed-spans').Registration} Registration */

/** Decides who a span of dd-trace is for each target of its route. */
class Descent {
  #instance
  #tagMap
  #names
  #sessions = new TraceSessions()

  /**
   * @param {import('./dd-trace-copy').Peer} peer
   * @param {import('../sdk/instance').Instance} instance
   */
  constructor(peer, instance) {
    this.#instance = instance
    this.#tagMap = peer.Tagger.tagMap
    this.#names = peer.tags
  }

  /** The sessions of the tenants in an APM trace. */
  get sessions() {
    return this.#sessions
  }

  /**
   * @param {Identity | null} inherited the parent's, for the tenant of the span
   * @param {any} parent
   * @param {import('../trace/propagation').RemoteParent | null} remote where there is no parent
   * @returns {Ancestor | null} null: the span is the root of its trace
   */
  ancestorOf(inherited, parent, remote) {
    if (inherited === null) return remote === null ? null : Ancestor.ofRemote(remote)
    const kept = this.#tagMap.get(parent)
    const isAgent = kept?.[this.#names.SPAN_KIND] === 'agent'
    const agentName = isAgent ? (kept?.[this.#names.NAME] ?? parent._name) : null
    return Ancestor.ofParent(inherited, parent, agentName)
  }

  /**
   * Reads what dd-trace decided, and decides what it could not know.
   *
   * @param {any} span
   * @param {Record<string, any>} kept
   * @param {Route} route
   * @param {Ancestor | null} ancestor
   * @param {boolean} isNative whether dd-trace let it inherit
   * @returns {Identity}
   */
  identify(span, kept, route, ancestor, isNative) {
    const names = this.#names
    const self = new Identity(route, ancestor?.traceId ?? kept[names.TRACE_ID] ?? traceIdFor(span))
    self.mlApp = kept[names.ML_APP]
    self.sessionId = kept[names.SESSION_ID] ?? (isNative ? null : (ancestor?.sessionId ?? null))
    if (ancestor !== null) {
      this.#follow(self, ancestor)
    } else {
      self.sampleRate = kept[names.SAMPLE_RATE] ?? null
      self.samplingDecision = kept[names.SAMPLING_DECISION] ?? null
      // Older versions of dd-trace leave the decision to the backend.
      if (route.sampler !== null || self.sampleRate === null) this.#decide(self)
    }
    keep(kept, names.TRACE_ID, self.traceId)
    keep(kept, names.PARENT_ID_KEY, self.parentId)
    keep(kept, names.SESSION_ID, self.sessionId)
    keep(kept, names.PARENT_AGENT_NAME, self.agentName)
    keep(kept, names.PARENT_AGENT_SPAN_ID, self.agentSpanId)
    // Also where upstream decided nothing: what dd-trace decided for a root is not the decision of this trace.
    replace(kept, names.SAMPLE_RATE, self.sampleRate)
    replace(kept, names.SAMPLING_DECISION, self.samplingDecision)
    this.#sessions.set(span.context()._trace, route.tenantId, self.sessionId)
    return self
  }

  /**
   * Who the span is for a further target.
   *
   * @param {any} span
   * @param {Route} route
   * @param {Ancestor | null} ancestor
   * @param {string | undefined} mlApp what the caller asked for, or its ancestors have
   * @param {Registration} options what the caller asked for
   * @param {Identity | null} twin who the span is for its first target, when it is a root there
   * @returns {Identity}
   */
  copy(span, route, ancestor, mlApp, options, twin) {
    const self = new Identity(route, ancestor?.traceId ?? twin?.traceId ?? traceIdFor(span))
    const trace = span.context()._trace
    const { config } = this.#instance
    self.mlApp = mlApp || config.mlApp || twin?.mlApp || config.service || ''
    self.sessionId =
      options.sessionId || (ancestor?.sessionId ?? this.#sessions.get(trace, route.tenantId) ?? null)
    this.#sessions.set(trace, route.tenantId, self.sessionId)
    if (ancestor === null) this.#decide(self)
    else this.#follow(self, ancestor)
    return self
  }

  /**
   * @param {Identity} self
   * @param {Ancestor} ancestor
   */
  #follow(self, ancestor) {
    self.parentId = ancestor.parentId
    self.agentName = ancestor.agentName
    self.agentSpanId = ancestor.agentSpanId
    self.sampleRate = ancestor.sampleRate
    self.samplingDecision = ancestor.samplingDecision
    if (!ancestor.decidesSampling) this.#decide(self)
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

/**
 * @param {Record<string, any>} kept
 * @param {string | undefined} name undefined where this version of dd-trace has no such thing
 * @param {string | null} value
 */
function replace(kept, name, value) {
  if (name !== undefined) kept[name] = value ?? undefined
}

/** @param {any} span */
function traceIdFor(span) {
  const startMs = Number.isFinite(span._startTime) ? Math.round(span._startTime) : Date.now()
  return newTraceId(BigInt(startMs) * 1_000_000n).toString()
}

module.exports = { Descent }
