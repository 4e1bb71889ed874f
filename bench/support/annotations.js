'use strict'

const { textOf } = require('./events')

/** @typedef {import('./events').Charset} Charset */

/** What an application says about a model call. @typedef {Record<string, any>} Annotation */

/**
 * Distinct annotations that make events of one size.
 *
 * @param {Charset} charset
 * @param {number} bytes of the event's JSON text, roughly
 * @param {number} count
 * @param {number} seed
 * @returns {Annotation[]}
 */
function annotations(charset, bytes, count, seed) {
  const characters = Math.max(60, bytes - 800)
  return Array.from({ length: count }, (_, index) => ({
    inputData: [
      { role: 'system', content: textOf(charset, characters * 0.3, seed + index) },
      { role: 'user', content: textOf(charset, characters * 0.4, seed + index + 7) }
    ],
    outputData: [{ role: 'assistant', content: textOf(charset, characters * 0.3, seed + index + 13) }],
    metadata: { temperature: 0.7, max_tokens: 1024, customer: `customer-${seed + index}` },
    metrics: { inputTokens: 211, outputTokens: 84, totalTokens: 295 }
  }))
}

/** How much a span says: its texts; metrics and metadata beside them, as usual; more metadata, and tags. @typedef {'texts' | 'usual' | 'full'} Part */

/**
 * @param {Annotation[]} list as `annotations` makes it
 * @param {Part} part
 * @returns {Annotation[]} the same texts with less or more beside them
 */
function withParts(list, part) {
  if (part === 'usual') return list
  return list.map(({ inputData, outputData, metadata, metrics }, index) => {
    if (part === 'texts') return { inputData, outputData }
    const more = { ...metadata, top_p: 0.9, stream: false }
    const tags = { team: 'search', tier: index % 2 === 0 ? 'gold' : 'free', release: '1.4.2' }
    return { inputData, outputData, metadata: more, metrics, tags }
  })
}

const SPAN = Object.freeze({ kind: 'llm', name: 'chat', modelName: 'large-2', modelProvider: 'openai' })

/**
 * @param {any} llmobs of any of the peers
 * @param {Annotation} annotation
 */
function traceSync(llmobs, annotation) {
  llmobs.trace(SPAN, (/** @type {any} */ span) => {
    llmobs.annotate(span, annotation)
  })
}

/**
 * @param {any} llmobs of any of the peers
 * @param {Annotation} annotation
 * @returns {Promise<void>}
 */
function traceAsync(llmobs, annotation) {
  return llmobs.trace(SPAN, async (/** @type {any} */ span) => {
    for (let turn = 0; turn < 3; turn++) await null
    llmobs.annotate(span, annotation)
  })
}

/**
 * @param {any} llmobs of any of the peers
 * @param {import('./load').Route} route
 * @param {() => any} fn
 */
function inRoute(llmobs, { ddApiKey, ddSite }, fn) {
  // dd-trace's name, which Spanlane knows too.
  return llmobs.routingContext({ ddApiKey, ddSite }, fn)
}

module.exports = { annotations, inRoute, traceAsync, traceSync, withParts }
