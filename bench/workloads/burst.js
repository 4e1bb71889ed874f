'use strict'

/** (e) Many spans of one tenant in one turn of the event loop: how many arrive, and how long the loop stands. */

const { summaryOf } = require('../support/summary')
const { runRounds } = require('./loaded')

const name = 'burst'
const nodes = /** @type {const} */ ('main')
const PEERS = ['dd-trace', 'worker_threads', 'spanlane']
const DELAY_MS = 50
const WATCH_MS = 1

/** @param {import('./context').Context} context */
async function measure(context) {
  const { spans, lateMs } = context.scale.burst
  const load = { kind: /** @type {const} */ ('burst'), tenants: 1, spans, seed: context.seed }
  const outcomes = await runRounds(context, DELAY_MS, { peers: PEERS, load, watchMs: WATCH_MS, lateMs })
  const rows = PEERS.map(peer => ({
    peer,
    made: spans,
    arrived: summaryOf(outcomes[peer].map(({ intake: report }) => report.distinct)),
    stallMs: summaryOf(outcomes[peer].map(({ all }) => Number(all.stallMs))),
    mainCpuMs: summaryOf(outcomes[peer].map(({ all }) => all.mainCpuMs))
  }))
  return { rows }
}

/**
 * @param {any} result
 * @returns {string[]}
 */
function problems({ rows }) {
  return rows
    .filter((/** @type {any} */ row) => row.peer === 'spanlane' && row.arrived.low !== row.made)
    .map((/** @type {any} */ row) => `${row.arrived.low} of ${row.made} arrived`)
}

module.exports = { name, nodes, measure, problems }
