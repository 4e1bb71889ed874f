'use strict'

// Hands events over in every way there is, in alternating rounds, and says what one event cost this thread. Argument:
// the plan as JSON. Each round has new events and another order; between batches they get new ids. Needs --expose-gc.

const { Pool } = require('../writers/pool')
const { openVariants } = require('../writers/variants')
const { summaryOf } = require('../support/summary')
const { clockOverheadUs, openThreadClock } = require('../support/thread-cpu')
const { turned } = require('../support/turned')

/** @typedef {import('../writers/variants').Variant} Variant */

/** @type {{ url: string, sizes: number[], charsets: import('../support/events').Charset[], rounds: number, cpuMs: number, seed: number }} */
const plan = JSON.parse(process.argv[2])
const readCpuUs = openThreadClock()
const overheadUs = clockOverheadUs(readCpuUs)

/** What each variant took and what came through. @type {Record<string, { made: number, arrived: number }>} */
const counts = {}

const collect = /** @type {() => void} */ (globalThis.gc)

/**
 * @param {Variant} variant
 * @param {Pool} pool
 * @returns {Promise<number>} microseconds per event
 */
async function measure(variant, pool) {
  const limitUs = plan.cpuMs * 1000
  counts[variant.name] ??= { made: 0, arrived: 0 }
  const count = counts[variant.name]
  let usedUs = 0
  let events = 0
  do {
    pool.renew()
    const before = readCpuUs()
    for (let index = 0; index < pool.batch; index++) variant.run(pool, (events + index) % pool.spans.length)
    variant.end?.()
    usedUs += readCpuUs() - before - overheadUs
    events += pool.batch
    // What the other threads do with a batch must not stand in the way of the next.
    await variant.settle?.()
    count.arrived += variant.arrived?.() ?? 0
  } while (usedUs < limitUs)
  count.made += events
  return usedUs / events
}

async function main() {
  const { spanlane, variants } = openVariants(plan.url)
  const rows = []
  for (const size of plan.sizes) {
    for (const charset of plan.charsets) {
      /** @type {number[][]} */
      const costs = variants.map(() => [])
      for (let round = -1; round < plan.rounds; round++) {
        const pool = new Pool(spanlane.route, charset, size, plan.seed + round + 1)
        for (const [index, variant] of turned([...variants.entries()], round + 1)) {
          // Nobody pays for what the one before left behind.
          collect()
          const us = await measure(variant, pool)
          // The first round warms up.
          if (round >= 0) costs[index].push(us)
        }
      }
      const us = Object.fromEntries(variants.map(({ name }, index) => [name, summaryOf(costs[index])]))
      rows.push({ size, charset, us })
    }
  }
  const { total } = spanlane.core.stats({ openSpans: 0, misuse: {} })
  await spanlane.core.shutdown(5000)
  process.send?.({ rows, counts, submitted: total.submitted, delivered: total.delivered })
  process.once('disconnect', () => process.exit())
}

main()
