'use strict'

/** A tracer as OpenTelemetry has them, for versions 5 and 6 of the AI SDK: what it starts are spans of ours. */

const { activeSpan, nsOf } = require('../opentelemetry/reading')
const { nsOfMs } = require('../trace/clock')
const { Following, heardOn } = require('../sdk/following')
const { isObject } = require('../values/own')
const { Call } = require('./call')
const { collected } = require('./collected')

/** @typedef {import('./call').Call} CallType */

const INVALID_CONTEXT = Object.freeze({ traceId: '0'.repeat(32), spanId: '0'.repeat(16), traceFlags: 0 })
const SAMPLED = 1
const HEX_128 = /^[0-9a-f]{32}$/
/** Operations inside others, which end with them: calls of models and tools. */
const PART = /\.do[A-Z]\w*$|(?:^|\.)toolCall$/
/** Numbers below it are readings of `performance.now()`, as in OpenTelemetry. */
const EPOCH_MS_MIN = 1e11

/** A span as OpenTelemetry has them. Nothing of it throws. */
class AiSpan {
  #call

  /** @param {Call | null} call null: nothing is recorded */
  constructor(call) {
    this.#call = call
    if (call !== null) collected.register(this, call)
  }

  /** @param {unknown} span @returns {Call | null} behind it */
  static callOf(span) {
    return isObject(span) && #call in span ? /** @type {AiSpan} */ (span).#call : null
  }

  spanContext() {
    if (this.#call === null) return INVALID_CONTEXT
    const { traceId, spanId } = this.#call.span
    return {
      traceId: HEX_128.test(traceId) ? traceId : INVALID_CONTEXT.traceId,
      spanId: BigInt(spanId).toString(16).padStart(16, '0'),
      traceFlags: SAMPLED
    }
  }

  /** @param {any} name @param {any} value */
  setAttribute(name, value) {
    return this.setAttributes({ [name]: value })
  }

  /** @param {any} attributes */
  setAttributes(attributes) {
    return this.#do(call => call.say(attributes))
  }

  /** @param {any} name @param {any} [attributes] or a time */
  addEvent(name, attributes) {
    return this.#do(call => call.happened(`${name}`, isAttributes(attributes) ? { ...attributes } : {}))
  }

  addLink() {
    return this
  }

  addLinks() {
    return this
  }

  /** @param {any} status */
  setStatus(status) {
    return this.#do(call => call.stands(status.code, status.message))
  }

  /** @param {any} name */
  updateName(name) {
    return this.#do(call => {
      if (typeof name === 'string') call.name = name
    })
  }

  /** @param {any} exception */
  recordException(exception) {
    this.#do(call => call.fail(exception))
  }

  isRecording() {
    return this.#call !== null && !this.#call.hasEnded
  }

  /** @param {any} [endTime] */
  end(endTime) {
    const endNs = timeOf(endTime)
    this.#do(call => call.end(endNs === null ? undefined : Number(endNs) / 1e6))
  }

  /**
   * @param {(call: Call) => void} fn
   * @returns {this}
   */
  #do(fn) {
    try {
      if (this.#call !== null && !this.#call.hasEnded) fn(this.#call)
    } catch {
      // What cannot be read says nothing.
    }
    return this
  }
}

const NOOP_SPAN = new AiSpan(null)

class AiTracer {
  #following

  /** @param {unknown} [options] */
  constructor(options = {}) {
    this.#following = new Following(options, {
      library: 'the AI SDK',
      topic: 'ai',
      isTaken: heardOn('tracing:dd-trace:vercel-ai:start')
    })
  }

  /** @param {any} name @param {any} [options] @param {any} [context] */
  startSpan(name, options, context) {
    const call = this.#start(name, options, context)
    return call === null ? NOOP_SPAN : new AiSpan(call)
  }

  /**
   * @param {any} name
   * @param {any[]} rest `fn`, `options, fn` or `options, context, fn`
   * @returns {any} what `fn` returns
   */
  startActiveSpan(name, ...rest) {
    const fn = rest.pop()
    if (typeof fn !== 'function') return undefined
    const call = this.#start(name, rest[0], rest[1])
    if (call === null) return fn(NOOP_SPAN)
    return call.span.instance.storage.run(call.store, fn, new AiSpan(call))
  }

  /**
   * @param {any} name
   * @param {any} options
   * @param {any} context of OpenTelemetry
   * @returns {Call | null} null: nothing is recorded
   */
  #start(name, options, context) {
    const instance = this.#following.recording
    if (instance === null) return null
    try {
      const { attributes, startTime } = isObject(options) ? options : {}
      const given = isAttributes(attributes) ? attributes : {}
      return Call.start(this.#following, instance, {
        name: `${name}`,
        attributes: given,
        isPart: PART.test(`${given['ai.operationId']}`),
        above: AiSpan.callOf(activeSpan(context)),
        startNs: timeOf(startTime)
      })
    } catch (error) {
      this.#following.failed(error, 'a call could not be followed')
      return null
    }
  }
}

/** @param {any} value @returns {value is Record<string, any>} */
function isAttributes(value) {
  return isObject(value) && !Array.isArray(value) && !(value instanceof Date)
}

/**
 * @param {any} time seconds and nanoseconds, milliseconds, or a Date
 * @returns {bigint | null} nanoseconds since the epoch; null: now
 */
function timeOf(time) {
  const pair = nsOf(time)
  if (pair !== null) return pair
  const ms = time instanceof Date ? time.getTime() : time
  if (typeof ms !== 'number') return null
  const ns = nsOfMs(ms < EPOCH_MS_MIN ? performance.timeOrigin + ms : ms)
  return ns === null || ns < 0n ? null : ns
}

module.exports = { AiTracer, tracer: new AiTracer() }
