'use strict'

/**
 * The engine forgets a shape when no object of it is alive at a full collection, and with it the compiled code that relies
 * on it (`lib/sdk/kept-shapes.js`). One of each that is made while a span is read stays alive; they say nothing.
 */

const { saidOf } = require('./event')
const { draftOf } = require('./mapping')
const { draftOfMessage } = require('./messages')
const { parsedOf } = require('./readers')

const MESSAGES = '[{"role":"user","parts":[{"type":"text","content":" "}]}]'
const ATTRIBUTES = Object.freeze({
  'gen_ai.operation.name': 'chat',
  'gen_ai.response.model': 'model',
  'gen_ai.request.temperature': 0,
  'gen_ai.response.finish_reasons': ['stop'],
  'gen_ai.usage.input_tokens': 0,
  'gen_ai.usage.output_tokens': 0,
  'gen_ai.input.messages': MESSAGES,
  'gen_ai.output.messages': MESSAGES,
  tag: 'tag'
})

/** @type {unknown[]} */
const kept = []

/** For the first processor of this thread. Never throws. */
function keepShapes() {
  if (kept.length > 0) return
  const span = { name: 'chat', attributes: ATTRIBUTES, events: [], status: { code: 0 } }
  kept.push(saidOf(/** @type {any} */ (span), {}, false, 'llm'), draftOf([ATTRIBUTES]))
  for (const message of parsedOf(MESSAGES)) kept.push(message, draftOfMessage(message, ''))
}

module.exports = { keepShapes }
