'use strict'

// One peer under one load. Argument: the plan as JSON. Says { warmed } spans when it is warm; answers { ask: 'run' } when the load is over,
// and { ask: 'end' }, which comes when everything has arrived, with what this process used since the run began.

const { setTimeout: delay } = require('node:timers/promises')
const { prepare } = require('../loads/loads')
const { PEERS } = require('../peers/peers')
const { Stalls } = require('../support/stalls')
const { openThreadClock } = require('../support/thread-cpu')

/**
 * @typedef {{ peer: string, url: string, load: import('../loads/loads').Load, watchMs: number, warmSpans: number }} Plan
 *   watchMs: how closely the event loop is watched, which costs the thread 1 to 2 % at 1 ms; 0: not at all
 *
 * @typedef {object} Usage since the load began
 * @property {number} made spans
 * @property {number} mainCpuMs of the JavaScript thread
 * @property {number} cpuMs of all threads
 * @property {number} wallMs
 * @property {number} [rssMib] at most, above what it was before the load
 * @property {number} [stallMs] the longest time in which a timer of `watchMs` did not come
 * @property {number} [delayP99Ms] of the event loop
 */

/** Spans between two flushes while it warms up: dd-trace's buffer takes a thousand. */
const WARM_BATCH = 250
const WARM_REST_MS = 10

/** @type {Plan} */
const plan = JSON.parse(process.argv[2])
const readCpuUs = openThreadClock()

/**
 * What was compiled once is measured, not the compiler. These spans are delivered and counted like others.
 *
 * @param {any} llmobs
 */
async function warmUp(llmobs) {
  for (let warmed = 0; warmed < plan.warmSpans; warmed += WARM_BATCH) {
    await prepare({ kind: 'burst', tenants: 1, spans: WARM_BATCH, seed: warmed })(llmobs)
    await llmobs.flush()
    await delay(WARM_REST_MS)
  }
  return Math.ceil(plan.warmSpans / WARM_BATCH) * WARM_BATCH
}

async function main() {
  const llmobs = PEERS[plan.peer](plan.url)
  const run = prepare(plan.load)
  const warmed = await warmUp(llmobs)
  /** @type {Stalls | undefined} */
  let stalls
  let made = 0
  let before = { cpuUs: 0, process: process.cpuUsage(), wallMs: 0, rss: 0 }
  const usage = () => {
    const { user, system } = process.cpuUsage(before.process)
    return {
      made,
      mainCpuMs: (readCpuUs() - before.cpuUs) / 1000,
      cpuMs: (user + system) / 1000,
      wallMs: performance.now() - before.wallMs,
      ...stalls?.read(before.rss)
    }
  }
  process.on('message', async (/** @type {{ ask: string }} */ { ask }) => {
    if (ask === 'run') {
      const { rss } = process.memoryUsage()
      before = { cpuUs: readCpuUs(), process: process.cpuUsage(), wallMs: performance.now(), rss }
      stalls?.close()
      if (plan.watchMs > 0) stalls = new Stalls(plan.watchMs)
      made = await run(llmobs)
    }
    process.send?.(usage())
  })
  process.once('disconnect', () => process.exit())
  process.send?.({ warmed })
}

main()
