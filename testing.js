'use strict'

const { keyFingerprint } = require('./lib/intake/address')
const { findCrossings } = require('./lib/intake/crossings')
const { drawTable, drawTraces } = require('./lib/intake/draw')
const { startIntake } = require('./lib/intake/server')

/** Findings shown in the message; all of them are in `crossings`. */
const MAX_SHOWN = 10

class CrossingError extends Error {
  /** @param {import('./testing').Crossing[]} crossings */
  constructor(crossings) {
    const shown = crossings.slice(0, MAX_SHOWN).map(({ kind, message }) => `  ${kind}: ${message}`)
    const hidden = crossings.length - shown.length
    if (hidden > 0) shown.push(`  and ${hidden} more`)
    super(`expected that nothing crossed between tenants, found ${crossings.length}:\n${shown.join('\n')}`)
    this.name = 'CrossingError'
    this.code = /** @type {const} */ ('SPANLANE_CROSSED')
    this.crossings = crossings
    this.actual = crossings.map(({ kind, message }) => `${kind}: ${message}`)
    this.expected = /** @type {string[]} */ ([])
  }
}

/**
 * @param {import('./testing').Intake | import('./testing').Intake[]} intake
 * @param {Record<string, import('./testing').TenantPlace>} [tenants]
 * @param {import('./testing').CrossingOptions} [options]
 */
function expectNothingCrossed(intake, tenants, options = {}) {
  const crossings = findCrossings([intake].flat(), tenants, options)
  if (crossings.length === 0) return
  const error = new CrossingError(crossings)
  // The stack should begin in the test, not here.
  Error.captureStackTrace(error, expectNothingCrossed)
  throw error
}

module.exports = { CrossingError, drawTable, drawTraces, expectNothingCrossed, keyFingerprint, startIntake }
