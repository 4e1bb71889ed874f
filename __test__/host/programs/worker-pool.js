'use strict'

// A pool of two workers does the jobs of two tenants, and is terminated in the end. Run by processes.test.js.
// Argument: whether Spanlane is there.

const { Worker, isMainThread, parentPort, workerData } = require('node:worker_threads')
const { createLLMObs, llmobs } = require('../../..')

const JOBS = 40
const TENANTS = [
  { ddApiKey: 'a'.repeat(32), ddSite: 'datadoghq.eu', tenant: 'acme' },
  { ddApiKey: 'b'.repeat(32), ddSite: 'us5.datadoghq.com', tenant: 'globex' }
]

/** @param {string} mode */
function open(mode) {
  return mode === 'with' ? llmobs : createLLMObs({ enabled: false })
}

/** A job finds its tenant by a reference: no key crosses. */
function work() {
  const spanlane = open(workerData)
  parentPort?.on('message', async ({ id, route, parent, number }) => {
    const result = await spanlane.withRoutingContext(spanlane.route(route), () =>
      spanlane.trace({ kind: 'task', name: `job ${number}`, parent }, async () => {
        await new Promise(resolve => setTimeout(resolve, number % 3))
        return spanlane.trace({ kind: 'tool', name: `step of ${number}` }, () => number * number)
      })
    )
    parentPort?.postMessage({ id, result })
  })
}

class Pool {
  #workers = [1, 2].map(() => new Worker(__filename, { workerData: process.argv[2] }))
  /** @type {Map<number, (result: number) => void>} */
  #waiting = new Map()
  #next = 0

  constructor() {
    for (const worker of this.#workers) {
      worker.on('message', ({ id, result }) => this.#waiting.get(id)?.(result))
    }
  }

  /** @param {object} job @returns {Promise<number>} */
  run(job) {
    const id = this.#next++
    this.#workers[id % 2].postMessage({ id, ...job })
    return new Promise(resolve => this.#waiting.set(id, resolve))
  }

  close() {
    return Promise.all(this.#workers.map(worker => worker.terminate()))
  }
}

async function main() {
  const spanlane = open(process.argv[2])
  const pool = new Pool()
  const jobs = Array.from({ length: JOBS }, (_, number) =>
    spanlane.withRoutingContext(TENANTS[number % 2], () =>
      spanlane.trace({ kind: 'workflow', name: `request ${number}` }, span =>
        pool.run({
          number,
          route: spanlane.currentRoute()?.toJSON() ?? {},
          parent: spanlane.exportSpan(span)
        })
      )
    )
  )
  const results = await Promise.all(jobs)
  await pool.close()
  process.stdout.write(`${results.reduce((sum, result) => sum + result, 0)}\n`)
  process.exit(0)
}

if (isMainThread) main()
else work()
