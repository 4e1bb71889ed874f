'use strict'

/** The one rule of descent: what a span inherits, and that nothing of another tenant crosses. */

const { NO_TRACE, SpanId, TraceId, newTraceId } = require('./ids')

/** @typedef {import('../routing/sampling').Sampler} Sampler */
/** @typedef {{ pagent_name: string | null, pagent_span_id: string | null }} AgentAttribution */
/** @typedef {Pick<Span, 'kind' | 'name' | 'id' | 'lineage' | 'copies'>} ParentSpan a span of ours, or one of dd-trace's */

/**
 * Who a span is for one target of its route: whose it is, its place in a trace, and what it has from those above it.
 * A span with several targets has a lineage for each, and they may belong to different traces.
 */
class Lineage {
  /** @param {Route | null} route */
  constructor(route) {
    this.route = route
    this.trace = NO_TRACE
    /** @type {SpanId | null} the parent's id; null: the root of its trace */
    this.above = null
    this.mlApp = ''
    /** @type {string | null} */
    this.sessionId = null
    this.service = route?.options.service ?? null
    this.env = route?.options.env ?? null
    /** @type {AgentAttribution | null} */
    this.agentAttribution = null
    /** @type {string | null} */
    this.sampleRate = null
    /** @type {string | null} '0' or '1' where it was decided */
    this.samplingDecision = null
    /** The local trace's first session, kept by its root. @type {string | null} */
    this.traceSessionId = null
    /** Who the trace is for APM, kept by its root. @type {import('./trace-headers').ApmIds | null} */
    this.apm = null
    /** @type {Lineage} where this tenant's trace starts in this process */
    this.root = this
  }

  /** @returns {string} 32 lower hex digits, or what an upstream service called the trace */
  get traceId() {
    return this.trace.toString()
  }

  /** @returns {string | null} null: the root of its trace */
  get parentId() {
    return this.above === null ? null : this.above.toString()
  }
}

/**
 * What a span starts with, beside its ancestors.
 *
 * @typedef {object} Start
 * @property {string} [mlApp] what the caller asked for
 * @property {string} [sessionId] what the caller asked for
 * @property {string} defaultMlApp where neither the caller, the ancestors nor the route name one
 * @property {bigint} startNs
 * @property {Sampler} sampler of routes without their own
 * @property {Lineage | null} [root] where the tenant's local trace starts, when it is known to go on
 * @property {TraceStart} [decided] what another tracer decided for a trace that starts here
 */

/** @typedef {{ traceId: string | null, sampleRate: string | null, samplingDecision: string | null }} TraceStart */

/**
 * Gives a span its place in a trace: the parent's when the parent is of the same tenant, a new trace otherwise.
 *
 * @param {ParentSpan | null} parent in this process
 * @param {RemoteParent | null} remote in another process; only while there is no parent
 * @param {Route | null} route
 * @param {Start} start
 * @returns {Lineage}
 */
function inherit(parent, remote, route, start) {
  const line = parent === null ? null : lineageFor(parent, route)
  const upstream = line === null && remote !== null && remote.belongsTo(route) ? remote : null
  const self = new Lineage(route)
  if (parent !== null && line !== null) continueLocal(self, parent, line)
  else if (upstream !== null) continueRemote(self, upstream, start)
  else beginTrace(self, start)
  if (line === null && start.root) self.root = start.root
  self.mlApp = start.mlApp || chooseMlApp(line, upstream, route) || start.defaultMlApp
  self.sessionId =
    start.sessionId || (line?.sessionId ?? self.root.traceSessionId ?? upstream?.sessionId ?? null)
  // The first session set in a trace is the session of later spans that have none.
  self.root.traceSessionId ??= self.sessionId
  return self
}

/**
 * @param {Lineage} self
 * @param {ParentSpan} parent
 * @param {Lineage} line the parent's, for the same tenant
 */
function continueLocal(self, parent, line) {
  self.root = line.root
  self.trace = line.trace
  self.above = parent.id
  self.sampleRate = line.sampleRate
  self.samplingDecision = line.samplingDecision
  self.agentAttribution =
    parent.kind === 'agent'
      ? { pagent_name: parent.name, pagent_span_id: parent.id.toString() }
      : line.agentAttribution
}

/**
 * @param {Lineage} self
 * @param {RemoteParent} upstream of the same tenant
 * @param {Start} start
 */
function continueRemote(self, upstream, start) {
  const traceId = upstream.traceIdFor(self.route)
  self.trace = traceId === null ? newTrace(start) : TraceId.of(traceId)
  self.above = upstream.parentId === null ? null : SpanId.of(upstream.parentId)
  self.apm = upstream.apm
  if (upstream.parentId === null || !upstream.decidesSampling) {
    decideSampling(self, start)
    return
  }
  // An upstream that made no sampling decision is not overruled here.
  self.sampleRate = upstream.sampleRate
  self.samplingDecision = upstream.samplingDecision
  self.agentAttribution = upstream.agentAttribution
}

/**
 * @param {Lineage} self
 * @param {Start} start
 */
function beginTrace(self, start) {
  self.trace = newTrace(start)
  const { decided } = start
  if (decided === undefined || decided.sampleRate === null || self.route?.sampler) {
    decideSampling(self, start)
    return
  }
  self.sampleRate = decided.sampleRate
  self.samplingDecision = decided.samplingDecision
}

/** @param {Start} start */
function newTrace({ decided, startNs }) {
  return decided === undefined || decided.traceId === null ? newTraceId(startNs) : TraceId.of(decided.traceId)
}

/**
 * @param {Lineage} self the first span of a trace
 * @param {Start} start
 */
function decideSampling(self, start) {
  const sampler = self.route?.sampler ?? start.sampler
  self.sampleRate = sampler.rateText
  self.samplingDecision = sampler.decide(self.trace)
}

/**
 * @param {Lineage | null} line
 * @param {RemoteParent | null} upstream
 * @param {Route | null} route
 * @returns {string} '' when none is known
 */
function chooseMlApp(line, upstream, route) {
  const routeMlApp = route?.options.mlApp
  // A context opened below the parent is nearer than the parent.
  const nearer = line !== null && line.route !== route ? routeMlApp : undefined
  return nearer || line?.mlApp || upstream?.mlApp || routeMlApp || ''
}

/**
 * @param {ParentSpan} parent
 * @param {Route | null} route
 * @returns {Lineage | null} who the parent is for the route's tenant; null: nobody
 */
function lineageFor({ lineage, copies }, route) {
  if (route === null || lineage.route === null) return lineage.route === route ? lineage : null
  const tenantId = route.tenantId
  if (lineage.route.tenantId === tenantId) return lineage
  if (copies === null) return null
  for (const copy of copies) {
    if (copy.route !== null && copy.route.tenantId === tenantId) return copy
  }
  return null
}

module.exports = { Lineage, inherit, lineageFor }
