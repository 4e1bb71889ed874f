'use strict'

/** Says that a span is the root of its trace. */
const ROOT_PARENT_ID = 'undefined'

/** @typedef {import('../routing/routing').Route} Route */

/** Who a span of dd-trace is for one target of its route. */
class Identity {
  /**
   * @param {Route} route
   * @param {string} traceId
   */
  constructor(route, traceId) {
    this.route = route
    this.traceId = traceId
    this.parentId = ROOT_PARENT_ID
    this.mlApp = ''
    /** @type {string | null} */
    this.sessionId = null
    /** @type {string | null} */
    this.agentName = null
    /** @type {string | null} */
    this.agentSpanId = null
    /** @type {string | null} */
    this.sampleRate = null
    /** @type {string | null} */
    this.samplingDecision = null
  }

  /**
   * @param {Route} route
   * @param {Record<string, any>} event as dd-trace formatted it
   * @returns {Identity}
   */
  static ofEvent(route, event) {
    const self = new Identity(route, event.trace_id)
    const attribution = event.meta?.agent_attribution
    self.parentId = event.parent_id
    self.sessionId = event.session_id ?? null
    self.agentName = attribution?.pagent_name ?? null
    self.agentSpanId = attribution?.pagent_span_id ?? null
    return self
  }
}

/**
 * @param {Identity[] | undefined} identities
 * @param {Route} route
 * @returns {Identity | null}
 */
function identityFor(identities, route) {
  return identities?.find(identity => identity.route.tenantId === route.tenantId) ?? null
}

/**
 * @param {Route} route
 * @param {Identity | null} inherited
 * @param {boolean} isNative whether dd-trace inherits the parent's by itself
 * @returns {string | undefined}
 */
function mlAppOf(route, inherited, isNative) {
  const { mlApp } = route.options
  if (inherited === null) return mlApp
  // A context opened below the parent is nearer than the parent.
  if (inherited.route !== route && mlApp !== undefined) return mlApp
  return isNative ? undefined : inherited.mlApp
}

module.exports = { Identity, ROOT_PARENT_ID, identityFor, mlAppOf }
