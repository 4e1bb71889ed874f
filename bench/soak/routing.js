'use strict'

// Nothing at the wrong key or site, nothing unaccounted for: many tenants on seven sites, several threads, tenants
// that come and go, nested contexts, evaluations, and an intake that treats a part of the requests badly.

const path = require('node:path')
const { Worker } = require('node:worker_threads')
const { llmobs } = require('../..')
const { judge } = require('../oracle/conservation')
const { newIssued } = require('../oracle/load')
const { placeOf } = require('../oracle/plan')
const { openChild } = require('../support/child')

const SETTLE_TIMEOUT_MS = 120_000
const PROGRESS_INTERVAL_MS = 10_000

/** @typedef {import('../oracle/plan').Plan} Plan */

const defaults = {
  seed: '0',
  events: '2000000',
  tenants: '10000',
  workers: '8',
  faults: '0.03'
}

/** @param {typeof defaults} options */
async function run({ seed, events, tenants, workers, faults }) {
  /** @type {Plan} */
  const plan = {
    seed: Number(seed) || Date.now() % 1_000_000_007,
    events: Number(events),
    tenants: Number(tenants),
    workers: Number(workers),
    faultShare: Number(faults),
    poisonEvery: 499,
    revokedEvery: 100
  }
  console.log(`seed ${plan.seed}`)
  const intake = openChild(path.join(__dirname, '..', 'oracle', 'intake-process.js'), plan)
  const { url } = await intake.next()
  const options = { mlApp: 'oracle', intakeUrl: url, requestTimeoutMs: 3000 }
  // Thousands of retries are expected; the figures at the end tell of them.
  llmobs.init({ ...options, logger: {} })
  const routes = Array.from({ length: plan.tenants }, (_, owner) => llmobs.route(placeOf(plan, owner)))
  const issued = newIssued(plan)
  const startMs = performance.now()
  let peakHeld = 0
  const progress = setInterval(() => {
    const { submitted, delivered, held, droppedByReason } = llmobs.stats().total
    peakHeld = Math.max(peakHeld, held)
    console.log(JSON.stringify({ submitted, delivered, held, droppedByReason }))
  }, PROGRESS_INTERVAL_MS)
  /** @type {string[]} */
  const problems = []
  await Promise.all(
    Array.from({ length: plan.workers }, (_, thread) => runWorker({ plan, issued, options, thread }))
  ).catch(error => problems.push(`a worker failed: ${error}`))
  clearInterval(progress)
  const issuedMs = performance.now() - startMs
  await intake.ask({ ask: 'heal' })
  await settle()
  const seen = await intake.ask({ ask: 'report' })
  const stats = llmobs.stats()
  const labels = routes.map(route => String(route.tenant))
  const verdict = judge(plan, issued.owners, stats, seen, labels)
  problems.push(...seen.violations.slice(0, 5), ...verdict.problems.slice(0, 10))
  await llmobs.shutdown({ timeoutMs: 0 })
  const after = llmobs.stats().total
  if (after.held !== 0) problems.push(`${after.held} events are held after shutdown`)
  await intake.close()
  const { problems: _, ...figures } = verdict
  return {
    figures: {
      seed: plan.seed,
      ...figures,
      violations: seen.violations.length,
      peakHeld,
      requests: seen.requests,
      byStatus: seen.byStatus,
      ...stats.total,
      droppedAtShutdown: after.dropped - stats.total.dropped,
      issuedInSeconds: Math.round(issuedMs / 1000),
      settledInSeconds: Math.round((performance.now() - startMs) / 1000)
    },
    problems
  }
}

/** @param {{ plan: Plan, issued: import('../oracle/load').Issued, options: object, thread: number }} workerData */
function runWorker(workerData) {
  const worker = new Worker(path.join(__dirname, '..', 'oracle', 'worker.js'), { workerData })
  return new Promise((resolve, reject) => {
    worker.once('error', reject)
    worker.once('exit', code => (code === 0 ? resolve(code) : reject(new Error(`exit code ${code}`))))
  })
}

/** Flushes until only refused keys hold anything. */
async function settle() {
  const endMs = performance.now() + SETTLE_TIMEOUT_MS
  while (performance.now() < endMs) {
    const waiting = llmobs.stats().tenants.filter(one => one.held > 0 && one.parkedSinceMs === null)
    if (waiting.length === 0) return
    await llmobs.flush({ timeoutMs: 1000 })
  }
}

module.exports = { defaults, run }
