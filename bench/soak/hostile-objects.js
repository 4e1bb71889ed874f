'use strict'

// Hostile values in every argument: nothing crashes, nothing hangs, only errors with a code reach the caller, spans
// end all the same, and the spans of an innocent tenant all arrive.

const { createLLMObs } = require('../..')
const { startIntake } = require('../../testing')
const { unbalanced } = require('../oracle/conservation')
const { hostileValue } = require('../oracle/hostile-value')
const { Random } = require('../oracle/random')

const defaults = { objects: '100000', seed: '0' }

const HOSTILE = { ddApiKey: 'a'.repeat(32), ddSite: 'datadoghq.eu', tenant: 'hostile' }
const INNOCENT = { ddApiKey: 'b'.repeat(32), ddSite: 'datadoghq.com', tenant: 'innocent' }
const KINDS = ['llm', 'agent', 'workflow', 'task', 'tool', 'embedding', 'retrieval']
const FIELDS = [
  'inputData',
  'outputData',
  'metadata',
  'metrics',
  'tags',
  'prompt',
  'toolDefinitions',
  'agent',
  'costTags'
]
const FLUSH_EVERY = 500
/** A single call that takes longer has hung for the purposes of a request. */
const CALL_MAX_MS = 5000

/** @typedef {import('../..').LLMObs} LLMObs */

/** @param {typeof defaults} options */
async function run({ objects, seed: given }) {
  const seed = Number(given) || Date.now() % 1_000_000_007
  console.log(`seed ${seed}`)
  const random = new Random(seed)
  const intake = await startIntake({ maxRecordedEvents: 1000 })
  const llmobs = createLLMObs({ mlApp: 'bench', intakeUrl: intake.url, logger: {} })
  const round = new Round(llmobs, random)
  let slowestMs = 0
  for (let object = 1; object <= Number(objects); object += 1) {
    const startMs = performance.now()
    round.attack()
    slowestMs = Math.max(slowestMs, performance.now() - startMs)
    if (object % FLUSH_EVERY === 0) {
      round.innocent()
      await llmobs.flush({ timeoutMs: 30_000 })
    }
  }
  const { pending } = await llmobs.flush({ timeoutMs: 30_000 })
  const { total, tenants } = llmobs.stats()
  const innocent = tenants.find(one => one.tenant === INNOCENT.tenant)
  const uncoded = [...round.uncoded].map(([problem, times]) => `${times} x ${problem}`)
  const problems = [...uncoded.slice(0, 20), ...intake.violations.slice(0, 5).map(one => one.message)]
  if (pending > 0) problems.push(`${pending} events are pending`)
  if (unbalanced(total) !== 0) problems.push(`the counters do not add up: ${JSON.stringify(total)}`)
  if (innocent?.delivered !== round.innocents) problems.push(`innocent: ${JSON.stringify(innocent)}`)
  if (total.rejected > 0) problems.push(`${total.rejected} events were refused by the intake`)
  if (total.submitted !== round.finished + round.innocents) {
    problems.push(`${round.finished + round.innocents} spans ended, ${total.submitted} were submitted`)
  }
  if (slowestMs > CALL_MAX_MS) problems.push(`one object took ${Math.round(slowestMs)} ms`)
  if (Object.hasOwn(Object.prototype, 'polluted')) problems.push('Object.prototype was polluted')
  await llmobs.shutdown({ timeoutMs: 0 })
  await intake.close()
  const { finished, refusals, innocents } = round
  return {
    figures: {
      seed,
      objects: Number(objects),
      spansEnded: finished,
      codedErrors: refusals,
      uncodedErrors: [...round.uncoded.values()].reduce((sum, times) => sum + times, 0),
      innocents,
      delivered: total.delivered,
      dropped: total.droppedByReason,
      slowestMs: Math.round(slowestMs)
    },
    problems
  }
}

class Round {
  finished = 0
  innocents = 0
  refusals = 0
  /** @type {Map<string, number>} how often each error without a code came */
  uncoded = new Map()
  #llmobs
  #random
  #isInside = false

  /**
   * @param {LLMObs} llmobs
   * @param {Random} random
   */
  constructor(llmobs, random) {
    this.#llmobs = llmobs
    this.#random = random
  }

  /** One span with hostile values in all that may be said of it. */
  attack() {
    const kind = /** @type {import('../..').SpanKind} */ (this.#random.pick(KINDS))
    this.#llmobs.withRoutingContext(HOSTILE, () => {
      this.#llmobs.trace({ kind, name: 'hostile' }, span => {
        for (let fields = 1 + this.#random.below(2); fields > 0; fields -= 1) {
          const options = { [this.#random.pick(FIELDS)]: this.#value() }
          this.#call('annotate', () => this.#llmobs.annotate(span, options))
        }
        if (this.#random.chance(0.05)) this.#misuse(span)
      })
    })
    this.finished += 1
  }

  innocent() {
    this.#llmobs.withRoutingContext(INNOCENT, () => {
      this.#llmobs.trace({ kind: 'task', name: 'innocent' }, () => {})
    })
    this.innocents += 1
  }

  /** @param {any} span */
  #misuse(span) {
    /** @type {any} */
    const llmobs = this.#llmobs
    const value = this.#value()
    this.#call('annotate any', () => llmobs.annotate(value, value))
    this.#call('setTag', () => span.setTag(value, value))
    this.#call('exportSpan', () => llmobs.exportSpan(value))
    this.#call('inject', () => llmobs.inject(value))
    this.#call('extract', () => llmobs.extract(value, () => {}))
    this.#call('route', () => llmobs.route(value))
    this.#call('withRoutingContext', () => llmobs.withRoutingContext(value, () => {}))
    this.#call('submitFeedback', () => llmobs.submitFeedback({ label: value, spanId: value, value }))
    this.#call('submitEvaluation', () =>
      llmobs.submitEvaluation(value, { label: 'x', metricType: 'json', value })
    )
    this.#call('annotationContext', () => llmobs.annotationContext(value, () => {}))
  }

  /** What a getter does when it is read: it uses the API in the middle of a call. */
  #reenter() {
    if (this.#isInside) return
    this.#isInside = true
    this.#llmobs.stats()
    this.innocent()
    this.#isInside = false
  }

  #value() {
    return hostileValue(this.#random, () => this.#reenter())
  }

  /** @param {string} problem */
  #note(problem) {
    this.uncoded.set(problem, (this.uncoded.get(problem) ?? 0) + 1)
  }

  /**
   * @param {string} name
   * @param {() => unknown} call
   */
  #call(name, call) {
    try {
      call()
    } catch (error) {
      const code = /** @type {{ code?: unknown } | null} */ (error)?.code
      if (typeof code === 'string' && code.startsWith('SPANLANE_')) this.refusals += 1
      else this.#note(`${name} threw ${firstLines(error)}`)
    }
  }
}

/**
 * What was thrown, and where in the library.
 *
 * @param {unknown} error
 */
function firstLines(error) {
  if (!(error instanceof Error)) return String(error)
  const frames = String(error.stack).match(/lib\/\S+:\d+/g) ?? []
  return `${error.name}: ${error.message} (${frames.slice(0, 2).join(' < ')})`
}

module.exports = { defaults, run }
