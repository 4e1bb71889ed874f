'use strict'

const { inspect } = require('node:util')
const { ApmSpan } = require('./apm-span')
const { monotonicNs, nsOfMs } = require('./clock')
const { readError } = require('./error-fields')
const { wholeOf } = require('../values/flat')
const { later } = require('../values/later')

const tagging = later(() => require('./error-tags'))
const contexts = later(() => require('./span-context'))

/** Items that one span keeps; dd-trace sends no more either. */
const BAGGAGE_ITEMS_MAX = 64

/** Texts that `trace` was given and that are sent as they are. @typedef {Record<string, string | undefined>} Texts */

/** @typedef {import('../values/flat').FlatFields} FlatFields */

/** @type {Texts} */
const NO_TEXTS = Object.freeze(Object.create(null))

/**
 * Another span that this one is linked with.
 *
 * @typedef {object} SpanLink
 * @property {(target: Lineage) => WireLink | null} for under the ids that it has for whoever receives this span; null: it is
 *   another tenant's
 */

/** Plain. @typedef {{ trace_id: string, span_id: string, attributes: Record<string, any> }} WireLink */

const UNKNOWN_ERROR = { type: '', message: '', stack: '' }

/**
 * One operation. Fields are plain and all set here, so that every span has one shape; users hold spans but
 * read and write them through the SDK only.
 */
class Span extends ApmSpan {
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
   * @param {Instance} instance
   * @param {Lineage} lineage for the first target of its route
   * @param {string} kind
   * @param {string} name
   * @param {import('./ids').SpanId} id
   * @param {bigint} startMonotonicNs
   * @param {bigint} startNs
   */
  constructor(instance, lineage, kind, name, id, startMonotonicNs, startNs) {
    super()
    this.instance = instance
    this.lineage = lineage
    /** @type {Lineage[] | null} who it is for the further targets of its route */
    this.copies = null
    this.kind = kind
    this.name = name
    this.id = id
    this.startNs = startNs
    this.startMonotonicNs = startMonotonicNs
    this.durationNs = 0n
    this.finished = false
    this.texts = NO_TEXTS
    /** What was said, as it is written. @type {any} */
    this.saidInput = null
    /** @type {any} */
    this.saidOutput = null
    /** @type {any} */
    this.prompt = null
    /** @type {FlatFields | Record<string, any> | null} */
    this.saidMetadata = null
    /** @type {FlatFields | Record<string, number> | null} */
    this.saidMetrics = null
    /** @type {Record<string, any> | null} */
    this.tags = null
    /** @type {string[] | null} */
    this.costTags = null
    /** @type {any[] | null} */
    this.toolDefinitions = null
    /** @type {Record<string, any> | null} */
    this.agentManifest = null
    /** @type {{ type: string, message: string, stack: string } | null} */
    this.error = null
    /** What tags said of the error; it wins. @type {Partial<import('./error-tags').ErrorFields> | null} */
    this.errorTags = null
    /** @type {SpanLink[] | null} */
    this.links = null
    /** @type {string[] | null} */
    this.collectionErrors = null
    /** @type {string | null} */
    this.integration = null
    /** @type {Map<unknown, unknown> | null} */
    this.baggage = null
  }

  /** What was said, as objects: these stay the span's own. @returns {any} null: nothing */
  get input() {
    this.saidInput = wholeOf(this.saidInput)
    return this.saidInput
  }

  set input(input) {
    this.saidInput = input
  }

  /** @returns {any} null: nothing */
  get output() {
    this.saidOutput = wholeOf(this.saidOutput)
    return this.saidOutput
  }

  set output(output) {
    this.saidOutput = output
  }

  /** @returns {Record<string, any> | null} */
  get metadata() {
    this.saidMetadata = wholeOf(this.saidMetadata)
    return this.saidMetadata
  }

  set metadata(metadata) {
    this.saidMetadata = metadata
  }

  /** @returns {Record<string, number> | null} */
  get metrics() {
    this.saidMetrics = wholeOf(this.saidMetrics)
    return /** @type {any} */ (this.saidMetrics)
  }

