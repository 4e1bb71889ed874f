'use strict'

const { ROOT_PARENT_ID } = require('./identity')

/** What a span inherits, for one tenant: from its parent in this process, or from a span of another one. */
class Ancestor {
  /** @type {string | null} null: upstream did not say, the span starts a trace below it */
  traceId = null
  parentId = ROOT_PARENT_ID
  /** @type {string | null} */
  sessionId = null
  /** @type {string | null} */
  agentName = null
  /** @type {string | null} */
  agentSpanId = null
  /** False: the trace's decision is repeated here, which gives the same result for the same rate. */
  decidesSampling = true
  /** @type {string | null} */
  sampleRate = null
  /** @type {string | null} */
  samplingDecision = null

  /**
   * @param {import('./identity').Identity} identity the parent's, for the same tenant
   * @param {any} parent of dd-trace
   * @param {string | null} agentName what the parent is called, when it is an agent
   * @returns {Ancestor}
   */
  static ofParent(identity, parent, agentName) {
    const self = new Ancestor()
    self.traceId = identity.traceId
    self.parentId = parent.context().toSpanId()
    self.sessionId = identity.sessionId
    self.agentName = agentName ?? identity.agentName
    self.agentSpanId = agentName === null ? identity.agentSpanId : self.parentId
    self.sampleRate = identity.sampleRate
    self.samplingDecision = identity.samplingDecision
    return self
  }

  /**
   * @param {import('../trace/propagation').RemoteParent} remote
   * @returns {Ancestor}
   */
  static ofRemote(remote) {
    const self = new Ancestor()
    self.traceId = remote.traceId
    self.sessionId = remote.sessionId
    self.decidesSampling = remote.parentId !== null && remote.decidesSampling
    if (remote.parentId === null) return self
    self.parentId = remote.parentId
    if (!self.decidesSampling) return self
    self.sampleRate = remote.sampleRate
    self.samplingDecision = remote.samplingDecision
    self.agentName = remote.agentAttribution?.pagent_name ?? null
    self.agentSpanId = remote.agentAttribution?.pagent_span_id ?? null
    return self
  }
}

module.exports = { Ancestor }
