'use strict'

// All intakes are down while every tenant goes on: what is held stays below the limit, what does not fit is counted,
// and what was held arrives when the intakes are back.

const path = require('node:path')
const { setImmediate: turn } = require('node:timers/promises')
const { createLLMObs } = require('../..')
const { unbalanced } = require('../oracle/conservation')
const { openChild } = require('../support/child')
const { tenantsOf } = require('../support/load')

const INTAKE = path.join(__dirname, '..', 'support', 'intake-process.js')
const MIB = 1024 * 1024
/** Of each event's encoded form: it is larger, so that this many times the events held is a lower bound. */
const TEXT_BYTES = 8000
/** Beside what is held: 256 connections with their buffers, bodies being assembled, what the allocator keeps. */
const FIXED_BYTES = 32 * MIB
const SHARE_OVER_LIMIT = 0.15
const WARM_UP_MS = 10_000
const LOOK_INTERVAL_MS = 500
const EXTRA_MS = 30_000

/** @typedef {import('../..').LLMObs} LLMObs */
/** @typedef {import('../..').Route} Route */

const defaults = { tenants: '10000', seconds: '60', 'limit-mib': '64' }

/** @param {typeof defaults} options */
async function run({ tenants, seconds, 'limit-mib': limitMib }) {
  const limitBytes = Number(limitMib) * MIB
  const intake = openChild(INTAKE, { delayMs: 0, blackHoledKeys: [], faultShare: 0 })
  const { url } = await intake.next()
  const llmobs = createLLMObs({
    mlApp: 'bench',
    intakeUrl: url,
    maxBufferedBytes: limitBytes,
    maxBufferedBytesPerTenant: Math.min(limitBytes, 16 * MIB),
    requestTimeoutMs: 1000,
    exitTimeoutMs: 0,
    logger: {}
  })
  const routes = tenantsOf(Number(tenants)).map(route => llmobs.route(route))
  await warmUp(llmobs, routes)
  const baseline = memory()
  const before = llmobs.stats().total
  await intake.ask({ ask: 'mute' })
  const { made, peak, problems } = await goOn(llmobs, routes, limitBytes, Number(seconds) * 1000)
  const during = llmobs.stats().total
  await intake.ask({ ask: 'speak' })
  const { pending, peakRss } = await recover(llmobs)
  const after = llmobs.stats().total
  const recovered = memory()
  const { spans } = await intake.ask({ ask: 'report' })
  if (pending > 0) problems.push(`${pending} events are pending two minutes after the end`)
  if (during.submitted - before.submitted !== made) problems.push('submitted is not what was made')
  if (spans !== after.delivered) problems.push(`${after.delivered} delivered, ${spans} arrived`)
  if (during.dropped === before.dropped) problems.push('the limit was never reached: nothing is shown')
  // V8's heap is the application's: its garbage comes and goes with the pace, not with what is held.
  const grownBytes = peak.native - (baseline.rss - baseline.heap)
  if (grownBytes > limitBytes * (1 + SHARE_OVER_LIMIT) + FIXED_BYTES) {
    problems.push(`memory beside V8's heap grew by ${toMib(grownBytes)} MiB`)
  }
  await llmobs.shutdown({ timeoutMs: 0 })
  await intake.close()
  return {
    figures: {
      tenants: routes.length,
      made,
      peakHeldEvents: peak.held,
      peakHeldTextMib: toMib(peak.held * TEXT_BYTES),
      limitMib: Number(limitMib),
      baselineMib: toMib(baseline.rss),
      peakGrowthMib: toMib(peak.rss - baseline.rss),
      peakGrowthBesideHeapMib: toMib(grownBytes),
      peakGrowthInRecoveryMib: toMib(peakRss - baseline.rss),
      growthOfHeapAfterRecoveryMib: toMib(recovered.heap - baseline.heap),
      growthAfterRecoveryMib: toMib(recovered.rss - baseline.rss),
      droppedByReason: during.droppedByReason,
      arrived: spans,
      rejected: after.rejected,
      maybeDuplicate: after.maybeDuplicate
    },
    problems
  }
}

/**
 * Every tenant is registered and has sent, at the pace of later, so that V8's heap and the allocator have what that
 * pace needs. What grows from here on is what is held.
 *
 * @param {LLMObs} llmobs
 * @param {Route[]} routes
 */
async function warmUp(llmobs, routes) {
  const untilMs = performance.now() + WARM_UP_MS
  for (let made = 0; made < 2 * routes.length || performance.now() < untilMs; made += 1) {
    makeSpan(llmobs, routes[made % routes.length])
    if (made % 500 === 499) await llmobs.flush()
    // Ten thousand tenants make a large report: its garbage belongs to the baseline, too.
    if (made % 2000 === 1999) llmobs.stats()
  }
  await llmobs.flush()
}

/**
 * The tenants go on while no intake answers.
 *
 * @param {LLMObs} llmobs
 * @param {Route[]} routes
 * @param {number} limitBytes
 * @param {number} durationMs
 */
async function goOn(llmobs, routes, limitBytes, durationMs) {
  /** @type {string[]} */
  const problems = []
  const peak = { held: 0, rss: 0, native: 0 }
  const droppedBefore = llmobs.stats().total.dropped
  const endMs = performance.now() + durationMs
  let wasFull = false
  let made = 0
  // A busy machine may need longer to reach the limit.
  const goesOn = () => performance.now() < (wasFull ? endMs : endMs + EXTRA_MS)
  for (let nextLookMs = 0; goesOn(); made += 1) {
    makeSpan(llmobs, routes[made % routes.length])
    if (made % 100 === 99) await turn()
    if (performance.now() < nextLookMs) continue
    nextLookMs = performance.now() + LOOK_INTERVAL_MS
    const { total } = llmobs.stats()
    wasFull = total.dropped > droppedBefore
    peak.held = Math.max(peak.held, total.held)
    const { rss, heap } = memory()
    peak.rss = Math.max(peak.rss, rss)
    peak.native = Math.max(peak.native, rss - heap)
    if (unbalanced(total) !== 0) problems.push(`the counters do not add up: ${JSON.stringify(total)}`)
    if (total.held * TEXT_BYTES > limitBytes) problems.push(`${total.held} events are more than the limit`)
  }
  return { made, peak, problems }
}

/**
 * The intakes answer again: what was held arrives.
 *
 * @param {LLMObs} llmobs
 */
async function recover(llmobs) {
  let peakRss = 0
  const sampling = setInterval(() => {
    peakRss = Math.max(peakRss, memory().rss)
  }, 100)
  const { pending } = await llmobs.flush({ timeoutMs: 120_000 })
  clearInterval(sampling)
  return { pending, peakRss }
}

function memory() {
  const { rss, heapTotal, external } = process.memoryUsage()
  return { rss, heap: heapTotal + external }
}

const TEXT = 'x'.repeat(TEXT_BYTES)

/**
 * @param {LLMObs} llmobs
 * @param {Route} route
 */
function makeSpan(llmobs, route) {
  llmobs.withRoutingContext(route, () => {
    llmobs.trace({ kind: 'task', name: 'work' }, span => llmobs.annotate(span, { inputData: TEXT }))
  })
}

/** @param {number} bytes */
function toMib(bytes) {
  return Math.round(bytes / MIB)
}

module.exports = { defaults, run }
