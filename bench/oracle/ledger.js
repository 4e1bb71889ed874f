'use strict'

const { keyFingerprint } = require('../../testing')
const { placeOf } = require('./plan')

/**
 * @typedef {import('./plan').Plan} Plan
 * @typedef {import('../../testing').RequestRecord} RequestRecord
 * @typedef {import('../../testing').WireEvent} WireEvent
 *
 * @typedef {object} Entries what an intake saw, small enough for millions of events
 * @property {Uint8Array} arrivals how often each event was accepted, by its number
 * @property {Uint16Array} owners who each event said it belongs to
 * @property {number} misplaced events at another key or site than their owner's, or in a body of several owners
 * @property {number} unknown events without a number or an owner
 */

const OWNER_TAG = 'owner:'
const ID_TAG = 'id:'

/** What the intake saw: for each event, whose it was and how often it came. Judges places at once. */
class Ledger {
  /** @type {Entries} */
  entries
  /** @type {string[]} by owner */
  #places

  /** @param {Plan} plan */
  constructor(plan) {
    this.entries = {
      arrivals: new Uint8Array(plan.events),
      owners: new Uint16Array(plan.events),
      misplaced: 0,
      unknown: 0
    }
    this.#places = Array.from({ length: plan.tenants }, (_, owner) => {
      const { ddApiKey, ddSite } = placeOf(plan, owner)
      return `${ddSite} ${keyFingerprint(ddApiKey)}`
    })
  }

  /**
   * Looks at every body, whatever is answered: a key that reached the wrong place was there even if it was refused.
   *
   * @param {RequestRecord} request
   * @param {readonly WireEvent[]} events
   */
  inspect(request, events) {
    const place = `${request.site} ${request.keyFingerprint}`
    let first = -1
    for (const event of events) {
      const owner = numberOf(event, OWNER_TAG)
      if (first === -1) first = owner
      if (this.#places[owner] !== place || owner !== first) this.entries.misplaced += 1
    }
  }

  /** @param {readonly WireEvent[]} events */
  accept(events) {
    const { arrivals, owners } = this.entries
    for (const event of events) {
      const id = numberOf(event, ID_TAG)
      const owner = numberOf(event, OWNER_TAG)
      if (!(id >= 0 && id < arrivals.length) || this.#places[owner] === undefined) {
        this.entries.unknown += 1
        continue
      }
      if (arrivals[id] < 255) arrivals[id] += 1
      owners[id] = owner
    }
  }
}

/**
 * @param {WireEvent} event
 * @param {string} prefix
 * @returns {number} NaN when there is none
 */
function numberOf({ tags }, prefix) {
  const tag = Array.isArray(tags) ? tags.find(one => typeof one === 'string' && one.startsWith(prefix)) : null
  return tag ? Number(tag.slice(prefix.length)) : Number.NaN
}

module.exports = { ID_TAG, Ledger, numberOf }
