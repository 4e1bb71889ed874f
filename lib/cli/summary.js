'use strict'

const { counted, drawTable, printable } = require('../intake/draw')

/** @typedef {import('../intake/page/store').Store} Store */

const HEADINGS = ['Tenant', 'Site', 'Key', 'Spans', 'Evaluations', 'Requests', 'Refused', 'Bytes']
const MAX_ROWS = 100
const MAX_FINDINGS_SHOWN = 10
const MAX_LENGTH = 400
/** In front of a finding: what crossed, what somebody should say, what could not be told. */
const SIGNS = { red: 'CROSSED    ', amber: 'expected?  ', grey: 'not checked' }

/**
 * What an intake received, per tenant and lane, whether anything crossed, and what could not be told.
 *
 * @param {import('../../testing').Intake} intake
 * @param {Store} store
 */
function summaryOf(intake, store) {
  const lanes = intake.tenants()
  if (lanes.length === 0) return 'Nothing arrived.'
  const rows = lanes
    .map(one => {
      const { name, nameFrom } = laneNameOf(store, one)
      const shown = nameFrom === 'fingerprint' ? '-' : name
      return [
        shown,
        one.site,
        one.keyFingerprint,
        one.spans,
        one.evaluations,
        one.requests,
        one.refused,
        one.bytes
      ]
    })
    .sort(([left, site], [right, other]) => `${left} ${site}`.localeCompare(`${right} ${other}`))
  const lines = [drawTable(HEADINGS, rows.slice(0, MAX_ROWS))]
  if (lanes.length > MAX_ROWS) lines.push(`and ${lanes.length - MAX_ROWS} more lanes`)
  const { spans, evaluations } = intake.counts
  lines.push(
    '',
    `${counted(spans, 'span')} and ${counted(evaluations, 'evaluation')} on ${counted(lanes.length, 'lane')}.`,
    ...verdictLines(store)
  )
  return lines.join('\n')
}

/** @param {Store} store */
function verdictLines(store) {
  const { findings, seal } = store.judgement
  const shown = findings
    .slice(0, MAX_FINDINGS_SHOWN)
    .map(finding => `  ${SIGNS[finding.level]}  ${printable(finding.message, MAX_LENGTH)}`)
  if (findings.length > shown.length) shown.push(`  and ${findings.length - shown.length} more`)
  const title = printable(seal.title, MAX_LENGTH)
  const detail =
    seal.detail === '' ? '' : `${title.endsWith('?') ? '' : ':'} ${printable(seal.detail, MAX_LENGTH)}`
  const end = title.endsWith('?') && detail === '' ? '' : '.'
  const lines = [`${title}${detail}${end}`, ...shown]
  const question = findings.find(({ kind, level }) => kind === 'owner_moved' && level === 'amber')
  if (question !== undefined) {
    const places = question.lanes.map(lane => `--owner ${printable(question.owners[0])}=${printable(lane)}`)
    lines.push(`If that is right: ${places.join(' ')}`)
  }
  return lines
}

/**
 * Whether data was where it cannot be right, before or after the page was cleared.
 *
 * @param {Store} store
 */
function hasCrossed(store) {
  return store.hadCrossed || store.judgement.seal.state === 'red'
}

/**
 * @param {Store} store
 * @param {{ site: string, keyFingerprint: string | null }} lane
 * @returns {{ name: string, nameFrom: string }} the fingerprint of the key where nobody said more
 */
function laneNameOf(store, { site, keyFingerprint }) {
  const key = keyFingerprint ?? 'no key'
  return store.judgement.names.get(`${key}@${site}`) ?? { name: key, nameFrom: 'fingerprint' }
}

module.exports = { hasCrossed, laneNameOf, summaryOf }
