'use strict'

// Makes spans of many tenants and ends at once, in the way it is told. Argument: the plan as JSON.

const { Worker, isMainThread, parentPort, workerData } = require('node:worker_threads')
const { SITES } = require('../oracle/plan')
const { WAYS, keyOf } = require('./ways')

/** @typedef {{ sender: 'spanlane' | 'dd-trace', way: string, url: string, spans: number, tenants: number, bad: number }} Plan */

/** @type {Plan} */
const plan = workerData ?? JSON.parse(process.argv[2])
const way = WAYS[plan.way]

/** @returns {any} */
function openSender() {
  if (plan.sender === 'dd-trace') return require('../support/dd-trace').openDdTrace()
  const { llmobs } = require('../..')
  return llmobs.init({
    mlApp: 'exits',
    intakeUrl: plan.url,
    logger: {},
    // Enough for a machine that is busy with other things; with tenants that are never answered it is used up.
    exitTimeoutMs: plan.bad > 0 ? 4000 : 15_000,
    drainOnSignals: way.drainOnSignals ?? []
  })
}

/** @param {any} llmobs */
function makeSpans(llmobs) {
  for (let made = 0; made < plan.spans; made += 1) {
    const tenant = made % plan.tenants
    const route = { ddApiKey: keyOf(tenant), ddSite: SITES[tenant % SITES.length] }
    llmobs.routingContext(route, () => llmobs.trace({ kind: 'task', name: `span-${made}` }, () => {}))
  }
}

function startWorker() {
  if (way.worker === 'with-main') openSender()
  const worker = new Worker(__filename, { workerData: plan })
  // The worker's failure is its own: the process goes on.
  worker.on('error', () => {})
  worker.on('message', () => way.terminated && worker.terminate())
}

if (isMainThread && way.worker !== undefined) {
  startWorker()
} else {
  const llmobs = openSender()
  makeSpans(llmobs)
  // It must still be running when it is terminated.
  if (way.terminated) setInterval(() => {}, 1000)
  parentPort?.postMessage('made')
  way.end?.()
}
