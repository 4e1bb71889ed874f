'use strict'

/** Numbers that a seed decides: the same seed repeats a run. Not for secrets. */
class Random {
  #state

  /** @param {number} seed */
  constructor(seed) {
    this.#state = seed >>> 0
  }

  /** @returns {number} from 0 up to 1 */
  next() {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000
  }

  /** @param {number} limit */
  below(limit) {
    return Math.floor(this.next() * limit)
  }

  /** @param {number} share 0 to 1 */
  chance(share) {
    return this.next() < share
  }

  /**
   * @template T
   * @param {readonly T[]} list
   * @returns {T}
   */
  pick(list) {
    return list[this.below(list.length)]
  }
}

module.exports = { Random }
