'use strict'

const { fillRandom } = require('../binding')

/** One call to the system's generator serves this many words of ids: one for each span would cost 2-3 us. */
const POOL_WORDS = 8192

const NS_PER_SECOND = 1_000_000_000n
const ZERO = 48
const NINE = 57
/** What "a", which is ten, is more than ten. */
const TEN = 87

const pool = new Int32Array(POOL_WORDS)
let used = POOL_WORDS

/** The second of the last trace. */
let secondNs = 0n
let nextSecondNs = 0n
let second = 0

/** A span's id: two words, which are text for whoever asks, or a text that somebody else made. */
class SpanId {
  /** @type {string | null} */
  #text

  /**
   * @param {boolean} isNumber false: only the text
   * @param {number} high 32 bits, signed; 31 of one of ours
   * @param {number} low 32 bits, signed
   * @param {string | null} text
   */
  constructor(isNumber, high, low, text) {
    this.isNumber = isNumber
    this.high = high
    this.low = low
    this.#text = text
  }

  /** @param {string} text of another SDK */
  static of(text) {
    return new SpanId(false, 0, 0, text)
  }

  /** @param {string} hex 16 digits */
  static ofHex(hex) {
    return new SpanId(true, word(hex, 0), word(hex, 8), null)
  }

  /** @returns {string} a decimal number, where it is one of ours */
  toString() {
    this.#text ??= this.#decimal()
    return this.#text
  }

  #decimal() {
    const high = this.high >>> 0
    const low = this.low >>> 0
    // Below 2^53 a double is exact.
    return high < 0x200000 ? String(high * 0x100000000 + low) : String((BigInt(high) << 32n) | BigInt(low))
  }
}

/** A trace's id: its start second, 32 zeros and 64 random bits, or a text that somebody else made. */
class TraceId {
  /** @type {string | null} */
  #text

  /**
   * @param {boolean} isOwn false: only the text
   * @param {number} second 32 bits, signed, like the others
   * @param {number} high
   * @param {number} low
   * @param {string | null} text
   */
  constructor(isOwn, second, high, low, text) {
    this.isOwn = isOwn
    this.second = second
    this.high = high
    this.low = low
    this.#text = text
  }

  /** @param {string} text of another SDK */
  static of(text) {
    return new TraceId(false, 0, 0, 0, text)
  }

  /** @returns {string} 32 lower hex digits, where it is one of ours */
  toString() {
    this.#text ??= `${hex(this.second)}00000000${hex(this.high)}${hex(this.low)}`
    return this.#text
  }
}

/** Of what has no trace yet. */
const NO_TRACE = TraceId.of('')

/**
 * @param {string} hex
 * @param {number} from
 * @returns {number} of 8 lower digits, as 32 bits, signed
 */
function word(hex, from) {
  let bits = 0
  for (let at = from; at < from + 8; at++) {
    const unit = hex.charCodeAt(at)
    bits = (bits << 4) | (unit <= NINE ? unit - ZERO : unit - TEN)
  }
  return bits
}

/** @param {number} word */
function hex(word) {
  return (word >>> 0).toString(16).padStart(8, '0')
}

/** @returns {number} where two unused random words stand in the pool */
function takeTwoWords() {
  if (used === POOL_WORDS) {
    fillRandom(pool)
    used = 0
  }
  const at = used
  used += 2
  return at
}

/**
 * A non-zero number of 63 bits: readers with signed 64-bit integers exist.
 *
 * @returns {SpanId}
 */
function newSpanId() {
  const at = takeTwoWords()
  const high = pool[at] & 0x7fffffff
  const low = pool[at + 1]
  return high === 0 && low === 0 ? newSpanId() : new SpanId(true, high, low, null)
}

/**
 * @param {bigint} startNs
 * @returns {TraceId}
 */
function newTraceId(startNs) {
  const at = takeTwoWords()
  if (startNs < secondNs || startNs >= nextSecondNs) beginSecond(startNs)
  return new TraceId(true, second, pool[at], pool[at + 1], null)
}

/** @param {bigint} startNs */
function beginSecond(startNs) {
  const seconds = startNs / NS_PER_SECOND
  secondNs = seconds * NS_PER_SECOND
  nextSecondNs = secondNs + NS_PER_SECOND
  second = Number(BigInt.asIntN(32, seconds))
}

module.exports = { NO_TRACE, SpanId, TraceId, newSpanId, newTraceId }
