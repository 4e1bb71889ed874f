'use strict'

/** The clocks as they were at the start: test environments replace those that everybody sees, also by worse ones. */
const wallMs = Date.now
const monotonicNs = process.hrtime.bigint

/** A wall clock this far from where the anchor says it should be has been set, or the machine has slept. */
const JUMP_MAX_MS = 1000
/** Within this time of the last look at the wall clock it is not looked at again. */
const TRUSTED_NS = 5_000_000n
const NS_PER_MS = 1_000_000n

/**
 * Wall time in exact nanoseconds: a wall-clock anchor plus the monotonic clock since then, so that the spans
 * of one trace are ordered and durations never run backwards.
 */
class Clock {
  #anchorWallNs = 0n
  #anchorWallMs = 0
  #anchorMonotonicNs = 0n
  /** Up to when the wall clock was looked at. */
  #trustedUntilNs = 0n
  #wallMs

  /** @param {() => number} [wall] milliseconds since the epoch */
  constructor(wall = wallMs) {
    this.#wallMs = wall
  }

  /**
   * @param {bigint} atNs a reading of the monotonic clock
   * @returns {bigint} nanoseconds since the epoch
   */
  wallNs(atNs) {
    const sinceNs = atNs - this.#anchorMonotonicNs
    if (atNs < this.#trustedUntilNs && sinceNs >= 0n) return this.#anchorWallNs + sinceNs
    this.#trustedUntilNs = atNs + TRUSTED_NS
    const nowMs = this.#wallMs()
    const driftMs = nowMs - this.#anchorWallMs - Number(sinceNs) / 1e6
    if (driftMs < JUMP_MAX_MS && driftMs > -JUMP_MAX_MS) return this.#anchorWallNs + sinceNs
    this.#anchorWallMs = nowMs
    this.#anchorWallNs = BigInt(nowMs) * NS_PER_MS
    this.#anchorMonotonicNs = atNs
    return this.#anchorWallNs
  }
}

const clock = new Clock()

/** @returns {number} milliseconds since the epoch, by the clock of spans */
function nowMs() {
  return Number(clock.wallNs(monotonicNs())) / 1e6
}

/** Beyond it, nanoseconds do not fit into 64 bits. */
const MS_MAX = Number(((1n << 64n) - 1n) / NS_PER_MS)

/**
 * @param {unknown} ms since the epoch, with fractions
 * @returns {bigint | null} nanoseconds, exact to what the number says; null: it is no such time
 */
function nsOfMs(ms) {
  if (typeof ms !== 'number' || !(Math.abs(ms) < MS_MAX)) return null
  const whole = Math.floor(ms)
  return BigInt(whole) * NS_PER_MS + BigInt(Math.round((ms - whole) * 1e6))
}

module.exports = { Clock, clock, monotonicNs, nowMs, nsOfMs, wallMs }
