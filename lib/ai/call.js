'use strict'

/** One operation of the AI SDK while it goes on: a span of ours, and what the AI SDK has said of it so far. */

const { describe } = require('../opentelemetry/annotation')
const { identityOf } = require('../opentelemetry/event')
const { startBelow } = require('../trace/by-hand')
const { nowMs } = require('../trace/clock')
const { readError } = require('../trace/error-fields')
const { presentStore } = require('../trace/present')

/** Attributes of one call. OpenTelemetry keeps 128; here it is only not to grow for ever. */
const ATTRIBUTES_MAX = 4096
const EVENTS_MAX = 256
const ABORT = 'AbortError'
const ERROR = 2

/**
 * @typedef {object} Beginning
 * @property {string} name
 * @property {Record<string, any>} attributes by the conventions of OpenTelemetry
 * @property {boolean} [isPart] whether it cannot go on after the call above it has ended
 * @property {Call | null} [above] where the context does not say it
 * @property {bigint | null} [startNs] default now
 */

/** By their spans: those that go on. @type {WeakMap<Span, Call>} */
const running = new WeakMap()

class Call {
  #following
  #name
  /** @type {Record<string, any>} */
  #attributes = Object.create(null)
  #count = 0
  #dropped = 0
  /** @type {{ name: string, attributes: Record<string, any> }[]} */
  #events = []
  /** @type {{ code: number, message?: string }} */
  #status = { code: 0 }
  /** @type {Record<string, boolean> | null} what we say of it ourselves */
  #notes = null
  /** Parts of it that go on. @type {Set<Call>} */
  #parts = new Set()
  /** @type {Call | null} */
  #whole = null
  #lastMs = nowMs()

  /**
   * @param {import('../sdk/following').Following} following
   * @param {Store} store of what runs inside it
   * @param {string} name
   */
  constructor(following, store, name) {
    this.#following = following
    this.store = store
    this.span = /** @type {Span} */ (store.span)
    this.#name = name
  }

  /**
   * @param {import('../sdk/following').Following} following
   * @param {Instance} instance
   * @param {Beginning} beginning
   * @returns {Call} in the present context
   */
  static start(following, instance, { name, attributes, isPart = false, above = null, startNs = null }) {
    const present = presentStore(instance)
    const store = startBelow(instance, identityOf({ name, attributes }), above?.span ?? null, startNs)
    const call = new Call(following, store, name)
    call.span.integration = 'ai'
    call.say(attributes)
    const whole = above ?? (present.span === null ? null : (running.get(present.span) ?? null))
    if (isPart && whole !== null) call.#joins(whole)
    running.set(call.span, call)
    return call
  }

  /** @param {Call} whole */
  #joins(whole) {
    this.#whole = whole
    whole.#parts.add(this)
  }

  /** @returns {Call | null} what it is a part of */
  get whole() {
    return this.#whole
  }

  /** @returns {string} as it was started */
  get name() {
    return this.#name
  }

  set name(name) {
    this.#name = name
  }

  get hasEnded() {
    return this.span.finished
  }

  /** @param {Record<string, any>} attributes */
  say(attributes) {
    for (const name of Object.keys(attributes)) {
      const value = readOf(attributes, name)
      if (value === undefined || value === null) continue
      if (!(name in this.#attributes) && ++this.#count > ATTRIBUTES_MAX) this.#dropped++
      else this.#attributes[name] = value
    }
    this.#touch()
  }

  /** @param {string} name @param {Record<string, any>} attributes */
  happened(name, attributes) {
    if (this.#events.length < EVENTS_MAX) this.#events.push({ name, attributes })
    this.#touch()
  }

  /** @param {number} code as OpenTelemetry's @param {string} [message] */
  stands(code, message) {
    this.#status = { code, message }
  }

  /** @param {unknown} error anything that can be thrown */
  fail(error) {
    const { type, message, stack } = readError(error)
    // Who stops an answer has not failed.
    if (type === ABORT) return this.abort()
    const attributes = { 'exception.type': type, 'exception.message': message, 'exception.stacktrace': stack }
    this.happened('exception', attributes)
    if (this.#status.code !== ERROR) this.stands(ERROR, message)
  }

  abort() {
    this.#note('aborted')
  }

  /** @param {string} name */
  #note(name) {
    this.#notes = { ...this.#notes, [name]: true }
  }

  /** @param {number} [endMs] milliseconds since the epoch; default now */
  end(endMs) {
    if (this.span.finished) return
    for (const part of [...this.#parts]) part.leave(endMs ?? nowMs())
    if (this.#whole !== null) this.#whole.#parts.delete(this)
    running.delete(this.span)
    try {
      this.#describe()
    } catch (error) {
      this.#following.failed(error, 'something of a call could not be told')
    }
    this.span.finish(endMs)
  }

  /**
   * Ends it in the place of those who did not.
   *
   * @param {number} [endMs] default: when something was last heard of it
   */
  leave(endMs = this.#lastMs) {
    if (this.span.finished) return
    this.#note(this.#whole?.isAborted ? 'aborted' : 'unfinished')
    this.end(endMs)
  }

  get isAborted() {
    return this.#notes?.aborted === true
  }

  #touch() {
    this.#lastMs = nowMs()
    if (this.#whole !== null) this.#whole.#touch()
  }

  #describe() {
    const told = {
      name: this.#name,
      attributes: this.#attributes,
      events: this.isAborted ? [] : this.#events,
      status: this.isAborted ? { code: 0 } : this.#status,
      droppedAttributesCount: this.#dropped
    }
    describe(this.span, told, this.#notes)
  }
}

/** @param {Record<string, any>} attributes @param {string} name */
function readOf(attributes, name) {
  try {
    return attributes[name]
  } catch {
    return undefined
  }
}

module.exports = { Call }
