'use strict'

// Events as dd-trace formats them until the code that takes them is compiled, and then a full collection while none of
// them is alive. Run by kept-shapes.test.js with --expose-gc and --trace-deopt: what is printed between the two lines was
// thrown away.

const { ForeignSpan, lineageOfEvent } = require('../../../lib/bridge/foreign-span')
const { keepShapes } = require('../../../lib/bridge/kept-shapes')
const { LLMObs } = require('../../../lib/sdk/llmobs')
const { collectAfter } = require('../../support/collection')

const BATCHES = 60
const SPANS = 200
const PROMPT = 'What is the capital of France? '.repeat(10)

/** @param {number} index */
function eventOf(index) {
  const event = {
    trace_id: `${index}`.padStart(32, '1'),
    span_id: `${index + 1}`,
    parent_id: 'undefined',
    name: 'chat',
    tags: ['version:1', 'env:test', 'ml_app:shop', 'source:integration'],
    start_ns: 1_790_000_000_000_000,
    duration: 1000 + index,
    status: 'ok',
    meta: {
      'span.kind': 'llm',
      model_name: 'large',
      model_provider: 'acme',
      metadata: { temperature: 0.2, max_tokens: 100 },
      input: { messages: [{ content: PROMPT, role: 'user' }] },
      output: { messages: [{ content: PROMPT, role: 'assistant' }] }
    },
    metrics: { input_tokens: 1, output_tokens: 2 },
    _dd: { trace_id: '1', span_id: `${index + 1}` }
  }
  return /** @type {Record<string, any>} */ (event)
}

collectAfter(BATCHES, llmobs => {
  const instance = LLMObs.instanceOf(llmobs)
  keepShapes(instance)
  const route = instance.openRoute({ ddApiKey: 'c'.repeat(32), tenant: 'acme' })
  return {
    batch() {
      for (let index = 0; index < SPANS; index++) {
        const event = eventOf(index)
        instance.submitSpan(new ForeignSpan(instance, event, route, lineageOfEvent(route, event), undefined))
      }
      return llmobs.flush()
    },
    async after() {
      const { delivered } = await llmobs.flush()
      const { total, openSpans } = llmobs.stats()
      process.stdout.write(`${total.delivered} delivered, ${delivered} of them late, ${openSpans} open\n`)
    }
  }
})
