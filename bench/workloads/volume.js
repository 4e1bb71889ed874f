'use strict'

/** More events than any application should make: what is lost, and what the whole process costs. */

const { rounded } = require('../support/summary')
const { runOnce } = require('./loaded')

const name = 'volume'
const nodes = /** @type {const} */ ('main')
const PEERS = ['none', 'dd-trace', 'worker_threads', 'spanlane', 'spanlane, routes kept']
const BEHAVIOUR = { delayMs: 50, isForgetful: true }

/** @param {import('./context').Context} context */
async function measure(context) {
  const { tenants, perSecond, seconds, lateMs } = context.scale.volume
  const load = { kind: /** @type {const} */ ('steady'), tenants, perSecond, seconds, seed: context.seed }
  const rows = []
  for (const peer of PEERS) {
    const run = { peer, load, watchMs: 10, lateMs }
    const { load: used, all, intake: report } = await runOnce(context, BEHAVIOUR, run)
    rows.push({
      peer,
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
    .map((/** @type {any} */ row) => `${row.peer}: ${row.arrived} of ${row.made} arrived`)
}

module.exports = { name, nodes, measure, problems }
