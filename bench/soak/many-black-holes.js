'use strict'

// Delivery lag of the healthy among ten thousand tenants on one site when a tenth of all is never answered: after
// each tenant had one attempt, and from a cold start.

const path = require('node:path')
const { createLLMObs } = require('../..')
const { drawTable, keyFingerprint } = require('../../testing')
const { openChild } = require('../support/child')
const { oneSpanEach, quantile, tenantsOf } = require('../support/load')

const INTAKE = path.join(__dirname, '..', 'support', 'intake-process.js')

const defaults = { tenants: '10000', bad: '1000', 'period-ms': '20000', rounds: '2', 'late-ms': '10000' }

/** @param {typeof defaults} options */
async function run({ tenants, bad, 'period-ms': periodMs, rounds, 'late-ms': lateMs }) {
  const settings = { periodMs: Number(periodMs), rounds: Number(rounds), lateMs: Number(lateMs) }
  const routes = tenantsOf(Number(tenants))
  // Spread among the others, as bad tenants are.
  const blackHoled = routes.filter((_, index) => index % Math.floor(routes.length / Number(bad)) === 0)
  const rows = [
    await measure('all healthy', routes, [], blackHoled, { ...settings, warmUp: true }),
    await measure(`${blackHoled.length} black holes, warm`, routes, blackHoled, blackHoled, {
      ...settings,
      warmUp: true
    }),
    await measure(`${blackHoled.length} black holes, cold`, routes, blackHoled, blackHoled, {
      ...settings,
      warmUp: false
    })
  ]
  const columns = /** @type {const} */ (['spans', 'delivered', 'p50', 'p99', 'max'])
  console.log(`${tenants} tenants, one span each per ${periodMs} ms`)
  console.log(
    drawTable(
      ['the others', ...columns],
      rows.map(row => [row.name, ...columns.map(one => row[one])])
    )
  )
  const problems = rows
    .filter(row => row.delivered !== row.spans)
    .map(row => `${row.name}: ${row.delivered} of ${row.spans} were delivered`)
  const [healthy, warm, cold] = rows.map(row => row.p99)
  const p99Ratio = { warm: Number((warm / healthy).toFixed(2)), cold: Number((cold / healthy).toFixed(2)) }
  return { figures: { rows, p99Ratio }, problems }
}

/**
 * @param {string} name
 * @param {import('../support/load').Route[]} routes
 * @param {import('../support/load').Route[]} blackHoled
 * @param {import('../support/load').Route[]} leftOut whose lags are not counted, in any of the runs
 * @param {{ periodMs: number, rounds: number, lateMs: number, warmUp: boolean }} settings
 */
async function measure(name, routes, blackHoled, leftOut, { warmUp, lateMs, ...load }) {
  const blackHoledKeys = blackHoled.map(route => route.ddApiKey)
  const intake = openChild(INTAKE, { delayMs: 20, blackHoledKeys, faultShare: 0 })
  const { url } = await intake.next()
  const llmobs = createLLMObs({ mlApp: 'bench', intakeUrl: url, exitTimeoutMs: 0, logger: {} })
  if (warmUp) {
    await oneSpanEach(llmobs, routes, { ...load, rounds: 1 })
    await llmobs.flush({ timeoutMs: lateMs })
    await intake.ask({ ask: 'forget' })
  }
  await oneSpanEach(llmobs, routes, load)
  await llmobs.flush({ timeoutMs: lateMs })
  const { lagsMs } = await intake.ask({ ask: 'report' })
  await llmobs.shutdown({ timeoutMs: 0 })
  await intake.close()
  const notCounted = new Set(leftOut.map(route => keyFingerprint(route.ddApiKey)))
  const lags = Object.entries(lagsMs).flatMap(([key, list]) => (notCounted.has(key) ? [] : list))
  return {
    name,
    spans: (routes.length - leftOut.length) * load.rounds,
    delivered: lags.length,
    p50: Math.round(quantile(lags, 0.5)),
    p99: Math.round(quantile(lags, 0.99)),
    max: Math.round(lags.reduce((max, lag) => Math.max(max, lag), 0))
  }
}

module.exports = { defaults, run }
