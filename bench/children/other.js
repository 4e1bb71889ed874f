'use strict'

// A process that uses one product. Argument: the plan as JSON. Says { open: true } when it is warm; answers { ask: 'run', load }
// when the load is over, { ask: 'flush' }, { ask: 'end' } with what this process used since the run began, and { ask: 'rss' }.
// With `exitsAfter` it makes so many spans and ends itself.

const { setImmediate: turn, setTimeout: delay } = require('node:timers/promises')
const { openAdapter } = require('../others/adapters/adapters')
const { worksOf } = require('../others/works')
const { Stalls } = require('../support/stalls')
const { openThreadClock } = require('../support/thread-cpu')

/**
 * @typedef {object} Plan
 * @property {string} peer
 * @property {string} url of the sink
 * @property {string} folder of the product's packages
 * @property {number} warmSpans
 * @property {number} tenants 0: it has one destination
 * @property {number} [exitsAfter] spans
 *
 * @typedef {{ kind: 'steady', kilobytes: number, perSecond: number, seconds: number }} Steady
 * @typedef {{ kind: 'burst', kilobytes: number, spans: number }} Burst
 *
 * @typedef {object} Ran
 * @property {number} first number of its spans
 * @property {Float64Array} endsMs when each ended: who cannot keep up has made fewer than were due
 * @property {number} mainCpuMs of this thread while the load ran
 */

const WARM_BATCH = 250
const WARM_REST_MS = 30
const FLUSH_MAX_MS = 5000
/** A driver that lags behind makes no more than what was due in this time before the event loop turns again. */
const CATCH_UP_MS = 40
/** By how much a load may last longer than it should. */
const DRIVER_LATE_MS = 2000
/** Spans that are due come together: what the timers cost is not to be more than what they cost. */
const TURN_MS = 16
const WATCH_MS = 10
/** After a collection come finalizers. */
const SETTLE_MS = 200

/** @type {Plan} */
const plan = JSON.parse(process.argv[2])
const readCpuUs = openThreadClock()
const adapter = openAdapter(plan.peer, plan)
const chats = plan.tenants === 0 ? [adapter.chat] : adapter.tenants(plan.tenants)
/** The number of the next span. */
let next = 0

/** @returns {Promise<unknown>} at most FLUSH_MAX_MS later: not every product's flush has a limit */
function flushed() {
  return Promise.race([adapter.flush(), delay(FLUSH_MAX_MS)])
}

function nowMs() {
  return performance.timeOrigin + performance.now()
}

/** @param {Steady | Burst} load */
function prepared(load) {
  const count = load.kind === 'burst' ? load.spans : Math.round(load.perSecond * load.seconds)
  const first = next
  next += count
  const works = worksOf(load.kilobytes, first, count)
  const endsMs = new Float64Array(count)
  const make = (/** @type {number} */ index) => {
    chats[(first + index) % chats.length](works[index])
    endsMs[index] = nowMs()
  }
  return {
    first,
    endsMs,
    work: () => (load.kind === 'burst' ? atOnce(count, make) : evenly(load, count, make))
  }
}

/** @param {number} count @param {(index: number) => void} make @returns {Promise<number>} spans that were made */
async function atOnce(count, make) {
  for (let index = 0; index < count; index += 1) make(index)
  return count
}

/**
 * @param {Steady} load
 * @param {number} count
 * @param {(index: number) => void} make
 * @returns {Promise<number>} spans that were made
 */
async function evenly({ perSecond, seconds }, count, make) {
  const startMs = performance.now()
  let made = 0
  while (made < count && performance.now() - startMs < 1000 * seconds + DRIVER_LATE_MS) {
    const due = Math.min(count, Math.floor(((performance.now() - startMs) * perSecond) / 1000) + 1)
    const end = Math.min(due, made + Math.ceil((CATCH_UP_MS * perSecond) / 1000))
    for (; made < end; made += 1) make(made)
    const restMs = startMs + (made * 1000) / perSecond - performance.now()
    if (restMs <= 0) await turn()
    else await delay(Math.max(TURN_MS, restMs))
  }
  return made
}

async function warmUp() {
  for (let warmed = 0; warmed < plan.warmSpans; warmed += WARM_BATCH) {
    const spans = Math.min(WARM_BATCH, plan.warmSpans - warmed)
    await prepared({ kind: 'burst', kilobytes: 1, spans }).work()
    await flushed()
    await delay(WARM_REST_MS)
  }
}

/** @returns {Promise<number>} MiB after everything was collected */
async function rssMib() {
  for (let round = 0; round < 3; round += 1) {
    globalThis.gc?.()
    await delay(SETTLE_MS)
  }
  return process.memoryUsage.rss() / 2 ** 20
}

function listen() {
  let before = { cpuUs: 0, process: process.cpuUsage(), rss: 0 }
  /** @type {Stalls | undefined} */
  let stalls
  const usage = () => {
    const { user, system } = process.cpuUsage(before.process)
    const seen = stalls?.read(before.rss)
    return { mainCpuMs: (readCpuUs() - before.cpuUs) / 1000, cpuMs: (user + system) / 1000, ...seen }
  }
  const answers = /** @type {Record<string, (question: any) => Promise<unknown>>} */ ({
    async run({ load }) {
      const { first, endsMs, work } = prepared(load)
      stalls?.close()
      before = { cpuUs: readCpuUs(), process: process.cpuUsage(), rss: process.memoryUsage.rss() }
      if (load.kind === 'steady') stalls = new Stalls(WATCH_MS)
      const made = await work()
      return { first, endsMs: endsMs.slice(0, made), ...usage() }
    },
    async flush() {
      await flushed()
      return {}
    },
    async end() {
      return usage()
    },
    async rss() {
      return { rssMib: await rssMib() }
    }
  })
  process.on('message', async (/** @type {{ ask: string }} */ question) => {
    process.send?.(await answers[question.ask](question))
  })
  process.once('disconnect', () => process.exit())
}

async function main() {
  if (plan.exitsAfter !== undefined) {
    await prepared({ kind: 'burst', kilobytes: 1, spans: plan.exitsAfter }).work()
    process.exit(0)
  }
  await warmUp()
  listen()
  process.send?.({ open: true })
}

main()
