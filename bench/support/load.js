'use strict'

const { setTimeout: delay } = require('node:timers/promises')

/** Long enough to be a real prompt, about 1 KB. */
const TEXT = 'What is the difference between the two contracts, and which clause decides? '.repeat(13)

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
async function oneSpanEach(llmobs, routes, { periodMs, rounds }) {
  const startMs = performance.now()
  const total = routes.length * rounds
  for (let made = 0; made < total; made += 1) {
    const dueMs = startMs + (made * periodMs) / routes.length
    if (dueMs > performance.now()) await delay(dueMs - performance.now())
    makeSpan(llmobs, routes[made % routes.length])
  }
  return total
}

/**
 * @param {import('../..').LLMObs} llmobs
 * @param {Route} route
 */
function makeSpan(llmobs, { ddApiKey, ddSite, tenant }) {
  // dd-trace's name, so that the same load runs on both.
  llmobs.routingContext({ ddApiKey, ddSite, ...(isPeer(llmobs) ? null : { tenant }) }, () => {
    llmobs.trace({ kind: 'llm', name: 'chat', modelName: 'large', modelProvider: 'bench' }, span => {
      llmobs.annotate(span, {
        inputData: [{ role: 'user', content: TEXT }],
        outputData: [{ role: 'assistant', content: 'The second one.' }],
        metadata: { owner: tenant },
        metrics: { inputTokens: 211, outputTokens: 4, totalTokens: 215 }
      })
    })
  })
}

/**
 * dd-trace knows no labels.
 * @param {any} llmobs
 */
function isPeer(llmobs) {
  return llmobs.withRoutingContext === undefined
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

module.exports = { makeSpan, oneSpanASecond, oneSpanEach, quantile, tenantsOf }
