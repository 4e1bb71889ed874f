'use strict'

// Nothing in the wrong tenant, under the wrong parent, or open at the end: many programs at once that await, call
// back, yield, stream, return what works later, and hand work to each other, across tenants.

const path = require('node:path')
const { setTimeout: sleep } = require('node:timers/promises')
const { createLLMObs } = require('../..')
const { unbalanced } = require('../oracle/conservation')
const { Genealogy } = require('../oracle/genealogy')
const { MixedProgram } = require('../oracle/mixed-program')
const { placeOf } = require('../oracle/plan')
const { Random } = require('../oracle/random')
const { openChild } = require('../support/child')

/** `seconds`: after which no program begins anything, whatever it has done. */
const defaults = { seed: '0', spans: '100000', programs: '100', tenants: '20', seconds: '600' }

/** What was begun has so long to end. */
const END_TIMEOUT_MS = 30_000

/** @type {readonly string[]} */
const MUST_BE_ZERO = [
  'wrongTenant',
  'missing',
  'duplicates',
  'wrongParent',
  'wrongTrace',
  'openAtEnd',
  'dropped',
  'rejected'
]

const SETTLE_TIMEOUT_MS = 60_000

/** @param {typeof defaults} options */
async function run({ seed: given, spans, programs, tenants, seconds }) {
  const seed = Number(given) || Date.now() % 1_000_000_007
  console.log(`seed ${seed}`)
  const plan = /** @type {import('../oracle/plan').Plan} */ ({ seed })
  const destinations = Array.from({ length: Number(tenants) }, (_, owner) => placeOf(plan, owner))
  const genealogy = new Genealogy(destinations)
  const intake = openChild(path.join(__dirname, '..', 'oracle', 'arrivals-process.js'), null)
  const { url } = await intake.next()
  const llmobs = createLLMObs({ mlApp: 'oracle', intakeUrl: url, requestTimeoutMs: 60_000, logger: {} })
  const startMs = performance.now()
  const untilMs = startMs + Number(seconds) * 1000
  const isDone = () => genealogy.issued >= Number(spans) || performance.now() > untilMs
  /** @type {import('../oracle/mixed-program').World} */
  const world = { llmobs, random: new Random(seed), genealogy, destinations, isDone, pool: [] }
  /** @type {Set<string>} */
  const problems = new Set()
  const work = Promise.all(
    Array.from({ length: Number(programs) }, (_, number) =>
      new MixedProgram(world)
        .run(number % destinations.length)
        .catch(({ message }) => problems.add(`a program failed: ${message}`))
    )
  )
  if (!(await endsBy(work, untilMs + END_TIMEOUT_MS))) problems.add('some programs did not come to an end')
  for (const job of world.pool) await job()
  const ranMs = performance.now() - startMs
  const { pending } = await llmobs.flush({ timeoutMs: SETTLE_TIMEOUT_MS })
  const { total, openSpans } = llmobs.stats()
  const seen = await intake.ask({ ask: 'report' })
  for (const arrival of seen.arrivals) genealogy.arrive(arrival)
  const figures = {
    seed,
    spans: genealogy.issued,
    ...genealogy.judge(),
    openAtEnd: openSpans,
    dropped: total.dropped,
    droppedByReason: total.droppedByReason,
    rejected: total.rejected,
    tenantMismatch: total.tenantMismatch,
    ranInSeconds: Math.round(ranMs / 1000)
  }
  if (figures.spans < Number(spans)) problems.add(`only ${figures.spans} spans in ${seconds} s`)
  if (pending > 0) problems.add(`${pending} events are pending`)
  if (unbalanced(total) !== 0) problems.add(`the counters do not add up: ${JSON.stringify(total)}`)
  await llmobs.shutdown({ timeoutMs: 0 })
  await intake.close()
  return { figures, problems: [...problemsIn(figures), ...problems, ...seen.violations.slice(0, 5)] }
}

/**
 * @param {Promise<unknown>} work
 * @param {number} deadlineMs of the monotonic clock
 * @returns {Promise<boolean>} whether it did
 */
async function endsBy(work, deadlineMs) {
  const timer = new AbortController()
  const waitMs = Math.max(0, deadlineMs - performance.now())
  const late = sleep(waitMs, false, { signal: timer.signal }).catch(() => false)
  const isOver = await Promise.race([work.then(() => true), late])
  timer.abort()
  return isOver
}

/** @param {Record<string, unknown>} figures @returns {string[]} one for each that is not 0 */
function problemsIn(figures) {
  return MUST_BE_ZERO.filter(name => figures[name] !== 0).map(name => `${name}: ${figures[name]}`)
}

module.exports = { defaults, run }
