'use strict'

/** A wall clock this far from where the anchor says it should be has been set, or the machine has slept. */
const JUMP_MAX_NS = 1_000_000_000n
const NS_PER_MS = 1_000_000n

/**
 * Wall time in exact nanoseconds: a wall-clock anchor plus the monotonic clock since then, so that the spans
 * of one trace are ordered and durations never run backwards.
 */
class Clock {
  #anchorWallNs = 0n
  #anchorMonotonicNs = 0n

  /**
   * @param {bigint} monotonicNs a reading of `process.hrtime.bigint()`
   * @returns {bigint} nanoseconds since the epoch
   */
  wallNs(monotonicNs) {
    const wallNs = BigInt(Date.now()) * NS_PER_MS
    const expectedNs = this.#anchorWallNs + (monotonicNs - this.#anchorMonotonicNs)
    const driftNs = wallNs - expectedNs
    if (driftNs < JUMP_MAX_NS && driftNs > -JUMP_MAX_NS) return expectedNs
    this.#anchorWallNs = wallNs
    this.#anchorMonotonicNs = monotonicNs
    return wallNs
  }
}

module.exports = { Clock, clock: new Clock() }
