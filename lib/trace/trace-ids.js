'use strict'

/** The ids of a span as APM headers write them. */

const DECIMAL = /^\d{1,20}$/
const HEX_128 = /^[0-9a-f]{32}$/i
const MAX_UINT64 = (1n << 64n) - 1n

/**
 * @param {string} text
 * @returns {bigint} 0 when it is no 64-bit number
 */
function uint64(text) {
  if (!DECIMAL.test(text)) return 0n
  const id = BigInt(text)
  return id > MAX_UINT64 ? 0n : id
}

/**
 * @param {string} traceId 32 hex digits, or the decimal number that an upstream service propagated
 * @returns {string} 32 hex digits; '' when it is neither, or zero
 */
function traceIdHex(traceId) {
  const hex = HEX_128.test(traceId) ? traceId.toLowerCase() : uint64(traceId).toString(16).padStart(32, '0')
  return /^0+$/.test(hex) ? '' : hex
}

/**
 * @param {string} spanId a decimal number
 * @returns {string} 16 hex digits; '' when it is none, or zero
 */
function spanIdHex(spanId) {
  const id = uint64(spanId)
  return id === 0n ? '' : id.toString(16).padStart(16, '0')
}

/**
 * W3C's `traceparent`.
 *
 * @param {string} traceId
 * @param {string} spanId
 * @param {boolean} isSampled
 * @returns {string} '' when the ids cannot be written as hex digits
 */
function traceparentOf(traceId, spanId, isSampled) {
  const trace = traceIdHex(traceId)
  const span = spanIdHex(spanId)
  return trace === '' || span === '' ? '' : `00-${trace}-${span}-${isSampled ? '01' : '00'}`
}

module.exports = { spanIdHex, traceIdHex, traceparentOf }
