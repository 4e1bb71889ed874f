'use strict'

// What is counted of events, as a flat list of numbers that can be added: a name, or a name and what it is broken down
// by. Plain numbers in, plain numbers out.

/** @typedef {import('../..').Counts} Counts */

/** Between the name of a counter and the reason or status it is of. Neither has a space. */
const OF = ' '

/** Numbers by counter. */
class Counted {
  /** @type {Map<string, number>} */
  numbers = new Map()

  /** @param {Counts} [counts] */
  constructor(counts) {
    if (counts === undefined) return
    this.#put('submitted', counts.submitted)
    this.#put('delivered', counts.delivered)
    this.#put('held', counts.held)
    this.#put('maybeDuplicate', counts.maybeDuplicate)
    this.#put('tenantMismatch', counts.tenantMismatch)
    for (const [status, count] of Object.entries(counts.rejectedByStatus))
      this.#put(`rejected${OF}${status}`, count)
    for (const [reason, count] of Object.entries(counts.droppedByReason))
      this.#put(`dropped${OF}${reason}`, count ?? 0)
  }

  /**
   * @param {Counted} other
   * @param {1 | -1} sign
   * @returns {this}
   */
  add(other, sign) {
    for (const [name, number] of other.numbers) this.#put(name, (this.numbers.get(name) ?? 0) + sign * number)
    return this
  }

  /** @param {Counted} least what no number may be below */
  raise(least) {
    for (const [name, number] of least.numbers) this.#put(name, Math.max(number, this.numbers.get(name) ?? 0))
  }

  /**
   * @param {Counted} other
   * @returns {Counted} by how much numbers of this are above those of the other, where they are
   */
  above(other) {
    const more = new Counted()
    for (const [name, number] of this.numbers) {
      const by = number - (other.numbers.get(name) ?? 0)
      if (by > 0) more.#put(name, by)
    }
    return more
  }

  /** @returns {Counted} */
  copy() {
    return new Counted().add(this, 1)
  }

  /**
   * @param {string} counter
   * @returns {[of: string | null, number: number][]} null: it is not broken down
   */
  of(counter) {
    const whole = this.numbers.get(counter)
    if (whole !== undefined) return [[null, whole]]
    const start = counter + OF
    return [...this.numbers]
      .filter(([name]) => name.startsWith(start))
      .map(([name, number]) => [name.slice(start.length), number])
  }

  /**
   * @param {string} name
   * @param {number} number
   */
  #put(name, number) {
    this.numbers.set(name, number)
  }
}

module.exports = { Counted }
