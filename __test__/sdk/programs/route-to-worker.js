'use strict'

// A request of a tenant hands its work to a worker thread. Run by threads.test.js.

const { Worker, isMainThread, parentPort } = require('node:worker_threads')
const { llmobs } = require('../../..')

const ACME = { ddApiKey: 'a'.repeat(32), ddSite: 'datadoghq.eu', mlApp: 'acme app', captureContent: false }

if (isMainThread) {
  const worker = new Worker(__filename)
  llmobs.withRoutingContext(ACME, () =>
    llmobs.trace({ kind: 'workflow', name: 'request' }, async span => {
      const route = llmobs.currentRoute()?.toJSON()
      process.stdout.write(JSON.stringify(route))
      worker.postMessage({ route, parent: llmobs.exportSpan(span) })
      await new Promise(resolve => worker.once('exit', resolve))
    })
  )
} else {
  parentPort?.once('message', ({ route, parent }) => {
    llmobs.withRoutingContext(llmobs.route(route), () =>
      llmobs.trace({ kind: 'task', name: 'in the worker', parent }, () => {})
    )
    llmobs.withRoutingContext({ targets: ['default'] }, () =>
      llmobs.trace({ kind: 'task', name: 'platform work of the worker' }, () => {})
    )
  })
}
