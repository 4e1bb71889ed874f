'use strict'

// Records one span of a tenant, then ends as its argument says. Run by exit.test.js.

const { Worker, isMainThread, parentPort, workerData } = require('node:worker_threads')
const { llmobs } = require('../../..')

const KEY = 'a'.repeat(32)

const ENDINGS = {
  natural() {},
  'process.exit'() {
    process.exit(3)
  },
  'exit in a promise'() {
    Promise.resolve().then(() => process.exit(3))
  },
  'uncaught exception'() {
    setImmediate(() => {
      throw new Error('uncaught')
    })
  },
  'unhandled rejection'() {
    Promise.reject(new Error('unhandled'))
  },
  signal() {
    process.stdout.write('ready\n')
    setInterval(() => {}, 1000)
  },
  'signal with another listener'() {
    process.on('SIGTERM', () => {
      process.stdout.write('cleaned up\n')
      process.exit(7)
    })
    process.stdout.write('ready\n')
    setInterval(() => {}, 1000)
  },
  'flush and exit'() {
    llmobs.flush().then(report => {
      process.stdout.write(`${JSON.stringify(report)}\n`)
      process.exit(0)
    })
  },
  'async processor'() {}
}

const WORKER_ENDINGS = {
  'worker natural'() {},
  'worker process.exit'() {
    process.exit(0)
  },
  'worker terminated'() {
    setInterval(() => {}, 1000)
  }
}

function record(processor) {
  llmobs.withRoutingContext({ ddApiKey: KEY, ddSite: 'datadoghq.eu', tenant: 'acme', processor }, () =>
    llmobs.trace({ kind: 'task', name: 'last words' }, () => {})
  )
}

if (isMainThread) {
  const ending = process.argv[2]
  if (Object.hasOwn(WORKER_ENDINGS, ending)) {
    // The main thread only loads the package: a worker's events must not depend on its using it.
    const worker = new Worker(__filename, { workerData: ending })
    worker.once('message', () => {
      if (ending === 'worker terminated') worker.terminate()
    })
    llmobs.init({ drainOnSignals: [] })
  } else {
    if (process.argv[3] !== undefined) llmobs.init(JSON.parse(process.argv[3]))
    if (ending === 'async processor') record(async span => span)
    else record()
    ENDINGS[ending]()
  }
} else {
  record()
  parentPort?.postMessage('recorded')
  WORKER_ENDINGS[workerData]()
}
