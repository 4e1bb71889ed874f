'use strict'

/** (d) Many tenants on one site, each with one event a second, and answers after 50 ms. */

const { quantile } = require('../support/load')
const { rounded } = require('../support/summary')
const { runOnce } = require('./loaded')

const name = 'fan-out'
const nodes = /** @type {const} */ ('main')
const PEERS = ['none', 'dd-trace', 'dd-trace, 64 sockets', 'worker_threads', 'spanlane']
const DELAY_MS = 50
const WATCH_MS = 10

/** @param {import('./context').Context} context */
async function measure(context) {
  const { tenants: counts, seconds, lateMs } = context.scale.fanOut
  const rows = []
  for (const tenants of counts) {
    const load = {
      kind: /** @type {const} */ ('steady'),
      tenants,
      perSecond: tenants,
      seconds,
      seed: context.seed
    }
    for (const peer of PEERS) {
      const outcome = await runOnce(context, { delayMs: DELAY_MS }, { peer, load, watchMs: WATCH_MS, lateMs })
      rows.push({ tenants, peer, ...rowOf(outcome) })
    }
  }
  return { seconds, lateMs, delayMs: DELAY_MS, rows }
}

/** @param {import('./loaded').Outcome} outcome */
function rowOf({ load, all, atEnd, intake: { distinct, events, requests, lagsMs } }) {
  return {
    made: load.made,
    atEnd,
    arrived: distinct,
    twice: events - distinct,
    requests,
    lagP50Ms: rounded(quantile(lagsMs, 0.5)),
    lagP99Ms: rounded(quantile(lagsMs, 0.99)),
    mainCpuMs: rounded(load.mainCpuMs),
    mainCpuAllMs: rounded(all.mainCpuMs),
    cpuMs: rounded(load.cpuMs),
    delayP99Ms: rounded(Number(all.delayP99Ms)),
    stallMs: rounded(Number(all.stallMs)),
    rssMib: rounded(Number(all.rssMib))
  }
}

/**
 * What others leave behind is a figure, not a fault.
 *
 * @param {any} result
 * @returns {string[]}
 */
function problems({ rows }) {
  return rows
    .filter((/** @type {any} */ row) => row.peer === 'spanlane' && row.arrived !== row.made)
    .map((/** @type {any} */ row) => `${row.tenants} tenants: ${row.arrived} of ${row.made} arrived`)
}

module.exports = { name, nodes, measure, problems }
