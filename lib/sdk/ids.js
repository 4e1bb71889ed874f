'use strict'

const { randomFillSync } = require('node:crypto')

/** One call to the system's generator serves this many bytes of ids: `randomBytes(8)` per span costs 2-3 us. */
const POOL_BYTES = 4096

const NS_PER_SECOND = 1_000_000_000n

const pool = Buffer.allocUnsafeSlow(POOL_BYTES)
let used = POOL_BYTES
/** The pool in hex digits: one call for all ids in it. */
let poolHex = ''

/** The second of the last trace, and what its id began with. */
let secondNs = 0n
let nextSecondNs = 0n
let secondHex = ''

/**
 * @returns {number} where 8 unused random bytes start in the pool
 */
function takeEightBytes() {
  if (used === POOL_BYTES) {
    randomFillSync(pool)
    poolHex = pool.toString('hex')
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
  if (startNs < secondNs || startNs >= nextSecondNs) beginSecond(startNs)
  return secondHex + poolHex.slice(2 * offset, 2 * offset + 16)
}

/** @param {bigint} startNs */
function beginSecond(startNs) {
  const seconds = startNs / NS_PER_SECOND
  secondNs = seconds * NS_PER_SECOND
  nextSecondNs = secondNs + NS_PER_SECOND
  secondHex = `${(Number(seconds) >>> 0).toString(16).padStart(8, '0')}00000000`
}

module.exports = { newSpanId, newTraceId }