  set metrics(metrics) {
    this.saidMetrics = metrics
  }

  /** @returns {Route | null} null: it goes nowhere */
  get route() {
    return this.lineage.route
  }

  /** @returns {string} 32 lower hex digits, or what an upstream service called the trace */
  get traceId() {
    return this.lineage.traceId
  }

  /** @returns {string} a decimal number */
  get spanId() {
    return this.id.toString()
  }

  /** @returns {string | null} null: the root of its trace */
  get parentId() {
    return this.lineage.parentId
  }

  /** @returns {string} */
  get mlApp() {
    return this.lineage.mlApp
  }

  /**
   * Ends the span and hands it over. The second call does nothing. Never throws.
   *
   * @param {number} [endMs] when it ended, in milliseconds since the epoch; default now
   */
  finish(endMs) {
    if (this.finished) return
    this.finished = true
    this.instance.openSpans--
    const endNs = nsOfMs(endMs)
    const durationNs = endNs === null ? monotonicNs() - this.startMonotonicNs : endNs - this.startNs
    this.durationNs = durationNs > 0n ? durationNs : 0n
    this.instance.submitSpan(this)
  }

  /**
   * Ends the span with its function's result.
   *
   * @param {unknown} [_result]
   * @param {number} [endMs] when it ended, in milliseconds since the epoch; default now
   */
  succeed(_result, endMs) {
    this.finish(endMs)
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
    if (!this.finished) this.error = { ...readError(error), ...this.errorTags }
  }

  /**
   * dd-trace's setter. `error` and `error.*` mark the span; other APM tags have no place in an LLM Observability span.
   *
   * @param {string} key
   * @param {unknown} value
   * @returns {this}
   */
  setTag(key, value) {
    return typeof key === 'string' && key.startsWith('error') ? this.addTags({ [key]: value }) : this
  }

  /**
   * The same for many. `error: false` takes the mark away; `true` marks a span of whose error nothing is known.
   *
   * @param {unknown} tags
   * @returns {this}
   */
  addTags(tags) {
    if (this.finished) return this
    const { error, parts } = tagging().errorTags(tags)
    if (parts !== null) this.errorTags = { ...this.errorTags, ...parts }
    if (error === undefined) {
      if (parts !== null) this.error = { ...(this.error ?? UNKNOWN_ERROR), ...parts }
    } else if (!error) {
      this.error = this.errorTags = null
    } else if (error === true || error === 1) {
      this.error = { ...(this.error ?? UNKNOWN_ERROR), ...this.errorTags }
    } else {
      this.setError(error)
    }
    return this
  }

  /**
   * Marks the span as failed: LLM Observability has no events inside a span that could hold the exception.
   *
   * @param {unknown} exception
   */
  recordException(exception) {
    if (exception !== undefined && exception !== null) this.setError(exception)
  }

  /** @returns {import('./span-context').SpanContext} dd-trace's shape */
  context() {
    return new (contexts().SpanContext)(this)
  }

  /**
   * Kept on this span, and passed on to nobody.
   *
   * @override
   * @param {string} key
   * @param {unknown} value
   * @returns {this}
   */
  setBaggageItem(key, value) {
    this.baggage ??= new Map()
    if (this.baggage.size < BAGGAGE_ITEMS_MAX || this.baggage.has(key)) this.baggage.set(key, value)
    return this
  }

  /**
   * @override
   * @param {string} key
   */
  getBaggageItem(key) {
    return this.baggage?.get(key)
  }

  /** @override */
  getAllBaggageItems() {
    try {
      return JSON.stringify(Object.fromEntries(/** @type {Map<any, unknown>} */ (this.baggage ?? [])))
    } catch {
      return super.getAllBaggageItems()
    }
  }

  /**
   * @override
   * @param {string} key
   */
  removeBaggageItem(key) {
    this.baggage?.delete(key)
  }

  /** @override */
  removeAllBaggageItems() {
    this.baggage = null
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
