'use strict'

const { compileMatch } = require('./script')

/**
 * @typedef {import('../../testing').Action} Action
 * @typedef {import('../../testing').Gate} Gate
 * @typedef {import('../../testing').Match} Match
 * @typedef {import('../../testing').RequestRecord} RequestRecord
 * @typedef {import('../../testing').WaitOptions} WaitOptions
 * @typedef {import('../../testing').WireEvent} WireEvent
 * @typedef {{ request: RequestRecord, go: (action: Action | null) => void }} Parked
 */

/** All gates of one intake. The youngest matching gate holds a request. */
class Gates {
  /** @type {HeldGate[]} */
  #open = []
  #waiters

  /** @param {import('./waiters').Waiters} waiters */
  constructor(waiters) {
    this.#waiters = waiters
  }

  /**
   * @param {Match} [match]
   * @returns {Gate}
   */
  hold(match) {
    const gate = new HeldGate(match, this.#waiters, () => {
      this.#open = this.#open.filter(one => one !== gate)
    })
    this.#open.unshift(gate)
    return gate
  }

  /**
   * Waits while a gate holds the request.
   *
   * @param {RequestRecord} request
   * @param {readonly WireEvent[]} events
   * @param {AbortSignal} gone the client gave up
   * @returns {Promise<Action | null>} what the gate says to do, if anything
   */
  async pass(request, events, gone) {
    const gate = this.#open.find(one => one.matches(request, events))
    return gate === undefined ? null : gate.park(request, gone)
  }

  releaseAll() {
    for (const gate of [...this.#open]) gate.release()
  }
}

/** @implements {Gate} */
class HeldGate {
  /** @type {Parked[]} */
  #parked = []
  #test
  #waiters
  #forget

  /**
   * @param {Match | undefined} match
   * @param {import('./waiters').Waiters} waiters
   * @param {() => void} forget
   */
  constructor(match, waiters, forget) {
    this.#test = compileMatch(match)
    this.#waiters = waiters
    this.#forget = forget
  }

  get requests() {
    return this.#parked.map(({ request }) => request)
  }

  /**
   * @param {number} [count]
   * @param {WaitOptions} [options]
   */
  async parked(count = 1, options) {
    const what = `${count} held requests`
    await this.#waiters.wait(
      () => this.#parked.length >= count,
      what,
      options,
      () => `held ${this.#parked.length}`
    )
    return this.requests
  }

  /**
   * @param {number} [count]
   * @param {Action} [action]
   */
  step(count = 1, action) {
    for (const { go } of this.#parked.splice(0, count)) go(action ?? null)
  }

  /** @param {Action} [action] */
  release(action) {
    this.#forget()
    this.step(this.#parked.length, action)
  }

  /**
   * @param {RequestRecord} request
   * @param {readonly WireEvent[]} events
   */
  matches(request, events) {
    return this.#test(request, events) === true
  }

  /**
   * @param {RequestRecord} request
   * @param {AbortSignal} gone
   * @returns {Promise<Action | null>}
   */
  park(request, gone) {
    return new Promise(resolve => {
      const parked = { request, go: resolve }
      const leave = () => {
        this.#parked = this.#parked.filter(one => one !== parked)
        resolve(null)
      }
      gone.addEventListener('abort', leave, { once: true })
      this.#parked.push(parked)
      this.#waiters.poke()
    })
  }
}

module.exports = { Gates }
