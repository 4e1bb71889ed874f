'use strict'

/** (c) What one event costs the JavaScript thread when each is its tenant's only one, delivery over TLS included. */

const { summaryOf } = require('../support/summary')
const { runRounds } = require('./loaded')

const name = 'delivery'
const nodes = /** @type {const} */ ('main')
const PEERS = ['dd-trace', 'dd-trace, 64 sockets', 'worker_threads', 'spanlane', 'spanlane, routes kept']
const DELAY_MS = 0

/** @param {import('./context').Context} context */
async function measure(context) {
  const { scale, seed } = context
  const { tenants, lateMs } = scale.delivery
  const load = { kind: /** @type {const} */ ('burst'), tenants, spans: tenants, seed }
  const outcomes = await runRounds(context, DELAY_MS, { peers: PEERS, load, watchMs: 0, lateMs })
  const rows = PEERS.map(peer => {
    const rounds = outcomes[peer]
    const sum = (/** @type {'distinct' | 'requests'} */ what) =>
      rounds.reduce((total, { intake: report }) => total + report[what], 0)
    return {
      peer,
      us: summaryOf(rounds.map(({ all }) => (1000 * all.mainCpuMs) / tenants)),
      arrived: sum('distinct'),
      requests: sum('requests')
    }
  })
  return { tenants, made: tenants * scale.rounds, rows }
}

/**
 * @param {any} result
 * @returns {string[]}
 */
function problems({ made, rows }) {
  return rows
    .filter((/** @type {any} */ row) => row.peer.startsWith('spanlane') && row.arrived !== made)
    .map((/** @type {any} */ row) => `${row.peer}: ${row.arrived} of ${made} arrived`)
}

module.exports = { name, nodes, measure, problems }
