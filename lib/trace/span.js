'use strict'

const { inspect } = require('node:util')
const { readError } = require('./error-fields')
const { NO_TRACE } = require('./ids')

const NS_PER_MS = 1e6

/**
 * One operation. Fields are plain and all set here, so that every span has one shape; users hold spans but
 * read and write them through the SDK only.
 */
class Span {
  /** Only what this class made has it: no Proxy or copy passes for a span, and none of its traps runs. */
  #isSpan = true

  /**
   * @param {any} value
   * @returns {value is Span}
   */
  static is(value) {
    return typeof value === 'object' && value !== null && #isSpan in value
  }

  /**
   * @param {import('../sdk/instance').Instance} instance
   * @param {import('../routing/routing').Route | null} route
   * @param {string} kind
   * @param {string} name
   * @param {import('./ids').SpanId} id
   * @param {bigint} startMonotonicNs
   * @param {bigint} startNs
   */
  constructor(instance, route, kind, name, id, startMonotonicNs, startNs) {
    this.instance = instance
    this.route = route
    this.kind = kind
    this.name = name
    this.id = id
    this.trace = NO_TRACE
    /** @type {import('./ids').SpanId | null} null: the root of its trace */
    this.above = null
    /** @type {Span | null} */
    this.parent = null
    this.startNs = startNs
    this.startMonotonicNs = startMonotonicNs
    this.durationNs = 0n
    this.finished = false
    this.mlApp = ''
    /** @type {string | null} */
    this.sessionId = null
    /** @type {string | null} */
    this.modelName = null
    /** @type {string | null} */
    this.modelProvider = null
    /** @type {string | null} */
    this.service = null
    /** @type {string | null} */
    this.env = null
    /** @type {any} */
    this.input = null
    /** @type {any} */
    this.output = null
    /** @type {any} */
    this.prompt = null
    /** @type {Record<string, any> | null} */
    this.metadata = null
    /** @type {Record<string, number> | null} */
    this.metrics = null
    /** @type {Record<string, any> | null} */
    this.tags = null
    /** @type {string[] | null} */
    this.costTags = null
    /** @type {any[] | null} */
    this.toolDefinitions = null
    /** @type {Record<string, any> | null} */
    this.agentManifest = null
    /** @type {{ pagent_name: string | null, pagent_span_id: string | null } | null} */
    this.agentAttribution = null
    /** @type {{ type: string, message: string, stack: string } | null} */
    this.error = null
    /** @type {string[] | null} */
    this.collectionErrors = null
    /** @type {string | null} */
    this.sampleRate = null
    /** @type {'0' | '1' | null} */
    this.samplingDecision = null
    /** @type {string | null} */
    this.integration = null
    /** The local trace's first session, kept by its root. @type {string | null} */
    this.traceSessionId = null
    /** @type {Span | import('./lineage').Copy} where this tenant's trace starts in this process */
    this.root = this
    /** @type {import('./lineage').Copy[] | null} who the span is for the further targets of its route */
    this.copies = null
  }

  /** @returns {string} 32 lower hex digits, or what an upstream service called the trace */
  get traceId() {
    return this.trace.toString()
  }

  /** @returns {string} a decimal number */
  get spanId() {
    return this.id.toString()
  }

  /** @returns {string | null} null: the root of its trace */
  get parentId() {
    return this.above === null ? null : this.above.toString()
  }

  /**
   * Ends the span and hands it over. The second call does nothing. Never throws.
   *
   * @param {number} [endMs] when it ended, in milliseconds since the epoch; default now
   */
  finish(endMs) {
    if (this.finished) return
    this.finished = true
    const durationNs = Number.isFinite(endMs)
      ? BigInt(Math.round(/** @type {number} */ (endMs) * NS_PER_MS)) - this.startNs
      : process.hrtime.bigint() - this.startMonotonicNs
    this.durationNs = durationNs > 0n ? durationNs : 0n
    this.instance.submitSpan(this)
  }

  /** Ends the span with its function's result. */
  succeed() {
    this.finish()
  }

  /**
   * Ends the span with its function's error.
   *
   * @param {unknown} error
   */
  fail(error) {
    this.setError(error)
    this.finish()
  }

  /** @param {unknown} error anything that can be thrown */
  setError(error) {
    if (!this.finished) this.error = readError(error)
  }

  /**
   * dd-trace's setter. `error` marks the span; other APM tags have no place in an LLM Observability span.
   *
   * @param {string} key
   * @param {unknown} value
   * @returns {this}
   */
  setTag(key, value) {
    if (key === 'error' && value) this.setError(value)
    return this
  }

  /** @returns {{ toTraceId(): string, toSpanId(): string }} dd-trace's shape */
  context() {
    return { toTraceId: () => this.traceId, toSpanId: () => this.spanId }
  }

  /** A logged span shows who it is, not what the customer said. */
  toJSON() {
    return { traceId: this.traceId, spanId: this.spanId, kind: this.kind, name: this.name }
  }

  [inspect.custom]() {
    return `Span { kind: ${this.kind}, traceId: ${this.traceId}, spanId: ${this.spanId} }`
  }
}

module.exports = { Span }
