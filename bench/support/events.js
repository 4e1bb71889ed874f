'use strict'

// Spans like an agent's model calls, in one size and one kind of text.

const { annotateSpan } = require('../../lib/annotate/annotate')
const { newSpanId, newTraceId } = require('../../lib/trace/ids')
const { Lineage } = require('../../lib/trace/lineage')
const { Span } = require('../../lib/trace/span')
const { plainText } = require('../../__test__/encode/plain-event')

/** @typedef {'ascii' | 'mixed' | 'cjk'} Charset */

const WORDS = {
  ascii:
    'the contract says that either party may end it with thirty days notice, and the "fee" for the month is due; \n',
  mixed: 'the customer’s “second” contract — signed in Köln — ends in 30 days • the fee is 12 € 🙂; \n',
  cjk: '契約は三十日前の通知により終了することができ、当月の料金は支払う必要があります。条款的第二部分决定。договор '
}

const CONFIG = Object.freeze({
  mlApp: 'bench',
  service: 'gateway',
  env: 'prod',
  version: '1.4.2',
  hostTags: [],
  tenantTags: [],
  tracerVersion: 'spanlane-bench'
})

/**
 * @param {Charset} charset
 * @param {number} characters
 * @param {number} seed
 */
function textOf(charset, characters, seed) {
  const words = WORDS[charset]
  const turned = words.slice(seed % words.length) + words.slice(0, seed % words.length)
  const text = `${seed} ${turned.repeat(Math.ceil(characters / words.length))}`.slice(
    0,
    Math.max(1, characters)
  )
  // Flat, and ASCII as one byte a character, as a text that was read from somewhere is.
  return Buffer.from(text).toString()
}

/**
 * @param {any} route
 * @param {Charset} charset
 * @param {number} bytes of the event's JSON text, roughly
 * @param {number} seed
 * @returns {Span} finished
 */
function makeSpan(route, charset, bytes, seed) {
  const startNs = 1_790_000_000_000_000_000n + BigInt(seed) * 1_000_003n
  const lineage = new Lineage(route)
  const place = { trace: newTraceId(startNs), above: newSpanId(), mlApp: 'bench' }
  Object.assign(lineage, { ...place, sampleRate: '1', samplingDecision: '1' })
  const span = new Span(/** @type {any} */ ({}), lineage, 'llm', 'chat', newSpanId(), 1n, startNs)
  span.texts = { modelName: 'large-2', modelProvider: 'openai' }
  span.durationNs = 734_000_111n
  const characters = Math.max(60, bytes - 800)
  annotateSpan(span, {
    inputData: [
      { role: 'system', content: textOf(charset, characters * 0.3, seed) },
      { role: 'user', content: textOf(charset, characters * 0.4, seed + 7) }
    ],
    outputData: [{ role: 'assistant', content: textOf(charset, characters * 0.3, seed + 13) }],
    metadata: { temperature: 0.7, max_tokens: 1024, customer: `customer-${seed}` },
    metrics: { inputTokens: 211, outputTokens: 84, totalTokens: 295 }
  })
  return span
}

/**
 * Gives a span the ids of another one, so that no event is handed over twice.
 *
 * @param {Span} span
 */
function renew(span) {
  const own = /** @type {any} */ (span)
  own.startNs += 1_000_003n
  own.id = newSpanId()
  own.lineage.trace = newTraceId(own.startNs)
}

/** @param {any} event of `eventOf` */
function renewEvent(event) {
  event.span_id = event._dd.span_id = newSpanId().toString()
  const traceId = newTraceId(BigInt(event.start_ns)).toString()
  event.trace_id = event._dd.trace_id = event._dd.apm_trace_id = traceId
}

/**
 * @param {Span} span
 * @returns {any} the event as another SDK would hold it
 */
function eventOf(span) {
  return JSON.parse(plainText(span, CONFIG))
}

module.exports = { CONFIG, eventOf, makeSpan, renew, renewEvent, textOf }
