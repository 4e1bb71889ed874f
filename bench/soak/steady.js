'use strict'

// A long run against an intake that answers a tenth of the requests badly. Fails when the counters do not add up,
// when a tenant's data crossed, when a span is lost, or when memory keeps growing.

const { createLLMObs } = require('../..')
const { unbalanced } = require('../oracle/conservation')
const { openIntake } = require('../support/intake')
const { oneSpanASecond, tenantsOf } = require('../support/load')

const MIB = 1024 * 1024
/** Pools, caches and the heap settle in the first rounds; later growth is a leak. */
const WARM_UP_ROUNDS = 3
const GROWTH_MAX_BYTES = 64 * MIB
const ROUND_SECONDS = 10

const defaults = { minutes: '10', tenants: '50' }

/** @param {typeof defaults} options */
async function run({ minutes, tenants }) {
  const rounds = Math.max(WARM_UP_ROUNDS + 1, Math.round((Number(minutes) * 60) / ROUND_SECONDS))
  const intake = await openIntake({ delayMs: 20, faultShare: 0.1 })
  const llmobs = createLLMObs({ mlApp: 'soak', intakeUrl: intake.url })
  const routes = tenantsOf(Number(tenants))
  /** @type {string[]} */
  const problems = []
  let made = 0
  let settledBytes = 0
  for (let round = 1; round <= rounds; round += 1) {
    made += await oneSpanASecond(llmobs, routes, ROUND_SECONDS)
    const { total } = llmobs.stats()
    if (unbalanced(total) !== 0)
      problems.push(`round ${round}: counters do not add up: ${JSON.stringify(total)}`)
    const { rss } = process.memoryUsage()
    if (round === WARM_UP_ROUNDS) settledBytes = rss
    console.log(
      `round ${round}/${rounds}: made ${made}, delivered ${total.delivered}, held ${total.held}, ` +
        `rejected ${total.rejected}, dropped ${total.dropped}, memory ${(rss / MIB).toFixed(0)} MiB`
    )
  }
  const grown = process.memoryUsage().rss - settledBytes
  if (grown > GROWTH_MAX_BYTES) problems.push(`memory grew by ${(grown / MIB).toFixed(0)} MiB`)
  const { pending } = await llmobs.flush({ timeoutMs: 60_000 })
  const { spans, violations } = await intake.report()
  if (pending > 0) problems.push(`${pending} events are pending a minute after the end`)
  if (spans !== made) problems.push(`${made} spans were made, ${spans} arrived`)
  problems.push(...violations)
  await llmobs.shutdown()
  await intake.close()
  return { figures: { made, arrived: spans, grownMib: Math.round(grown / MIB) }, problems }
}

module.exports = { defaults, run }
