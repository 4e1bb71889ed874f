'use strict'

const { NO_TRACE, SpanId, TraceId, newTraceId } = require('./ids')

/** @typedef {import('../routing/routing').Route} Route */
/** @typedef {import('./propagation').RemoteParent} RemoteParent */
/** @typedef {import('./span').Span} Span */

/**
 * Who a span is for one further target of its route. Each copy follows the borders of its own tenant, so
 * the copies of one span may belong to different traces.
 */
class Copy {
  /**
   * @param {Span} span
   * @param {Route} route
   */
  constructor(span, route) {
    this.span = span
    this.route = route
    this.startNs = span.startNs
    this.trace = NO_TRACE
    /** @type {SpanId | null} */
    this.above = null
    this.mlApp = ''
    /** @type {string | null} */
    this.sessionId = null
    /** @type {string | null} */
    this.service = null
    /** @type {string | null} */
    this.env = null
    /** @type {{ pagent_name: string | null, pagent_span_id: string | null } | null} */
    this.agentAttribution = null
    /** @type {string | null} */
    this.sampleRate = null
    /** @type {'0' | '1' | null} */
    this.samplingDecision = null
    /** @type {string | null} */
    this.traceSessionId = null
    /** @type {import('./trace-headers').ApmIds | null} */
    this.apm = null
    /** @type {Span | Copy} */
    this.root = this
  }

  /** @returns {string} as a span has it */
  get traceId() {
    return this.trace.toString()
  }

  /** @returns {string | null} as a span has it */
  get parentId() {
    return this.above === null ? null : this.above.toString()
  }
}

/**
 * Gives a span its place in a trace: the parent's when the parent is of the same tenant, a new trace
 * otherwise. Nothing of another tenant crosses.
 *
 * @param {Span | Copy} self the span, or its copy for one target
 * @param {Span | null} parent
 * @param {RemoteParent | null} remote
 * @param {{ mlApp?: string, sessionId?: string }} options what the caller asked for
 */
function place(self, parent, remote, options) {
  const route = self.route
  const line = parent === null ? null : lineOf(parent, route)
  const upstream = line === null && remote !== null && remote.belongsTo(route) ? remote : null

  placeInTrace(self, parent, line, upstream)
  self.service = route?.options.service ?? null
  self.env = route?.options.env ?? null
  self.mlApp = chooseMlApp(self, line, upstream, options.mlApp)
  self.sessionId =
    options.sessionId || (line?.sessionId ?? self.root.traceSessionId ?? upstream?.sessionId ?? null)
  // The first session set in a trace is the session of later spans that have none.
  if (self.sessionId !== null) self.root.traceSessionId ??= self.sessionId
}

/**
 * @param {Span | Copy} self
 * @param {Span | null} parent
 * @param {Span | Copy | null} line
 * @param {RemoteParent | null} upstream
 */
function placeInTrace(self, parent, line, upstream) {
  if (parent !== null && line !== null) {
    self.root = line.root
    self.trace = line.trace
    self.above = parent.id
    self.sampleRate = line.sampleRate
    self.samplingDecision = line.samplingDecision
    self.agentAttribution =
      parent.kind === 'agent'
        ? { pagent_name: parent.name, pagent_span_id: parent.spanId }
        : line.agentAttribution
  } else if (upstream !== null) {
    const traceId = upstream.traceIdFor(self.route)
    self.trace = traceId === null ? newTraceId(self.startNs) : TraceId.of(traceId)
    self.above = upstream.parentId === null ? null : SpanId.of(upstream.parentId)
    self.apm = upstream.apm
    if (upstream.parentId === null || !upstream.decidesSampling) {
      decideSampling(self)
      return
    }
    // An upstream that made no sampling decision is not overruled here.
    self.sampleRate = upstream.sampleRate
    self.samplingDecision = upstream.samplingDecision
    self.agentAttribution = upstream.agentAttribution
  } else {
    self.trace = newTraceId(self.startNs)
    decideSampling(self)
  }
}

/** @param {Span | Copy} self the first span of a trace */
function decideSampling(self) {
  const sampler = self.route?.sampler ?? spanOf(self).instance.sampler
  self.sampleRate = sampler.rateText
  self.samplingDecision = sampler.decide(self.trace)
}

/**
 * @param {Span | Copy} self
 * @param {Span | Copy | null} line
 * @param {RemoteParent | null} upstream
 * @param {string | undefined} option
 * @returns {string}
 */
function chooseMlApp(self, line, upstream, option) {
  const routeMlApp = self.route?.options.mlApp
  // A context opened below the parent is nearer than the parent.
  const nearer = line !== null && line.route !== self.route ? routeMlApp : undefined
  return (
    option || nearer || line?.mlApp || upstream?.mlApp || routeMlApp || spanOf(self).instance.config.mlApp
  )
}

/**
 * @param {Span} parent
 * @param {Route | null} route
 * @returns {Span | Copy | null} who the parent is for the route's tenant; null: nobody
 */
function lineOf(parent, route) {
  if (route === null || parent.route === null) return parent.route === route ? parent : null
  const tenantId = route.tenantId
  if (parent.route.tenantId === tenantId) return parent
  if (parent.copies === null) return null
  for (const copy of parent.copies) {
    if (copy.route.tenantId === tenantId) return copy
  }
  return null
}

/**
 * @param {Span | Copy} self
 * @returns {Span}
 */
function spanOf(self) {
  return 'span' in self ? self.span : self
}

module.exports = { Copy, place }
