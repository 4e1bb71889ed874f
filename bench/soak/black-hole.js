'use strict'

// Delivery lag of many tenants on one site, one span each per second: all healthy, then with one more tenant whose
// requests are never answered. dd-trace beside, on the same load.

const { drawTable, keyFingerprint } = require('../../testing')
const { quantile, tenantsOf } = require('../support/load')
const { send, sendersOf, titleOf } = require('../support/sending')

const defaults = { tenants: '100', seconds: '15', 'delay-ms': '5', 'late-ms': '10000', peer: 'yes' }

/** @typedef {{ name: string, spans: number, delivered: number, p50: number, p99: number, max: number }} Row */

/** @param {typeof defaults} options */
async function run({ tenants, seconds, 'delay-ms': delayMs, 'late-ms': lateMs, peer }) {
  const routes = tenantsOf(Number(tenants) + 1)
  const plan = { seconds: Number(seconds), delayMs: Number(delayMs), lateMs: Number(lateMs) }
  /** @type {Row[]} */
  const rows = []
  /** @type {Record<string, number>} */
  const ratios = {}
  for (const sender of sendersOf(peer)) {
    const name = titleOf(sender)
    const healthy = await measure(`${name}, all healthy`, { ...plan, sender, routes, blackHoledKeys: [] })
    const blackHoledKeys = [routes[0].ddApiKey]
    const beside = await measure(`${name}, one black hole`, { ...plan, sender, routes, blackHoledKeys })
    rows.push(healthy, beside)
    ratios[name] = Number((beside.p99 / healthy.p99).toFixed(2))
  }
  const columns = /** @type {const} */ (['spans', 'delivered', 'p50', 'p99', 'max'])
  console.log(`${tenants} + 1 tenants, 1 span each per second, ${seconds} s, answers after ${delayMs} ms`)
  console.log(
    drawTable(
      ['the others', ...columns],
      rows.map(row => [row.name, ...columns.map(one => row[one])])
    )
  )
  const problems = rows
    .filter(row => row.name.startsWith('spanlane') && row.delivered !== row.spans)
    .map(row => `${row.name}: ${row.delivered} of ${row.spans} were delivered`)
  return { figures: { rows, p99Ratio: ratios }, problems }
}

/**
 * @param {string} name
 * @param {{ sender: string, routes: import('../support/load').Route[], seconds: number, delayMs: number, lateMs: number, blackHoledKeys: string[] }} plan
 * @returns {Promise<Row>} of the tenants that are not black-holed
 */
async function measure(name, { sender, routes, seconds, delayMs, lateMs, blackHoledKeys }) {
  const load = { sender, routes, seconds, lateMs, notAwaited: [routes[0].ddApiKey] }
  const { lagsMs } = (await send(load, { delayMs, blackHoledKeys })).report
  // The first tenant is the black hole of the other run: it is left out of both.
  const leftOut = keyFingerprint(routes[0].ddApiKey)
  const lags = Object.entries(lagsMs).flatMap(([key, list]) => (key === leftOut ? [] : list))
  return {
    name,
    spans: (routes.length - 1) * seconds,
    delivered: lags.length,
    p50: Math.round(quantile(lags, 0.5)),
    p99: Math.round(quantile(lags, 0.99)),
    max: Math.round(Math.max(...lags))
  }
}

module.exports = { defaults, run }
