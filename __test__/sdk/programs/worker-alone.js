'use strict'

// A worker uses the package, the main thread never loads it. Run by exit.test.js.

const { Worker, isMainThread, workerData } = require('node:worker_threads')

if (isMainThread) {
  new Worker(__filename, { workerData: process.argv[2] })
} else {
  const { llmobs } = require('../../..')
  llmobs.withRoutingContext({ ddApiKey: 'a'.repeat(32), ddSite: 'datadoghq.eu' }, () =>
    llmobs.trace({ kind: 'task', name: 'last words' }, () => {})
  )
  if (workerData === 'process.exit') process.exit(0)
}
