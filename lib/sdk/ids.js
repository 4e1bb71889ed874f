'use strict'

const { randomFillSync } = require('node:crypto')

/** One call to the system's generator serves this many bytes of ids: `randomBytes(8)` per span costs 2-3 us. */
const POOL_BYTES = 4096

const pool = Buffer.allocUnsafeSlow(POOL_BYTES)
let used = POOL_BYTES

/**
 * @returns {number} where 8 unused random bytes start in the pool
 */
function takeEightBytes() {
  if (used === POOL_BYTES) {
    randomFillSync(pool)
    used = 0
  }
  const offset = used
  used += 8
  return offset
}

/**
 * A span id: a non-zero number of 63 bits (readers with signed 64-bit integers exist), in decimal.
 *
 * @returns {string}
 */
function newSpanId() {
  const offset = takeEightBytes()
  const high = pool.readUInt32BE(offset) & 0x7fffffff
  const low = pool.readUInt32BE(offset + 4)
  if (high < 0x200000) {
    // Below 2^53 a double is exact.
    const id = high * 0x100000000 + low
    return id === 0 ? newSpanId() : String(id)
  }
  return ((BigInt(high) << 32n) | BigInt(low)).toString()
}

/**
 * An LLM Observability trace id: the start second in 8 hex digits, 8 zeros, 64 random bits.
 *
 * @param {bigint} startNs
 * @returns {string} 32 lower hex digits
 */
function newTraceId(startNs) {
  const offset = takeEightBytes()
  const seconds = Number(startNs / 1_000_000_000n) >>> 0
  return `${seconds.toString(16).padStart(8, '0')}00000000${pool.toString('hex', offset, offset + 8)}`
}

module.exports = { newSpanId, newTraceId }
