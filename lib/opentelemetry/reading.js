'use strict'

/** What is read of an OpenTelemetry span, of any version. Everything may be missing or of another type. */

/** @typedef {Record<string, any>} OtelSpan */

const TRACE_DIGITS = 32
const SPAN_DIGITS = 16
const NS_PER_S = 1_000_000_000n
const MAX_NS = (1n << 64n) - 1n

/** Where OpenTelemetry's API keeps the active span: `createContextKey` is `Symbol.for`. */
const SPAN_KEY = Symbol.for('OpenTelemetry Context Key SPAN')
const SAMPLED = 1

/**
 * @param {OtelSpan} span
 * @returns {{ traceId: string, spanId: string, isSampled: boolean }} '' for an id that is none
 */
function idsOf(span) {
  const { traceId, spanId, traceFlags } = span.spanContext()
  return {
    traceId: isTraceId(traceId) ? traceId : '',
    spanId: isSpanId(spanId) ? spanId : '',
    isSampled: typeof traceFlags !== 'number' || (traceFlags & SAMPLED) !== 0
  }
}

/**
 * @param {unknown} id
 * @param {number} digits
 * @returns {id is string} whether it is so many lower hex digits, not all of them 0
 */
function isId(id, digits) {
  if (typeof id !== 'string' || id.length !== digits) return false
  let isZero = true
  for (let at = 0; at < digits; at++) {
    const unit = id.charCodeAt(at)
    const isDigit = (unit >= 48 && unit <= 57) || (unit >= 97 && unit <= 102)
    if (!isDigit) return false
    if (unit !== 48) isZero = false
  }
  return !isZero
}

/** @param {unknown} id @returns {id is string} */
function isTraceId(id) {
  return isId(id, TRACE_DIGITS)
}

/** @param {unknown} id @returns {id is string} */
function isSpanId(id) {
  return isId(id, SPAN_DIGITS)
}

/**
 * @param {any} context of OpenTelemetry
 * @returns {object | null} the span that is active in it
 */
function activeSpan(context) {
  const span = typeof context?.getValue === 'function' ? context.getValue(SPAN_KEY) : null
  return typeof span === 'object' && span !== null ? span : null
}

/** @param {OtelSpan} span @returns {string} of the tracer; its name was another in 1.x */
function scopeOf(span) {
  const name = (span.instrumentationScope ?? span.instrumentationLibrary)?.name
  return typeof name === 'string' ? name : ''
}

/** @param {OtelSpan} span @returns {Record<string, any>} */
function attributesOf(span) {
  const { attributes } = span
  return typeof attributes === 'object' && attributes !== null ? attributes : {}
}

/**
 * @param {any} time seconds and nanoseconds
 * @returns {bigint | null} nanoseconds since the epoch, exactly, negative before it; null: it is no time
 */
function nsOf(time) {
  if (!Array.isArray(time) || !Number.isSafeInteger(time[0]) || !Number.isFinite(time[1])) return null
  return BigInt(time[0]) * NS_PER_S + BigInt(Math.round(time[1]))
}

/**
 * @param {OtelSpan} span
 * @returns {{ startNs: bigint, durationNs: bigint } | null} null: it has no start
 */
function timesOf({ startTime, endTime }) {
  const startNs = nsOf(startTime)
  if (startNs === null) return null
  return { startNs: within(startNs), durationNs: within((nsOf(endTime) ?? startNs) - startNs) }
}

/** @param {bigint} ns @returns {bigint} what an event can say */
function within(ns) {
  if (ns < 0n) return 0n
  return ns > MAX_NS ? MAX_NS : ns
}

/** @param {any} list @returns {Record<string, any>[]} the objects in it */
function objectsOf(list) {
  return Array.isArray(list) ? list.filter(item => typeof item === 'object' && item !== null) : []
}

/** @param {any} value @returns {number} */
function countOf(value) {
  return Number.isSafeInteger(value) && value > 0 ? value : 0
}

module.exports = {
  activeSpan,
  attributesOf,
  countOf,
  idsOf,
  isSpanId,
  isTraceId,
  nsOf,
  objectsOf,
  scopeOf,
  timesOf
}
