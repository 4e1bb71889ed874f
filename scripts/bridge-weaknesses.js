'use strict'

// What dd-trace does alone and with the bridge attached, one weakness after another, on this machine only. Every
// cell is a run. `node scripts/bridge-weaknesses.js [start of a row, for example W3 or "W20 exit: SIGTERM"]`.
// Ends with code 1 where a verdict is not the documented one.

const { makeStandIn } = require('../bench/support/dd-trace')
const { drawTable } = require('../testing')
const { resultOf } = require('./bridge/weaknesses/run')

/** @typedef {import('./bridge/weaknesses/run').Case} Case */

/** @type {Case[]} */
const CASES = [
  ...require('./bridge/weaknesses/routing'),
  ...require('./bridge/weaknesses/delivery'),
  ...require('./bridge/weaknesses/limits')
].sort((one, other) => numberOf(one) - numberOf(other))

/** @param {Case} one @returns {number} of the weakness */
function numberOf({ row }) {
  return Number.parseInt(row.slice(1), 10)
}

/**
 * @param {Case} one
 * @param {string} alone
 * @param {string} attached
 */
function verdictOf({ isWeak }, alone, attached) {
  if (isWeak(attached)) return 'remains'
  return isWeak(alone) ? 'cured' : 'does not apply'
}

async function main() {
  const wanted = process.argv[2] ?? ''
  const cases = CASES.filter(({ row }) => row === wanted || row.startsWith(`${wanted} `) || wanted === '')
  const standIn = makeStandIn()
  const rows = []
  try {
    for (const one of cases) {
      console.error(one.row)
      const alone = await resultOf(one, false, standIn)
      const attached = await resultOf(one, true, standIn)
      const verdict = verdictOf(one, alone, attached)
      rows.push([one.row, alone, attached, verdict, one.why])
      if (verdict === (one.expected ?? 'cured')) continue
      console.error(`${one.row}: "${verdict}" is not what docs/bridge.md says`)
      process.exitCode = 1
    }
  } finally {
    standIn.remove()
  }
  const { version } = require('dd-trace/package.json')
  console.log(drawTable(['', `dd-trace ${version} alone`, 'with attach', 'verdict', 'why'], rows))
  if (rows.length === 0) process.exitCode = 1
}

main()
