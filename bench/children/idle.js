'use strict'

// Many tenants in one process, each after its one and only span: what a tenant costs that does nothing. Argument: the
// plan as JSON. Needs --expose-gc.

const { setTimeout: delay } = require('node:timers/promises')
const { createLLMObs } = require('../..')
const { inRoute } = require('../support/annotations')

/** @type {{ url: string, tenants: number, watchMs: number }} */
const plan = JSON.parse(process.argv[2])
const FLUSH_EVERY = 5000

/** @param {number} index */
function routeOf(index) {
  return {
    ddApiKey: index.toString(16).padStart(32, 'b'),
    ddSite: 'datadoghq.com',
    tenant: `tenant-${index}`
  }
}

function rssNow() {
  globalThis.gc?.()
  return process.memoryUsage.rss()
}

async function main() {
  const llmobs = createLLMObs({ mlApp: 'bench', intakeUrl: plan.url, exitTimeoutMs: 0, logger: {} })
  const use = (/** @type {number} */ index) =>
    inRoute(llmobs, routeOf(index), () => llmobs.trace({ kind: 'task', name: 'one' }, () => {}))
  // Pools, connections and compiled code first, with tenants of their own.
  for (let index = 0; index < FLUSH_EVERY; index++) use(-1 - index)
  await llmobs.flush({ timeoutMs: 30_000 })
  const before = rssNow()
  let delivered = 0
  for (let index = 0; index < plan.tenants; index++) {
    use(index)
    if ((index + 1) % FLUSH_EVERY === 0) delivered += (await llmobs.flush({ timeoutMs: 30_000 })).delivered
  }
  delivered += (await llmobs.flush({ timeoutMs: 30_000 })).delivered
  const bytesPerTenant = (rssNow() - before) / plan.tenants
  const cpuBefore = process.cpuUsage()
  const startMs = performance.now()
  await delay(plan.watchMs)
  const { user, system } = process.cpuUsage(cpuBefore)
  const idleCpuShare = (user + system) / 1000 / (performance.now() - startMs)
  process.send?.({ tenants: plan.tenants, delivered, bytesPerTenant, idleCpuShare })
  process.once('disconnect', () => process.exit())
}

main()
