'use strict'

// A worker shuts its LLMObs down while the main thread goes on. Run by threads.test.js.

const { Worker, isMainThread, parentPort } = require('node:worker_threads')
const { llmobs } = require('../../..')

if (isMainThread) {
  llmobs.init()
  new Worker(__filename).once('message', text => {
    process.stdout.write(`${text}\n`)
    llmobs.trace({ kind: 'task', name: 'main after' }, () => {})
  })
} else {
  llmobs.trace({ kind: 'task', name: 'worker before' }, () => {})
  llmobs.shutdown().then(async () => {
    llmobs.trace({ kind: 'task', name: 'worker after' }, () => {})
    const code = await llmobs.flush().catch(error => error.code)
    parentPort?.postMessage(`${llmobs.enabled} ${code}`)
  })
}
