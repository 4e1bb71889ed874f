'use strict'

// A thread that makes spans, flushes and evaluates without a pause, until it is terminated or ends itself.

const { setImmediate: turn } = require('node:timers/promises')
const { workerData } = require('node:worker_threads')
const { llmobs } = require('../..')

const { options, finished, how, lifeMs } = workerData

llmobs.init({ ...options, logger: {} })
const routes = Array.from({ length: 5 }, (_, index) => ({
  ddApiKey: String(index).repeat(32),
  ddSite: 'datadoghq.com',
  tenant: `tenant-${index}`
}))

async function main() {
  const endMs = performance.now() + lifeMs
  for (let made = 0; ; made += 1) {
    const route = routes[made % routes.length]
    llmobs.withRoutingContext(route, () => llmobs.trace({ kind: 'task', name: 'busy' }, () => {}))
    Atomics.add(finished, 0, 1)
    if (made % 50 === 49) void llmobs.flush({ timeoutMs: 1000 })
    if (made % 10 === 9) await turn()
    if (how === 'terminate' || performance.now() < endMs) continue
    if (how === 'exit') process.exit(0)
    throw new Error('the end of this worker')
  }
}

main()
