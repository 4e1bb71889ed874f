'use strict'

const { setTimeout: delay } = require('node:timers/promises')
const { POISON } = require('./poison')

/** Long enough to be a real prompt, about 1 KB. */
const TEXT = 'What is the difference between the two contracts, and which clause decides? '.repeat(13)

/** Of each tenant and second, in `largeSpans`. */
const LARGE_A_SECOND = 5
const LARGE_TEXT = 'p'.repeat(20_000)

/**
 * @typedef {{ ddApiKey: string, ddSite: string, tenant: string }} Route
 */

/**
 * @param {number} count
 * @returns {Route[]} tenants of one site, each with its own key
 */
function tenantsOf(count) {
  return Array.from({ length: count }, (_, index) => ({
    ddApiKey: `bench${String(index).padStart(27, '0')}`,
    ddSite: 'datadoghq.com',
    tenant: `tenant-${index}`
  }))
}

/**
 * One span a second for each route, spread evenly over the second.
 * @param {import('../..').LLMObs} llmobs
 * @param {Route[]} routes
 * @param {number} seconds
 * @returns {Promise<number>} spans that were made
 */
function oneSpanASecond(llmobs, routes, seconds) {
  return oneSpanEach(llmobs, routes, { periodMs: 1000, rounds: seconds })
}

/**
 * One span per period for each route, spread evenly over the period.
 * @param {import('../..').LLMObs} llmobs
 * @param {Route[]} routes
 * @param {{ periodMs: number, rounds: number }} settings
 * @returns {Promise<number>} spans that were made
 */
function oneSpanEach(llmobs, routes, { periodMs, rounds }) {
  return evenly(routes.length * rounds, periodMs / routes.length, made =>
    makeSpan(llmobs, routes[made % routes.length])
  )
}

/**
 * Five spans of 20 KB a second for each route; those of every second second have the name that an intake may refuse.
 * @param {import('../..').LLMObs} llmobs
 * @param {Route[]} routes
 * @param {number} seconds
 * @returns {Promise<number>} spans that were made
 */
function largeSpans(llmobs, routes, seconds) {
  const aSecond = routes.length * LARGE_A_SECOND
  return evenly(aSecond * seconds, 1000 / aSecond, made => {
    const name = made % (2 * LARGE_A_SECOND) < LARGE_A_SECOND ? POISON : 'chat'
    inContext(llmobs, routes[made % routes.length], () =>
      llmobs.trace({ kind: 'llm', name }, span => llmobs.annotate(span, { inputData: LARGE_TEXT }))
    )
  })
}

/**
 * @param {number} total
 * @param {number} everyMs
 * @param {(made: number) => void} make
 */
async function evenly(total, everyMs, make) {
  const startMs = performance.now()
  for (let made = 0; made < total; made += 1) {
    const dueMs = startMs + made * everyMs
    if (dueMs > performance.now()) await delay(dueMs - performance.now())
    make(made)
  }
  return total
}

/**
 * @param {import('../..').LLMObs} llmobs
 * @param {Route} route
 */
function makeSpan(llmobs, route) {
  inContext(llmobs, route, () => {
    llmobs.trace({ kind: 'llm', name: 'chat', modelName: 'large', modelProvider: 'bench' }, span => {
      llmobs.annotate(span, {
        inputData: [{ role: 'user', content: TEXT }],
        outputData: [{ role: 'assistant', content: 'The second one.' }],
        metadata: { owner: route.tenant },
        metrics: { inputTokens: 211, outputTokens: 4, totalTokens: 215 }
      })
    })
  })
}

/**
 * By dd-trace's name, so that the same load runs on both. It knows no labels.
 * @param {import('../..').LLMObs} llmobs
 * @param {Route} route
 * @param {() => void} fn
 */
function inContext(llmobs, { ddApiKey, ddSite, tenant }, fn) {
  const isPeer = /** @type {any} */ (llmobs).withRoutingContext === undefined
  llmobs.routingContext({ ddApiKey, ddSite, ...(isPeer ? null : { tenant }) }, fn)
}

/**
 * @param {number[]} values
 * @param {number} share 0.5 for the median
 */
function quantile(values, share) {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted.length === 0
    ? Number.NaN
    : sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]
}

module.exports = { LARGE_A_SECOND, largeSpans, makeSpan, oneSpanASecond, oneSpanEach, quantile, tenantsOf }
