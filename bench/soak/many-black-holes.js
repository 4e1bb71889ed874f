'use strict'

// Delivery lag of the healthy among ten thousand tenants on one site when a tenth of all is never answered: after
// each tenant had one attempt, and from a cold start.

const path = require('node:path')
const { setTimeout: delay } = require('node:timers/promises')
const { createLLMObs } = require('../..')
const { drawTable, keyFingerprint } = require('../../testing')
const { openChild } = require('../support/child')
const { oneSpanEach, quantile, tenantsOf } = require('../support/load')

const INTAKE = path.join(__dirname, '..', 'support', 'intake-process.js')

/** The end of the wait for a tenant's first attempt, and for what is late. */
const WAIT_MAX_MS = 30_000

const defaults = {
  tenants: '10000',
  bad: '1000',
  'period-ms': '20000',
  rounds: '2',
  'request-timeout-ms': '5000'
}

/** @param {typeof defaults} options */
async function run({ tenants, bad, 'period-ms': periodMs, rounds, 'request-timeout-ms': timeoutMs }) {
  const settings = {
    periodMs: Number(periodMs),
    rounds: Number(rounds),
    requestTimeoutMs: Number(timeoutMs)
  }
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
 * @param {{ periodMs: number, rounds: number, requestTimeoutMs: number, warmUp: boolean }} settings
 */
async function measure(name, routes, blackHoled, leftOut, { warmUp, requestTimeoutMs, ...load }) {
  const blackHoledKeys = blackHoled.map(route => route.ddApiKey)
  const intake = openChild(INTAKE, { delayMs: 20, blackHoledKeys, faultShare: 0 })
  const { url } = await intake.next()
  const llmobs = createLLMObs({
    mlApp: 'bench',
    intakeUrl: url,
    exitTimeoutMs: 0,
    logger: {},
    requestTimeoutMs
  })
  const bad = new Set(blackHoled)
  const healthy = routes.filter(route => !bad.has(route))
  if (warmUp) {
    await oneSpanEach(llmobs, routes, { ...load, rounds: 1 })
    await everybodyTried(llmobs)
    await settled(llmobs, healthy)
    await intake.ask({ ask: 'forget' })
  }
  await oneSpanEach(llmobs, routes, load)
  await settled(llmobs, healthy)
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

/**
 * @param {import('../..').LLMObs} llmobs
 * @param {import('../support/load').Route[]} routes
 */
function settled(llmobs, routes) {
  return Promise.all(routes.map(route => llmobs.flush({ route, timeoutMs: WAIT_MAX_MS })))
}

/** @param {import('../..').LLMObs} llmobs */
async function everybodyTried(llmobs) {
  const endMs = performance.now() + WAIT_MAX_MS
  while (performance.now() < endMs) {
    if (llmobs.stats().tenants.every(one => one.lastSuccessMs !== null || one.lastError !== null)) return
    await delay(500)
  }
  throw new Error('not every tenant had an attempt')
}

module.exports = { defaults, run }
