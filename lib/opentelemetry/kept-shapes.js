'use strict'

/**
 * The engine forgets a shape when no object of it is alive at a full collection, and with it the compiled code that relies
 * on it (`lib/sdk/kept-shapes.js`). One of each that is made while a span is read stays alive; they say nothing. Spans
 * themselves are not ours to keep: what reads them is shown so many shapes at once that it comes to rely on none.
 */

const { ROOT_STORE } = require('../routing/context')
const { isOfDdTrace } = require('./beside-dd-trace')
const { saidOf } = require('./event')
const { submitResults } = require('./evaluations')
const { linksOf } = require('./links')
const { draftOf } = require('./mapping')
const { draftOfMessage, messagesOf } = require('./messages')
const { parsedOf } = require('./readers')
const { activeSpan, attributesOf, idsOf, scopeOf, timesOf } = require('./reading')
const { SpanState, keepState, stateOf } = require('./span-state')
const { readInManyShapes } = require('../values/many-shapes')

const MESSAGES = '[{"role":"user","parts":[{"type":"text","content":" "}]}]'
const ATTRIBUTES = Object.freeze({
  'gen_ai.operation.name': 'chat',
  'gen_ai.response.model': 'model',
  // No integer: of a field that has only held such ones the engine makes another shape when one comes that is none.
  'gen_ai.request.temperature': 0.5,
  'gen_ai.response.finish_reasons': ['stop'],
  'gen_ai.usage.input_tokens': 0,
  'gen_ai.usage.output_tokens': 0,
  'gen_ai.input.messages': MESSAGES,
  'gen_ai.output.messages': MESSAGES,
  tag: 'tag'
})
const KEY = Object.freeze({})

/** @type {unknown[]} */
const kept = []

/** For the first processor of this thread. Never throws. */
function keepShapes() {
  if (kept.length > 0) return
  for (const message of parsedOf(MESSAGES)) kept.push(message, draftOfMessage(message, ''))
  kept.push(
    saidOf({ attributes: ATTRIBUTES }, null, false, 'llm'),
    draftOf([ATTRIBUTES]),
    messagesOf(parsedOf(MESSAGES))
  )
  const spans = readInManyShapes(spanOfShape, readOne)
  kept.push(...spans, ...readOne(spans[0]))
}

/** @param {Record<string, any>} span */
function readOne(span) {
  const state = new SpanState(KEY, KEY, span, idsOf(span), scopeOf(span), null, ROOT_STORE, false)
  keepState(state)
  stateOf(span, KEY)
  activeSpan({ [span.name]: 0, getValue: () => span })
  attributesOf(span)
  isOfDdTrace(span)
  linksOf(span, KEY, [])
  submitResults(/** @type {any} */ (null), /** @type {any} */ (null), span, false)
  return [state, timesOf(span), saidOf(span, null, false, 'llm')]
}

/**
 * @param {string} name of its first field, which makes its shape
 * @returns {Record<string, any>} a span of OpenTelemetry
 */
function spanOfShape(name) {
  const context = { [name]: 0, traceId: '', spanId: '', traceFlags: 1 }
  return {
    [name]: 0,
    name,
    spanContext: () => context,
    attributes: {},
    startTime: [0, 0],
    endTime: [0, 0],
    status: { [name]: 0, code: 0 },
    events: [],
    links: [],
    instrumentationScope: { [name]: 0, name },
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0
  }
}

module.exports = { keepShapes }
