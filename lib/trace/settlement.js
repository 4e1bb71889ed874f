'use strict'

/**
 * Who waits for a promise.
 *
 * @typedef {object} Waiter
 * @property {(value: any) => void} fulfil called before the caller hears of it
 * @property {(error: unknown) => void} reject the same
 */

/** What came of a promise, and who is still to be told. */
class Settlement {
  /** @type {any} what callers get */
  promise = null
  /** @type {'pending' | 'fulfilled' | 'rejected'} */
  #state = 'pending'
  /** @type {unknown} the value, or the error */
  #outcome
  /** @type {Waiter | null} */
  #first
  /** @type {Waiter[] | null} most promises are returned once */
  #others = null

  /** @param {Waiter} waiter */
  constructor(waiter) {
    this.#first = waiter
  }

  /** @param {Waiter} waiter */
  add(waiter) {
    if (this.#state !== 'pending') return this.#tell(waiter)
    this.#others ??= []
    this.#others.push(waiter)
  }

  /** @param {unknown} value */
  fulfil(value) {
    this.#settle('fulfilled', value)
  }

  /** @param {unknown} error */
  reject(error) {
    this.#settle('rejected', error)
  }

  /**
   * @param {'fulfilled' | 'rejected'} state
   * @param {unknown} outcome
   */
  #settle(state, outcome) {
    this.#state = state
    this.#outcome = outcome
    const first = /** @type {Waiter} */ (this.#first)
    const others = this.#others
    this.#first = null
    this.#others = null
    this.#tell(first)
    if (others !== null) for (const waiter of others) this.#tell(waiter)
  }

  /** @param {Waiter} waiter */
  #tell(waiter) {
    if (this.#state === 'fulfilled') waiter.fulfil(this.#outcome)
    else waiter.reject(this.#outcome)
  }
}

/**
 * A constructor whose objects are those it is given: the fields of a class that extends it go onto them.
 *
 * @param {object} object
 */
function Given(object) {
  return object
}

/** Notes a settlement inside a promise, where nobody sees it and it costs less than in a WeakMap. */
class Mark extends /** @type {any} */ (Given) {
  #settlement

  /**
   * @param {object} promise without a mark
   * @param {Settlement} settlement
   */
  constructor(promise, settlement) {
    super(promise)
    this.#settlement = settlement
  }

  /** @param {any} promise @returns {Settlement | null} */
  static of(promise) {
    return #settlement in promise ? promise.#settlement : null
  }
}

module.exports = { Mark, Settlement }
