'use strict'

/** More events than any application should make: what is lost, and what the whole process costs. */

const { rounded } = require('../support/summary')
const { runOnce } = require('./loaded')

const name = 'volume'
const nodes = /** @type {const} */ ('main')
const OWN = ['none', 'spanlane', 'spanlane, routes kept']
const PEERS = ['none', 'dd-trace', 'worker_threads', 'spanlane', 'spanlane, routes kept']
const BEHAVIOUR = { delayMs: 50, isForgetful: true }

/** @param {import('./context').Context} context */
async function measure(context) {
  const { tenants, perSecond, seconds, lateMs } = context.scale.volume
  const [few, many] = tenants
  const runs = [...PEERS.map(peer => ({ peer, tenants: few })), ...OWN.map(peer => ({ peer, tenants: many }))]
  const rows = []
  for (const { peer, tenants } of runs) {
    const load = { kind: /** @type {const} */ ('steady'), tenants, perSecond, seconds, seed: context.seed }
    const run = { peer, load, watchMs: 10, lateMs }
    const { load: used, all, intake: report } = await runOnce(context, BEHAVIOUR, run)
    rows.push({
      peer,
      tenants,
      made: used.made,
      arrived: report.events,
      requests: report.requests,
      mainCores: rounded(used.mainCpuMs / used.wallMs),
      cores: rounded(used.cpuMs / used.wallMs),
      stallMs: rounded(Number(all.stallMs)),
      rssMib: rounded(Number(all.rssMib))
    })
  }
  return { tenants, perSecond, seconds, rows }
}

/**
 * @param {any} result
 * @returns {string[]}
 */
function problems({ rows }) {
  return rows
    .filter((/** @type {any} */ row) => row.peer.startsWith('spanlane') && row.arrived !== row.made)
    .map(
      (/** @type {any} */ row) => `${row.peer}, ${row.tenants} tenants: ${row.arrived} of ${row.made} arrived`
    )
}

module.exports = { name, nodes, measure, problems }
