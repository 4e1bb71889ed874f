'use strict'

const { Counted } = require('./counted')

/** @typedef {import('../..').TenantStats} TenantStats */
/** @typedef {import('../..').Stats} Stats */

/**
 * Which tenants have series of their own. The others are one sum.
 *
 * A tenant keeps its place until it closes. No counter ever falls, whoever comes and goes: what a tenant had counted in
 * the sum stays in the sum when it gets a place, and what a place had counted does not come into the sum when its
 * tenant closes. One that fell would be read as a restart, and its whole height as new events.
 */
class Places {
  /** What was last said of those that have one. @type {Map<string, Counted>} */
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
   * @returns {{ listed: { row: TenantStats, counted: Counted }[], rest: Counted }}
   */
  assign(stats, tenantsMax) {
    const open = new Map(
      stats.tenants.map(row => [`${row.tenant}\n${row.site}`, { row, counted: new Counted(row) }])
    )
    this.#release(open, tenantsMax)
    for (const [name, { counted }] of open) {
      if (this.#taken.size >= tenantsMax) break
      if (this.#taken.has(name)) continue
      if (this.#summed.has(name)) this.#kept.add(counters(counted), 1)
      this.#taken.set(name, counted)
    }
    const rest = new Counted(stats.closed).add(this.#kept, 1)
    const listed = []
    this.#summed.clear()
    for (const [name, one] of open) {
      if (this.#taken.has(name)) {
        this.#taken.set(name, one.counted)
        listed.push(one)
      } else {
        this.#summed.add(name)
        rest.add(one.counted, 1)
      }
    }
    // The rows are counted a moment after what closed tenants had: one that closes in between is in neither.
    rest.raise(counters(this.#said))
    this.#said = rest
    return { listed, rest }
  }

  /**
   * Those that closed give their places back, and the newest of too many do.
   *
   * @param {Map<string, unknown>} open
   * @param {number} tenantsMax
   */
  #release(open, tenantsMax) {
    for (const [name, last] of this.#taken) if (!open.has(name)) this.#free(name, last)
    const tooMany = [...this.#taken].slice(tenantsMax)
    for (const [name, last] of tooMany) this.#free(name, last)
  }

  /**
   * @param {string} name
   * @param {Counted} last what its own series said
   */
  #free(name, last) {
    this.#kept.add(counters(last), -1)
    this.#taken.delete(name)
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
