'use strict'

// Half of the tenants fail, in one way after the other, and submit more than memory can hold; the other half must not
// lose one span by it. Beside each: how long their spans took, against a run in which nobody fails.

const { drawTable, keyFingerprint } = require('../../testing')
const { unbalanced } = require('../oracle/conservation')
const { LARGE_A_SECOND, quantile, tenantsOf } = require('../support/load')
const { send, sendersOf, titleOf } = require('../support/sending')

const MIB = 1024 * 1024
const SETTLE_MAX_MS = 10_000

const defaults = {
  tenants: '40',
  seconds: '10',
  'limit-mib': '8',
  ways: '403,429,503,hang,reset,slow-body,poison',
  peer: 'yes'
}

/** @typedef {import('../support/load').Route} Route */

/** @param {typeof defaults} options */
async function run({ tenants, seconds, 'limit-mib': limitMib, ways, peer }) {
  const routes = tenantsOf(Number(tenants))
  const plan = { routes, seconds: Number(seconds), limitBytes: Number(limitMib) * MIB }
  /** @type {Row[]} */
  const rows = []
  for (const sender of sendersOf(peer)) {
    for (const way of ['none', ...ways.split(',')]) rows.push(await measure({ ...plan, sender, way }))
  }
  const columns = /** @type {const} */ (['spans', 'delivered', 'p50', 'p99', 'max', 'failing', 'evicted'])
  console.log(
    `${tenants} tenants, ${LARGE_A_SECOND} spans of 20 KB a second each, ${seconds} s, ${limitMib} MiB`
  )
  console.log(
    drawTable(
      ['sender', 'half of them fail by', ...columns, 'p99 ratio'],
      rows.map(row => [titleOf(row.sender), row.way, ...columns.map(one => row[one]), ratioOf(row, rows)])
    )
  )
  const problems = rows
    .filter(
      ({ sender, spans, delivered, wrong }) => sender === 'spanlane' && (spans !== delivered || wrong !== '')
    )
    .map(({ way, spans, delivered, wrong }) => `${way}: ${delivered} of ${spans} were delivered ${wrong}`)
  return { figures: { rows }, problems }
}

/** @typedef {Awaited<ReturnType<typeof measure>>} Row */

/**
 * @param {Row} row
 * @param {Row[]} rows
 */
function ratioOf({ sender, p99 }, rows) {
  const healthy = rows.find(row => row.sender === sender && row.way === 'none')
  return (p99 / (healthy?.p99 ?? Number.NaN)).toFixed(2)
}

/**
 * @param {{ routes: Route[], seconds: number, limitBytes: number, sender: string, way: string }} plan
 */
async function measure({ routes, seconds, limitBytes, sender, way }) {
  const failing = routes.filter((_, index) => index % 2 === 0).map(route => route.ddApiKey)
  const healthy = routes.filter((_, index) => index % 2 === 1)
  const options = {
    maxBufferedBytes: limitBytes,
    maxBufferedBytesPerTenant: Math.floor(limitBytes / 4),
    requestTimeoutMs: 2000
  }
  const load = {
    ...{ sender, routes, seconds, options, load: 'large spans' },
    ...{ notAwaited: failing, lateMs: SETTLE_MAX_MS }
  }
  const { said, report } = await send(load, { delayMs: 20, failing: { keys: failing, way } })
  const counted = new Set(healthy.map(route => keyFingerprint(route.ddApiKey)))
  const lags = Object.entries(report.lagsMs).flatMap(([key, list]) => (counted.has(key) ? list : []))
  return {
    ...{ sender, way },
    spans: healthy.length * LARGE_A_SECOND * seconds,
    delivered: lags.length,
    p50: Math.round(quantile(lags, 0.5)),
    p99: Math.round(quantile(lags, 0.99)),
    max: Math.round(Math.max(...lags)),
    ...countsOf(said.stats)
  }
}

/** @param {import('../..').Stats | null} stats of Spanlane only */
function countsOf(stats) {
  if (stats === null) return { failing: '-', evicted: '-', wrong: '' }
  const { total, tenants } = stats
  return {
    failing: tenants.filter(({ lastError }) => lastError !== null).length,
    evicted: total.droppedByReason.evicted ?? 0,
    wrong: [total, ...tenants].some(counts => unbalanced(counts) !== 0) ? 'and counters do not add up' : ''
  }
}

module.exports = { defaults, run }
