'use strict'

const { ANNOTATED_NULL } = require('../annotate/input-output')
const { Span } = require('../trace/span')
const { writeForeignEvent } = require('./foreign-record')

/**
 * A finished span of dd-trace on its way to one target. To processors and counters it is a span like our own;
 * its event is dd-trace's.
 */
class ForeignSpan extends Span {
  #event
  #identity

  /**
   * @param {import('../sdk/instance').Instance} instance
   * @param {Record<string, any>} event as dd-trace formatted it
   * @param {import('../routing/routing').Route | null} route null: it is counted and goes nowhere
   * @param {import('./identity').Identity | null} identity null for the default route
   * @param {Record<string, unknown> | undefined} userTags
   */
  constructor(instance, event, route, identity, userTags) {
    const meta = event.meta ?? {}
    super(instance, route, meta['span.kind'] ?? '', event.name, event.span_id, 0n, 0n)
    this.#event = event
    this.#identity = identity
    this.finished = true
    const contentOf = this.kind === 'experiment' ? raw : filled
    this.input = contentOf(meta.input)
    this.output = contentOf(meta.output)
    this.prompt = meta.input?.prompt ?? null
    this.tags = userTags ?? null
    this.mlApp = identity?.mlApp ?? ''
    this.sessionId = identity?.sessionId ?? event.session_id ?? null
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
   * Its event for the target, as the value of a record.
   *
   * @param {import('../record/values').ValueWriter} writer
   * @param {import('./foreign-tags').TagRules} config
   */
  writeEvent(writer, config) {
    const content = this.#content(this.route?.options.captureContent !== false)
    writeForeignEvent(writer, this.#event, content, this.#identity, this.tags ?? undefined, config)
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

module.exports = { ForeignSpan }
