'use strict'

const { Counted } = require('./counted')

/** @typedef {import('../..').TenantStats} TenantStats */
/** @typedef {import('../..').Stats} Stats */
/** @typedef {Pick<TenantStats, 'tenant' | 'site' | 'lastSuccessMs' | 'parkedSinceMs'>} Row */
/** @typedef {{ row: Row, counted: Counted }} Open */
/** @typedef {{ said: Counted, closed: Counted }} Place what was last said of a tenant, and what of it its closed keys had */

/**
 * Which tenants have series of their own. The others are one sum. Keys of one tenant and site are one series.
 *
 * A tenant keeps its place until it closes. No counter ever falls, whoever comes and goes: what a tenant had counted in
 * the sum stays in the sum when it gets a place, and what a place had counted does not come into the sum when its
 * tenant closes, or one of its keys. One that fell would be read as a restart, and its whole height as new events.
 */
class Places {
  /** Of those that have one. @type {Map<string, Place>} */
  #taken = new Map()
  /** Those that were in the sum the last time. */
  #summed = new Set()
  /** What the sum says beside what its tenants have now. */
  #kept = new Counted()
  /** The sum as it was last said. */
  #said = new Counted()

  /**
   * @param {Stats} stats
   * @param {number} tenantsMax
   * @returns {{ listed: Open[], rest: Counted }} in the order in which they got their places
   */
  assign(stats, tenantsMax) {
    const open = openTenants(stats.tenants)
    this.#release(open, tenantsMax)
    for (const [name, { counted }] of open) {
      if (this.#taken.size >= tenantsMax) break
      if (this.#taken.has(name)) continue
      if (this.#summed.has(name)) this.#kept.add(counters(counted), 1)
      this.#taken.set(name, { said: new Counted(), closed: new Counted() })
    }
    const listed = [...this.#taken].map(([name, place]) =>
      this.#own(place, /** @type {Open} */ (open.get(name)))
    )
    const rest = new Counted(stats.closed).add(this.#kept, 1)
    this.#summed.clear()
    for (const [name, { counted }] of open) {
      if (this.#taken.has(name)) continue
      this.#summed.add(name)
      rest.add(counted, 1)
    }
    // The rows are counted a moment after what closed tenants had: one that closes in between is in neither.
    rest.raise(counters(this.#said))
    this.#said = rest
    return { listed, rest }
  }

  /**
   * What its keys have counted that are open, and those that were. By how much the open ones fall short of what was
   * said is what was closed meanwhile, but for what came in the same time: that is in the sum.
   *
   * @param {Place} place
   * @param {Open} one
   * @returns {Open}
   */
  #own(place, { row, counted }) {
    const closed = place.said.above(counted.add(place.closed, 1))
    place.closed.add(closed, 1)
    this.#kept.add(closed, -1)
    place.said = counters(counted.add(closed, 1))
    return { row, counted }
  }

  /**
   * Those that closed give their places back, and the newest of too many do.
   *
   * @param {Map<string, unknown>} open
   * @param {number} tenantsMax
   */
  #release(open, tenantsMax) {
    for (const [name, place] of this.#taken) if (!open.has(name)) this.#free(name, place)
    const tooMany = [...this.#taken].slice(tenantsMax)
    for (const [name, place] of tooMany) this.#free(name, place)
  }

  /**
   * @param {string} name
   * @param {Place} place
   */
  #free(name, { said, closed }) {
    this.#kept.add(said, -1).add(closed, 1)
    this.#taken.delete(name)
  }
}

/**
 * @param {TenantStats[]} rows one for each key
 * @returns {Map<string, Open>} by tenant and site
 */
function openTenants(rows) {
  /** @type {Map<string, Open>} */
  const open = new Map()
  for (const row of rows) {
    const name = `${row.tenant}\n${row.site}`
    const known = open.get(name)
    const counted = new Counted(row)
    open.set(
      name,
      known === undefined
        ? { row, counted }
        : { row: joined(known.row, row), counted: known.counted.add(counted, 1) }
    )
  }
  return open
}

/**
 * @param {Row} one
 * @param {Row} other of another key
 * @returns {Row} the last success of any, and since when one is refused
 */
function joined(one, other) {
  const [first, second] = [one.parkedSinceMs, other.parkedSinceMs]
  const successMs = Math.max(one.lastSuccessMs ?? 0, other.lastSuccessMs ?? 0)
  return {
    tenant: one.tenant,
    site: one.site,
    lastSuccessMs: successMs === 0 ? null : successMs,
    parkedSinceMs: first === null || second === null ? (first ?? second) : Math.min(first, second)
  }
}

/**
 * @param {Counted} counted
 * @returns {Counted} without what may fall at any time
 */
function counters(counted) {
  const only = counted.copy()
  only.numbers.delete('held')
  return only
}

module.exports = { Places }
