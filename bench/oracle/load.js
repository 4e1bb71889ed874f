'use strict'

const { setImmediate: turn } = require('node:timers/promises')
const { placeOf } = require('./plan')
const { Random } = require('./random')

/**
 * @typedef {import('./plan').Plan} Plan
 * @typedef {import('../..').LLMObs} LLMObs
 *
 * What all threads write together.
 *
 * @typedef {object} Issued
 * @property {Int32Array} next the number of the next event
 * @property {Uint16Array} owners whose each event is
 */

/** Events between two flushes: what a thread has in memory at most, beside what is being repeated. */
const CHUNK_EVENTS = 1000
/** Tenants active at a time in one thread. Each chunk has others: tenants come and go. */
const ACTIVE_TENANTS = 25
const FLUSH_TIMEOUT_MS = 500
/** More than this is not issued ahead of the intake, on whatever machine this runs: the buffers would overflow. */
const PENDING_MAX = 10_000
const PACE_TRIES_MAX = 600
const TEXT = 'Which of the two contracts decides, and which clause of it? '.repeat(4)

/**
 * @param {Plan} plan
 * @returns {Issued} in shared memory
 */
function newIssued(plan) {
  return {
    next: new Int32Array(new SharedArrayBuffer(4)),
    owners: new Uint16Array(new SharedArrayBuffer(2 * plan.events))
  }
}

/**
 * Issues numbered events until all are issued.
 *
 * @param {LLMObs} llmobs
 * @param {Plan} plan
 * @param {Issued} issued
 * @param {number} thread
 */
async function runLoad(llmobs, plan, issued, thread) {
  const random = new Random(plan.seed + thread)
  for (;;) {
    const from = Atomics.add(issued.next, 0, CHUNK_EVENTS)
    if (from >= plan.events) return
    const to = Math.min(plan.events, from + CHUNK_EVENTS)
    const active = Array.from({ length: ACTIVE_TENANTS }, () => random.below(plan.tenants))
    // Half of them enter their context with a route opened once, as a queue would; half with key and site.
    const inputs = active.map(owner =>
      owner % 2 === 0 ? placeOf(plan, owner) : llmobs.route(placeOf(plan, owner))
    )
    for (let id = from; id < to; ) {
      const turnOf = random.below(ACTIVE_TENANTS)
      const outer = { owner: active[turnOf], route: inputs[turnOf] }
      const other = random.below(ACTIVE_TENANTS)
      const inner = { owner: active[other], route: inputs[other] }
      const room = to - id
      const shape = random.below(20)
      if (shape === 0 && room >= 2) id += nested(llmobs, issued, id, outer, inner)
      else if (shape === 1 && room >= 2) id += judged(llmobs, issued, id, outer)
      else if (shape === 2) id += await waiting(llmobs, issued, id, outer)
      else id += plain(llmobs, issued, id, outer)
    }
    await keepPace(llmobs, plan)
  }
}

/**
 * Flushes, and waits while the intake does not keep up.
 *
 * @param {LLMObs} llmobs
 * @param {Plan} plan
 */
async function keepPace(llmobs, plan) {
  // What refused keys hold stays.
  const parkedMax = plan.revokedEvery > 0 ? plan.events / plan.revokedEvery : 0
  for (let tries = 0; tries < PACE_TRIES_MAX; tries += 1) {
    const { pending } = await llmobs.flush({ timeoutMs: FLUSH_TIMEOUT_MS })
    if (pending < PENDING_MAX + parkedMax) return
  }
}

/** @typedef {{ owner: number, route: import('../..').RouteInput }} Turn */

/**
 * @param {LLMObs} llmobs
 * @param {Issued} issued
 * @param {number} id
 * @param {Turn} turn
 */
function plain(llmobs, issued, id, { owner, route }) {
  issued.owners[id] = owner
  llmobs.withRoutingContext(route, () => {
    llmobs.trace({ kind: 'llm', name: 'chat' }, span => annotate(llmobs, span, owner, id))
  })
  return 1
}

/**
 * One tenant's span is finished inside another's.
 *
 * @param {LLMObs} llmobs
 * @param {Issued} issued
 * @param {number} id
 * @param {Turn} outer
 * @param {Turn} inner
 */
function nested(llmobs, issued, id, { owner, route }, inner) {
  issued.owners[id] = owner
  llmobs.withRoutingContext(route, () => {
    llmobs.trace({ kind: 'agent', name: 'plan' }, span => {
      plain(llmobs, issued, id + 1, inner)
      annotate(llmobs, span, owner, id)
    })
  })
  return 2
}

/**
 * A span and its evaluation, which is submitted outside the context.
 *
 * @param {LLMObs} llmobs
 * @param {Issued} issued
 * @param {number} id
 * @param {Turn} turn
 */
function judged(llmobs, issued, id, { owner, route }) {
  issued.owners[id] = owner
  issued.owners[id + 1] = owner
  const exported = llmobs.withRoutingContext(route, () =>
    llmobs.trace({ kind: 'llm', name: 'chat' }, span => {
      annotate(llmobs, span, owner, id)
      return llmobs.exportSpan(span)
    })
  )
  const tags = { owner: String(owner), id: String(id + 1) }
  llmobs.submitEvaluation(exported, { label: 'helpful', metricType: 'boolean', value: true, tags })
  return 2
}

/**
 * A span that ends in a later turn of the loop, when other tenants' contexts have come and gone.
 *
 * @param {LLMObs} llmobs
 * @param {Issued} issued
 * @param {number} id
 * @param {Turn} turn
 */
async function waiting(llmobs, issued, id, { owner, route }) {
  issued.owners[id] = owner
  await llmobs.withRoutingContext(route, () =>
    llmobs.trace({ kind: 'workflow', name: 'answer' }, async span => {
      await turn()
      annotate(llmobs, span, owner, id)
    })
  )
  return 1
}

/**
 * @param {LLMObs} llmobs
 * @param {any} span
 * @param {number} owner
 * @param {number} id
 */
function annotate(llmobs, span, owner, id) {
  llmobs.annotate(span, { tags: { owner: String(owner), id: String(id) }, metadata: { text: TEXT } })
}

module.exports = { newIssued, runLoad }
