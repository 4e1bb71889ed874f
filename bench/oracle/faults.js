'use strict'

const { Random } = require('./random')

/**
 * @typedef {import('../../testing').Action} Action
 * @typedef {import('./plan').Plan} Plan
 */

/** What an intake, a load balancer or a network can do to a request. One is drawn for each request that is hit. */
const FAULTS = Object.freeze(
  /** @type {Action[]} */ ([
    { status: 408 },
    { status: 425 },
    { status: 429, headers: { 'retry-after': '1' } },
    { status: 429, headers: { 'x-ratelimit-reset': '1' } },
    { status: 429 },
    { status: 500 },
    { status: 502 },
    { status: 503, headers: { 'retry-after': '0' } },
    { status: 504 },
    { reset: 'before-body' },
    { reset: 'after-body' },
    // The intake took the data and the sender cannot know.
    { reset: 'after-body', accept: true },
    { reset: 'mid-response', accept: true },
    { stall: true },
    { stall: true, accept: true },
    { delayMs: 300 },
    { hostile: 'not-http' }
  ])
)

/** Chooses faults in the order the seed says. Which request meets which depends on the order of arrival. */
class Faults {
  #random
  #share

  /** @param {Plan} plan */
  constructor({ seed, faultShare }) {
    this.#random = new Random(seed ^ 0x5eed)
    this.#share = faultShare
  }

  /** @returns {Action | null} */
  next() {
    if (!this.#random.chance(this.#share)) return null
    const fault = this.#random.pick(FAULTS)
    if (fault.status !== 503) return fault
    // One header in its other form: a date, here a second away.
    return { status: 503, headers: { 'retry-after': new Date(Date.now() + 1000).toUTCString() } }
  }
}

module.exports = { Faults }
