'use strict'

// One span each second for each tenant. `head-of-line.js <tenants> <seconds>`, with SPANLANE_BRIDGE=1 for the bridge.

const { setTimeout: wait } = require('node:timers/promises')
/** @type {any} */
const tracer = require('dd-trace')

const [tenants, seconds] = process.argv.slice(2).map(Number)

tracer.init({ startupLogs: false, plugins: false, llmobs: { mlApp: 'assistant', agentlessEnabled: true } })
if (process.env.SPANLANE_BRIDGE === '1') require('../../dd-trace').attach(tracer, { logger: {} })

async function main() {
  for (let second = 0; second < seconds; second++) {
    const startMs = performance.now()
    for (let tenant = 0; tenant < tenants; tenant++) {
      const ddApiKey = String(tenant).padStart(32, '0')
      tracer.llmobs.routingContext({ ddApiKey, ddSite: 'datadoghq.eu' }, () =>
        tracer.llmobs.trace({ kind: 'task', name: 'one' }, () => {})
      )
    }
    await wait(1000 - (performance.now() - startMs))
  }
  // What is not delivered two seconds after the end is late.
  await wait(2000)
  process.kill(process.pid, 'SIGKILL')
}

main()
