'use strict'

// Whole spans: `trace`, `annotate` with its validation, the end and the hand-over, in alternating rounds; what one
// span cost this thread. dd-trace's requests are left out; Spanlane's bodies go to an intake that looks at nothing.
// Argument: the plan as JSON. Needs --expose-gc.

const { createLLMObs } = require('../..')
const { annotations, inRoute, traceAsync, traceSync } = require('../support/annotations')
const { openDdTrace } = require('../support/dd-trace')
const { stubDdTraceRequests } = require('../support/dd-trace-writer')
const { tenantsOf } = require('../support/load')
const { summaryOf } = require('../support/summary')
const { clockOverheadUs, openThreadClock } = require('../support/thread-cpu')
const { turned } = require('../support/turned')

/** Spans in a batch, by size in KB: a second's work, of which dd-trace's buffer takes a thousand events. */
const BATCHES = /** @type {Record<number, number>} */ ({ 1: 500, 10: 100 })
/** How much longer the first round is, which warms up and does not count. */
const WARM_UP = 4

/**
 * @typedef {object} Tracer
 * @property {string} name
 * @property {any} llmobs
 * @property {() => void} end what is measured once for a batch
 * @property {() => Promise<number>} settle spans that came through; not measured
 */

/** @type {{ url: string, sizes: number[], charsets: import('../support/events').Charset[], rounds: number, cpuMs: number, seed: number }} */
const plan = JSON.parse(process.argv[2])
const readCpuUs = openThreadClock()
const overheadUs = clockOverheadUs(readCpuUs)
const [route] = tenantsOf(1)
const collect = /** @type {() => void} */ (globalThis.gc)

/** @returns {Tracer[]} */
function openTracers() {
  const sent = stubDdTraceRequests()
  const ddTrace = openDdTrace()
  const spanlane = createLLMObs({ mlApp: 'bench', intakeUrl: plan.url, exitTimeoutMs: 0, logger: {} })
  return [
    {
      name: 'dd-trace',
      llmobs: ddTrace,
      end: () => ddTrace.flush(),
      settle: async () => sent.take()
    },
    {
      name: 'spanlane',
      llmobs: spanlane,
      end: () => {},
      settle: async () => (await spanlane.flush({ timeoutMs: 10_000 })).delivered
    }
  ]
}

/**
 * @param {Tracer} tracer
 * @param {boolean} isAsync
 * @param {import('../support/annotations').Annotation[]} pool
 */
async function batch({ llmobs, end }, isAsync, pool) {
  const before = readCpuUs()
  await inRoute(llmobs, route, async () => {
    if (isAsync) for (let index = 0; index < pool.length; index++) await traceAsync(llmobs, pool[index])
    else for (let index = 0; index < pool.length; index++) traceSync(llmobs, pool[index])
  })
  end()
  return readCpuUs() - before - overheadUs
}

/**
 * @param {Tracer} tracer
 * @param {boolean} isAsync
 * @param {import('../support/annotations').Annotation[]} pool
 * @param {number} cpuMs
 * @returns {Promise<{ us: number, made: number, arrived: number }>}
 */
async function measure(tracer, isAsync, pool, cpuMs) {
  let [usedUs, made, arrived] = [0, 0, 0]
  do {
    usedUs += await batch(tracer, isAsync, pool)
    made += pool.length
    arrived += await tracer.settle()
  } while (usedUs < cpuMs * 1000)
  return { us: usedUs / made, made, arrived }
}

async function main() {
  const tracers = openTracers()
  /** @type {Record<string, { made: number, arrived: number }>} */
  const counts = Object.fromEntries(tracers.map(({ name }) => [name, { made: 0, arrived: 0 }]))
  const rows = []
  for (const size of plan.sizes) {
    for (const charset of plan.charsets) {
      for (const isAsync of [false, true]) {
        /** @type {number[][]} */
        const costs = tracers.map(() => [])
        for (let round = -1; round < plan.rounds; round++) {
          const count = BATCHES[size]
          const pool = annotations(charset, size * 1000, count, plan.seed + (round + 1) * count)
          for (const [index, tracer] of turned([...tracers.entries()], round + 1)) {
            // Nobody pays for what the one before left behind.
            collect()
            const { us, made, arrived } = await measure(
              tracer,
              isAsync,
              pool,
              round < 0 ? WARM_UP * plan.cpuMs : plan.cpuMs
            )
            counts[tracer.name].made += made
            counts[tracer.name].arrived += arrived
            if (round >= 0) costs[index].push(us)
          }
        }
        const us = Object.fromEntries(tracers.map(({ name }, index) => [name, summaryOf(costs[index])]))
        rows.push({ size, charset, mode: isAsync ? 'async' : 'sync', us })
      }
    }
  }
  process.send?.({ rows, counts })
  process.once('disconnect', () => process.exit())
}

main()
