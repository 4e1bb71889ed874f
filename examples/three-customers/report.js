'use strict'

const { drawTable, drawTraces, keyFingerprint } = require('spanlane/testing')

/**
 * @typedef {import('spanlane/testing').Intake} Intake
 * @typedef {import('./customers').Tenant} Tenant
 */

const isColourful = Boolean(process.stdout.isTTY) && process.env.NO_COLOR === undefined

/** @param {string} text */
const bold = text => (isColourful ? `\u001b[1m${text}\u001b[0m` : text)

/**
 * What one intake received: who, how much, each trace as a tree, each evaluation.
 *
 * @param {string} site
 * @param {Intake} intake
 * @param {Tenant[]} tenants
 */
function drawIntake(site, intake, tenants) {
  const nameOf = (/** @type {string} */ fingerprint) =>
    tenants.find(({ key }) => keyFingerprint(key) === fingerprint)?.name ?? '(unknown)'
  const rows = intake
    .tenants()
    .map(one => [one.site, nameOf(one.keyFingerprint), one.keyFingerprint, one.spans, one.evaluations])
  const parts = [
    bold(`=== Intake of ${site} ===`),
    drawTable(['Site', 'Tenant', 'Key (SHA-256)', 'Spans', 'Evaluations'], rows),
    '',
    drawTraces(intake.spans())
  ]
  for (const { label, score_value: value, reasoning, join_on: joined } of intake.evaluations()) {
    parts.push(
      `evaluation  ${label} = ${value}  of span ${joined.span.span_id}`,
      `            "${reasoning}"`
    )
  }
  return `${parts.join('\n')}\n`
}

module.exports = { bold, drawIntake }
