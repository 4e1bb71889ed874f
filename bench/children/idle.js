'use strict'

// A process after many events for many tenants, or for few: what it holds and what it does when all is over. Argument:
// the plan as JSON. Needs --expose-gc.

const { setTimeout: delay } = require('node:timers/promises')
const { createLLMObs } = require('../..')

/** @type {{ url: string, events: number, tenants: number, keepsRoutes: boolean, restMs: number, watchMs: number }} */
const plan = JSON.parse(process.argv[2])
const FLUSH_EVERY = 5000

/** After a collection come finalizers, and the allocators give pages back a moment after they were freed. */
const SETTLE_ROUNDS = 6
const SETTLE_MS = 250
/** Node 20 collects by itself before it gives its empty pages back: that takes seconds, and is waited for. */
const SETTLE_ROUNDS_MAX = 40
const SPARE_BYTES_MAX = 8 * 1024 * 1024

/** @param {number} index */
function routeOf(index) {
  return {
    ddApiKey: index.toString(16).padStart(32, 'b'),
    ddSite: 'datadoghq.com',
    tenant: `tenant-${index}`
  }
}

/**
 * Collects everything. A last resort also gives back the empty pages that V8 keeps for what comes next; Node 20, which
 * keeps none, takes it for a small collection.
 */
async function settle() {
  for (let round = 0; round < SETTLE_ROUNDS || (hasSparePages() && round < SETTLE_ROUNDS_MAX); round++) {
    globalThis.gc?.()
    globalThis.gc?.({ type: 'major', execution: 'sync', flavor: 'last-resort' })
    await delay(SETTLE_MS)
  }
}

/** @returns {boolean} whether the heap is much larger than what is in it */
function hasSparePages() {
  const { heapTotal, heapUsed } = process.memoryUsage()
  return heapTotal - heapUsed > SPARE_BYTES_MAX
}

async function main() {
  const llmobs = createLLMObs({ mlApp: 'bench', intakeUrl: plan.url, exitTimeoutMs: 0, logger: {} })
  /** @type {unknown[]} */
  const kept = []
  let delivered = 0
  for (let index = 0; index < plan.events; index++) {
    const tenant = index % plan.tenants
    const route = llmobs.route(routeOf(tenant))
    if (plan.keepsRoutes && index < plan.tenants) kept.push(route)
    llmobs.routingContext(route, () => llmobs.trace({ kind: 'task', name: 'one' }, () => {}))
    if ((index + 1) % FLUSH_EVERY === 0) delivered += (await llmobs.flush({ timeoutMs: 30_000 })).delivered
  }
  delivered += (await llmobs.flush({ timeoutMs: 30_000 })).delivered
  await settle()
  await delay(plan.restMs)
  const cpuBefore = process.cpuUsage()
  const startMs = performance.now()
  await delay(plan.watchMs)
  const { user, system } = process.cpuUsage(cpuBefore)
  const cpuShare = (user + system) / 1000 / (performance.now() - startMs)
  const { rss, heapUsed } = process.memoryUsage()
  // Now, because so many rows are garbage that the watch would see collected.
  const open = llmobs.stats().tenants.filter(({ tenant }) => tenant !== 'default').length
  process.send?.({ delivered, open, kept: kept.length, rss, heapUsed, cpuShare })
  process.once('disconnect', () => process.exit())
}

main()
