'use strict'

// Delivery lag with many tenants on one site, one span each per second, an intake that answers after 50 ms:
// first all healthy, then with one tenant whose requests are never answered.
// --tenants 100 --seconds 10 --delay-ms 50

const { parseArgs } = require('node:util')
const { createLLMObs } = require('..')
const { drawTable, keyFingerprint } = require('../testing')
const { openIntake } = require('./support/intake')
const { oneSpanASecond, quantile, tenantsOf } = require('./support/load')

const { values } = parseArgs({
  options: {
    tenants: { type: 'string', default: '100' },
    seconds: { type: 'string', default: '10' },
    'delay-ms': { type: 'string', default: '50' }
  }
})
const routes = tenantsOf(Number(values.tenants))
const delayMs = Number(values['delay-ms'])

/**
 * @param {string} name
 * @param {string[]} blackHoledKeys
 */
async function measure(name, blackHoledKeys) {
  const intake = await openIntake({ delayMs, blackHoledKeys })
  const llmobs = createLLMObs({ mlApp: 'fan-out', intakeUrl: intake.url, exitTimeoutMs: 0, logger: {} })
  const cpuBefore = process.cpuUsage()
  const made = await oneSpanASecond(llmobs, routes, Number(values.seconds))
  const { user, system } = process.cpuUsage(cpuBefore)
  const ofHealthy = made * (1 - blackHoledKeys.length / routes.length)
  const atEnd = await intake.report()
  await llmobs.flush({ timeoutMs: 3000 })
  const report = await intake.report()
  const blackHoled = new Set(blackHoledKeys.map(keyFingerprint))
  const lags = Object.entries(report.lagsMs).flatMap(([key, list]) => (blackHoled.has(key) ? [] : list))
  await llmobs.shutdown({ timeoutMs: 0 })
  await intake.close()
  return [
    name,
    ofHealthy,
    `${((100 * atEnd.spans) / ofHealthy).toFixed(1)} %`,
    `${((100 * lags.length) / ofHealthy).toFixed(1)} %`,
    quantile(lags, 0.5).toFixed(0),
    quantile(lags, 0.99).toFixed(0),
    Math.max(...lags).toFixed(0),
    report.requests,
    ((user + system) / 1000).toFixed(0)
  ]
}

async function main() {
  const rows = [
    await measure('all healthy', []),
    await measure('one black-holed, the others', [routes[0].ddApiKey])
  ]
  console.log(
    `${routes.length} tenants, 1 span each per second, ${values.seconds} s, answers after ${delayMs} ms`
  )
  const headings = ['run', 'spans', 'at end', '+3 s', 'p50 ms', 'p99 ms', 'max ms', 'requests', 'CPU ms']
  console.log(drawTable(headings, rows))
}

main()
