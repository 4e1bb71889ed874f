'use strict'

/** (f) One span with a prompt of several megabytes: how long the event loop stands. */

const { summaryOf } = require('../support/summary')
const { runRounds } = require('./loaded')

const name = 'big-prompt'
const nodes = /** @type {const} */ ('main')
const PEERS = ['none', 'dd-trace', 'worker_threads', 'spanlane']
const DELAY_MS = 50
const WATCH_MS = 1

/** @param {import('./context').Context} context */
async function measure(context) {
  const { scale, seed } = context
  const { bytes, lateMs } = scale.prompt
  const rows = []
  for (const charset of scale.charsets) {
    const load = { kind: /** @type {const} */ ('prompt'), bytes, charset, seed }
    const outcomes = await runRounds(context, DELAY_MS, { peers: PEERS, load, watchMs: WATCH_MS, lateMs })
    for (const peer of PEERS) {
      rows.push({
        charset,
        peer,
        made: scale.rounds,
        arrived: outcomes[peer].reduce((sum, { intake: report }) => sum + report.distinct, 0),
        stallMs: summaryOf(outcomes[peer].map(({ all }) => Number(all.stallMs))),
        mainCpuMs: summaryOf(outcomes[peer].map(({ all }) => all.mainCpuMs))
      })
    }
  }
  return { bytes, rows }
}

/**
 * @param {any} result
 * @returns {string[]}
 */
function problems({ rows }) {
  return rows
    .filter((/** @type {any} */ row) => row.peer === 'spanlane' && row.arrived !== row.made)
    .map((/** @type {any} */ row) => `${row.charset}: ${row.arrived} of ${row.made} arrived`)
}

module.exports = { name, nodes, measure, problems }
