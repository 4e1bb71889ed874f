'use strict'

const { isPoison, isRevoked, placeOf } = require('./plan')

/**
 * @typedef {import('./plan').Plan} Plan
 * @typedef {import('./ledger').Entries} Entries
 * @typedef {ReturnType<import('../..').LLMObs['stats']>} Stats
 * @typedef {Stats['total']} Counts
 */

/**
 * @param {Counts} counts
 * @returns {number} 0 when every event is in exactly one place
 */
function unbalanced({ submitted, delivered, rejected, dropped, held }) {
  return submitted - delivered - rejected - dropped - held
}

/**
 * Compares what was issued, what the sender says became of it, and what the intake saw.
 *
 * @param {Plan} plan
 * @param {Uint16Array} issuedOwners whose each event is
 * @param {Stats} stats the sender's, with every tenant's route still held, so that no lane has closed
 * @param {Entries} seen
 * @param {string[]} labels of the tenants, by owner
 */
function judge(plan, issuedOwners, stats, seen, labels) {
  const issued = new Uint32Array(plan.tenants)
  const arrived = new Uint32Array(plan.tenants)
  const poison = new Uint32Array(plan.tenants)
  const result = {
    issued: plan.events,
    arrived: 0,
    atWrongOwner: 0,
    repeated: 0,
    misplaced: seen.misplaced,
    unknown: seen.unknown,
    unaccounted: Math.abs(plan.events - stats.total.submitted) + Math.abs(unbalanced(stats.total)),
    /** @type {string[]} */
    problems: []
  }
  for (let id = 0; id < plan.events; id += 1) {
    const owner = issuedOwners[id]
    issued[owner] += 1
    if (isPoison(plan, id)) poison[owner] += 1
    if (seen.arrivals[id] === 0) continue
    arrived[owner] += 1
    result.arrived += 1
    result.repeated += seen.arrivals[id] - 1
    if (seen.owners[id] !== owner) result.atWrongOwner += 1
  }
  const byTenant = new Map(stats.tenants.map(one => [`${one.site} ${one.tenant}`, one]))
  for (let owner = 0; owner < plan.tenants; owner += 1) {
    const counts = byTenant.get(`${placeOf(plan, owner).ddSite} ${labels[owner]}`)
    const expected = {
      issued: issued[owner],
      arrived: arrived[owner],
      poison: poison[owner],
      revoked: isRevoked(plan, owner)
    }
    const problem = problemOf(counts, expected)
    if (problem !== null) {
      result.unaccounted += 1
      result.problems.push(`tenant ${owner}: ${problem}: ${JSON.stringify({ ...counts, ...expected })}`)
    }
  }
  if (result.repeated > stats.total.maybeDuplicate) {
    result.problems.push(`${result.repeated} repeated, but maybeDuplicate is ${stats.total.maybeDuplicate}`)
  }
  for (const name of /** @type {const} */ (['atWrongOwner', 'misplaced', 'unknown', 'unaccounted'])) {
    if (result[name] > 0) result.problems.unshift(`${name}: ${result[name]}`)
  }
  return result
}

/**
 * @param {Counts | undefined} counts
 * @param {{ issued: number, arrived: number, poison: number, revoked: boolean }} expected
 * @returns {string | null}
 */
function problemOf(counts, { issued, arrived, poison, revoked }) {
  if (counts === undefined) return issued === 0 ? null : 'not in stats()'
  if (counts.submitted !== issued) return 'submitted is not what was issued'
  if (unbalanced(counts) !== 0) return 'the counters do not add up'
  // A key that is refused from the start delivers nothing and loses nothing.
  if (revoked) {
    const kept = counts.held + counts.dropped === issued && arrived === 0
    return kept ? null : 'a refused key must hold its events'
  }
  // A refused event may have been dropped before it was refused, a dropped one may have arrived unnoticed.
  const { dropped, delivered, rejected } = counts
  if (rejected > poison || rejected < poison - dropped) return 'rejected is not what was poisoned'
  if (delivered > arrived || delivered < arrived - dropped) return 'delivered is not what arrived'
  return null
}

module.exports = { judge, unbalanced }
