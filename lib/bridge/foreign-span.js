'use strict'

const { ANY_LEVELS, Copier } = require('../values/copy')
const { ANNOTATED_NULL } = require('../values/shapes')
const { SpanId, TraceId } = require('../trace/ids')
const { Lineage } = require('../trace/lineage')
const { Span } = require('../trace/span')
const { ForeignEvent } = require('./foreign-record')
const { ROOT_PARENT_ID } = require('./inherit')

/**
 * A finished span of dd-trace on its way to one target. To processors and counters it is a span like our own;
 * its event is dd-trace's.
 */
class ForeignSpan extends Span {
  #event
  /** null: the event goes as it is */
  #lineage

  /**
   * @param {Instance} instance
   * @param {Record<string, any>} event as dd-trace formatted it
   * @param {Route | null} route null: it is counted and goes nowhere
   * @param {Lineage | null} lineage null for the default route, which gets the event as it is
   * @param {Record<string, unknown> | undefined} userTags
   */
  constructor(instance, event, route, lineage, userTags) {
    const meta = event.meta ?? {}
    const kind = meta['span.kind'] ?? ''
    super(instance, lineage ?? lineageOfEvent(route, event), kind, event.name, event.span_id, 0n, 0n)
    this.#event = event
    this.#lineage = lineage
    this.finished = true
    const contentOf = this.kind === 'experiment' ? raw : filled
    this.input = contentOf(meta.input)
    this.output = contentOf(meta.output)
    this.prompt = meta.input?.prompt ?? null
    this.tags = userTags ?? null
    if (event.status === 'error') {
      const { 'error.type': type, 'error.message': message, 'error.stack': stack } = meta
      this.error = { type, message, stack }
    }
  }

  /** Its event with what processors left of its content. @returns {Record<string, any>} */
  get event() {
    const { meta } = this.#event
    return { ...this.#event, meta: { ...meta, ...this.#content(true) } }
  }

  /**
   * Its event for the target.
   *
   * @param {import('./foreign-tags').TagRules} config
   */
  eventFor(config) {
    const content = this.#content(this.route?.options.captureContent !== false)
    return new ForeignEvent(this.#event, content, this.#lineage, this.tags ?? undefined, config)
  }

  /** @param {boolean} isCaptured */
  #content(isCaptured) {
    if (!isCaptured) return { input: {}, output: {} }
    const { input, output, prompt } = this
    if (this.kind === 'experiment') return { input: sent(input), output: sent(output) }
    // Processors see messages, not the prompt beside them.
    const isWhole = prompt === null || (input !== null && typeof input === 'object' && 'prompt' in input)
    return { input: isWhole ? (input ?? {}) : { ...input, prompt }, output: output ?? {} }
  }
}

/**
 * @param {Route | null} route
 * @param {Record<string, any>} event as dd-trace formatted it
 * @returns {Lineage} what the event says of a span whose start was not seen
 */
function lineageOfEvent(route, event) {
  const lineage = new Lineage(route)
  lineage.trace = TraceId.of(event.trace_id)
  lineage.above = event.parent_id === ROOT_PARENT_ID ? null : SpanId.of(event.parent_id)
  lineage.sessionId = event.session_id ?? null
  const { pagent_name = null, pagent_span_id = null } = event.meta?.agent_attribution ?? {}
  if (pagent_span_id !== null) lineage.agentAttribution = { pagent_name, pagent_span_id }
  return lineage
}

/**
 * An evaluation or feedback that dd-trace made. Versions before 5.100 name the span as the
 * intake's first version did; here it is always the second.
 *
 * @param {Record<string, any>} metric
 * @param {string | null} traceId the span's at this destination; null: as the metric says
 * @returns {any} plain; undefined for one whose `toJSON` says so
 */
function foreignMetric(metric, traceId) {
  const { event_kind: kind = 'evaluation', ...rest } = metric
  const named = kind === 'evaluation' && rest.join_on === undefined ? joined(rest) : rest
  const span = named.join_on?.span
  /** @type {Record<string, any>} */
  const whole = { event_kind: kind, ...named }
  if (traceId !== null && span) whole.join_on = { span: { ...span, trace_id: traceId } }
  return new Copier([]).copy(whole, '', ANY_LEVELS)
}

/**
 * @param {Record<string, any>} metric
 * @returns {Record<string, any>}
 */
function joined({ span_id, trace_id, ...rest }) {
  return { join_on: { span: { span_id, trace_id } }, ...rest }
}

/**
 * @param {unknown} content
 * @returns {any} null for the empty object that stands for nothing
 */
function filled(content) {
  if (content === undefined || content === null) return null
  return typeof content === 'object' && Object.keys(content).length === 0 ? null : content
}

/**
 * An experiment's content is any JSON: an empty list is one, and null is another than nothing.
 *
 * @param {unknown} content
 * @returns {any} null for nothing
 */
function raw(content) {
  if (content === undefined) return null
  return content === null ? ANNOTATED_NULL : content
}

/** @param {any} content of an experiment @returns {any} */
function sent(content) {
  if (content === null) return {}
  return content === ANNOTATED_NULL ? null : content
}

module.exports = { ForeignSpan, foreignMetric, lineageOfEvent }
