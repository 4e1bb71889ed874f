'use strict'

// Knuth's multiplicative hash, as every Datadog tracer does it, so that all services agree on one trace.
const HASH_FACTOR = 1111111111111111111n
const MAX_UINT64 = (1n << 64n) - 1n
const RATE_DECIMALS = 6
const DECIMAL = /^\d+$/

/** Decides whether a trace counts as sampled. Spans are always sent; the backend applies the decision. */
class Sampler {
  #rate
  #threshold

  /** @param {number} rate 0 to 1 */
  constructor(rate) {
    this.#rate = rate
    this.#threshold = BigInt(Math.floor(rate * Number(MAX_UINT64)))
    /** The rate as it goes on the wire: at most six decimals, no trailing zeros. */
    this.rateText = formatRate(rate)
  }

  /**
   * @param {string | import('../trace/ids').TraceId} trace hex digits, or the decimal number an upstream service propagated
   * @returns {'0' | '1'}
   */
  decide(trace) {
    if (this.#rate === 1) return '1'
    if (this.#rate === 0) return '0'
    const traceId = String(trace)
    const isHex = traceId.length === 32 || !DECIMAL.test(traceId)
    const id = BigInt(isHex ? `0x${traceId}` : traceId)
    // Of a longer id the lower 64 bits count, as of the product.
    return ((id * HASH_FACTOR) & MAX_UINT64) <= this.#threshold ? '1' : '0'
  }
}

/**
 * @param {number} rate
 * @returns {string}
 */
function formatRate(rate) {
  return String(Number(rate.toFixed(RATE_DECIMALS)))
}

module.exports = { Sampler }
