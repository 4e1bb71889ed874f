'use strict'

const { drawTable } = require('../intake/draw')

const HEADINGS = ['Site', 'Tenant', 'Spans', 'Evaluations', 'Requests', 'Refused', 'Bytes']
const MAX_ROWS = 100
const MAX_VIOLATIONS_SHOWN = 10

/**
 * What an intake received, per site and tenant, and whether owners met.
 *
 * @param {import('../../testing').Intake} intake
 */
function summaryOf(intake) {
  const tenants = intake.tenants()
  if (tenants.length === 0) return 'Nothing arrived.'
  const ordered = tenants.sort((left, right) => left.site.localeCompare(right.site))
  const rows = ordered
    .slice(0, MAX_ROWS)
    .map(one => [
      one.site,
      one.keyFingerprint,
      one.spans,
      one.evaluations,
      one.requests,
      one.refused,
      one.bytes
    ])
  const lines = [drawTable(HEADINGS, rows)]
  if (tenants.length > MAX_ROWS) lines.push(`and ${tenants.length - MAX_ROWS} more tenants`)
  const { spans, evaluations, violations } = intake.counts
  lines.push('', `${spans} spans and ${evaluations} evaluations from ${tenants.length} tenants.`)
  if (violations === 0) lines.push('No body held the data of two owners.')
  else lines.push(`${violations} times data was where it must not be:`)
  for (const { message } of intake.violations.slice(0, MAX_VIOLATIONS_SHOWN)) lines.push(`  ${message}`)
  return lines.join('\n')
}

module.exports = { summaryOf }
