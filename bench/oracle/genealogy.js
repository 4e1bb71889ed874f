'use strict'

// What each span of a run should have inherited, beside what arrived: the rule of descent said a second time, in the
// plainest way, so that it can judge the first.

const { keyFingerprint } = require('../../testing')

const ROOT = -1
const ROOT_PARENT_ID = 'undefined'

/**
 * Where work is done, as the run knows it whatever Node's own context is at that moment.
 *
 * @typedef {{ owners: readonly number[], parent: number | null }} Place whose context it is, and the active span
 *
 * @typedef {{ owners: readonly number[], parents: number[] }} Expected for each owner the parent's number, or ROOT
 * @typedef {Pick<import('./arrivals-process').Arrival, 'spanId' | 'parentId' | 'traceId'>} Arrived
 */

/** The spans of a run by their numbers, which are their names. */
class Genealogy {
  /** @type {Expected[]} */
  #expected = []
  /** By owner, then by number. @type {Map<number, Arrived>[]} */
  #arrived
  /** @type {Map<string, number>} */
  #ownerOf
  #duplicates = 0
  #strangers = 0

  /** @param {{ ddApiKey: string, ddSite: string }[]} destinations by owner */
  constructor(destinations) {
    this.#arrived = destinations.map(() => new Map())
    this.#ownerOf = new Map(
      destinations.map(({ ddApiKey, ddSite }, owner) => [`${ddSite} ${keyFingerprint(ddApiKey)}`, owner])
    )
  }

  /** @returns {number} spans that were issued */
  get issued() {
    return this.#expected.length
  }

  /**
   * @param {Place} place
   * @returns {number} the number of a span that starts there
   */
  issue({ owners, parent }) {
    const above = parent === null ? [] : this.#expected[parent].owners
    const parents = owners.map(owner => (parent !== null && above.includes(owner) ? parent : ROOT))
    return this.#expected.push({ owners, parents }) - 1
  }

  /**
   * @param {number} number of a span
   * @returns {readonly number[]}
   */
  ownersOf(number) {
    return this.#expected[number].owners
  }

  /** @param {import('./arrivals-process').Arrival} arrival */
  arrive({ place, name, spanId, parentId, traceId }) {
    const owner = this.#ownerOf.get(place)
    const number = Number(name)
    if (owner === undefined || !this.#expected[number]?.owners.includes(owner)) this.#strangers += 1
    else if (this.#arrived[owner].has(number)) this.#duplicates += 1
    else this.#arrived[owner].set(number, { spanId, parentId, traceId })
  }

  /** @returns {{ copies: number, wrongTenant: number, missing: number, duplicates: number, wrongParent: number, wrongTrace: number }} */
  judge() {
    const verdict = { copies: 0, missing: 0, wrongParent: 0, wrongTrace: 0 }
    /** @type {Map<unknown, number>} */
    const ownerOfTrace = new Map()
    for (const [number, { owners, parents }] of this.#expected.entries()) {
      for (const [index, owner] of owners.entries()) {
        verdict.copies += 1
        const span = this.#arrived[owner].get(number)
        if (span === undefined) {
          verdict.missing += 1
          continue
        }
        const parent = parents[index] === ROOT ? null : (this.#arrived[owner].get(parents[index]) ?? null)
        if (span.parentId !== (parent === null ? ROOT_PARENT_ID : parent.spanId)) verdict.wrongParent += 1
        // A trace is one tenant's, and in one piece.
        if (!ownerOfTrace.has(span.traceId)) ownerOfTrace.set(span.traceId, owner)
        const isOwn = ownerOfTrace.get(span.traceId) === owner
        if (!isOwn || (parent !== null && parent.traceId !== span.traceId)) verdict.wrongTrace += 1
      }
    }
    return { ...verdict, wrongTenant: this.#strangers, duplicates: this.#duplicates }
  }
}

module.exports = { Genealogy }
