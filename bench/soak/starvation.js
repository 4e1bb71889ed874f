'use strict'

// Half of the tenants fail, in one way after the other, and submit more than memory can hold; the other half must not
// lose one span by it. Beside each: how long their spans took, against a run in which nobody fails.

const path = require('node:path')
const { setTimeout: delay } = require('node:timers/promises')
const { createLLMObs } = require('../..')
const { drawTable, keyFingerprint } = require('../../testing')
const { unbalanced } = require('../oracle/conservation')
const { openChild } = require('../support/child')
const { quantile, tenantsOf } = require('../support/load')
const { POISON } = require('../support/poison')

const INTAKE = path.join(__dirname, '..', 'support', 'intake-process.js')
const MIB = 1024 * 1024
const TEXT = 'p'.repeat(20_000)
/** Of each tenant and second. */
const SPANS = 5
const SETTLE_MAX_MS = 10_000

const defaults = {
  tenants: '40',
  seconds: '10',
  'limit-mib': '8',
  ways: '403,429,503,hang,reset,slow-body,poison'
}

/** @typedef {import('../support/load').Route} Route */

/** @param {typeof defaults} options */
async function run({ tenants, seconds, 'limit-mib': limitMib, ways }) {
  const routes = tenantsOf(Number(tenants))
  const plan = { routes, seconds: Number(seconds), limitBytes: Number(limitMib) * MIB }
  const rows = [await measure({ ...plan, way: 'none' })]
  for (const way of ways.split(',')) rows.push(await measure({ ...plan, way }))
  const [{ p99: healthyP99 }] = rows
  const columns = /** @type {const} */ (['spans', 'delivered', 'p50', 'p99', 'max', 'failing', 'evicted'])
  console.log(`${tenants} tenants, ${SPANS} spans of 20 KB a second each, ${seconds} s, ${limitMib} MiB`)
  console.log(
    drawTable(
      ['half of them fail by', ...columns, 'p99 ratio'],
      rows.map(row => [row.way, ...columns.map(one => row[one]), (row.p99 / healthyP99).toFixed(2)])
    )
  )
  const problems = rows.flatMap(({ way, spans, delivered, wrong }) =>
    spans === delivered && wrong === '' ? [] : [`${way}: ${delivered} of ${spans} were delivered ${wrong}`]
  )
  return { figures: { rows }, problems }
}

/**
 * @param {{ routes: Route[], seconds: number, limitBytes: number, way: string }} plan
 */
async function measure({ routes, seconds, limitBytes, way }) {
  const failing = routes.filter((_, index) => index % 2 === 0)
  const healthy = routes.filter((_, index) => index % 2 === 1)
  const intake = openChild(INTAKE, {
    ...{ delayMs: 20, faultShare: 0, blackHoledKeys: [] },
    failing: { keys: failing.map(route => route.ddApiKey), way }
  })
  const { url } = await intake.next()
  const llmobs = createLLMObs({
    ...{ mlApp: 'bench', intakeUrl: url, exitTimeoutMs: 0, logger: {} },
    maxBufferedBytes: limitBytes,
    maxBufferedBytesPerTenant: Math.floor(limitBytes / 4),
    requestTimeoutMs: 2000
  })
  const startMs = performance.now()
  for (let made = 0; made < routes.length * SPANS * seconds; made += 1) {
    const dueMs = startMs + (made * 1000) / (routes.length * SPANS)
    if (dueMs > performance.now()) await delay(dueMs - performance.now())
    makeSpan(llmobs, routes[made % routes.length], made)
  }
  await Promise.all(healthy.map(route => llmobs.flush({ route, timeoutMs: SETTLE_MAX_MS })))
  const { lagsMs } = await intake.ask({ ask: 'report' })
  const { total, tenants } = llmobs.stats()
  await llmobs.shutdown({ timeoutMs: 0 })
  await intake.close()
  const counted = new Set(healthy.map(route => keyFingerprint(route.ddApiKey)))
  const lags = Object.entries(lagsMs).flatMap(([key, list]) => (counted.has(key) ? list : []))
  return {
    way,
    spans: healthy.length * SPANS * seconds,
    delivered: lags.length,
    p50: Math.round(quantile(lags, 0.5)),
    p99: Math.round(quantile(lags, 0.99)),
    max: Math.round(Math.max(...lags)),
    failing: tenants.filter(({ lastError }) => lastError !== null).length,
    evicted: total.droppedByReason.evicted ?? 0,
    wrong: [total, ...tenants].some(counts => unbalanced(counts) !== 0) ? 'and counters do not add up' : ''
  }
}

/**
 * @param {import('../..').LLMObs} llmobs
 * @param {Route} route
 * @param {number} made
 */
function makeSpan(llmobs, route, made) {
  // Of each tenant every second span, where names matter.
  const name = made % (SPANS * 2) < SPANS ? POISON : 'chat'
  llmobs.withRoutingContext(route, () =>
    llmobs.trace({ kind: 'llm', name }, span => llmobs.annotate(span, { inputData: TEXT }))
  )
}

module.exports = { defaults, run }
