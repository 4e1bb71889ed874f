'use strict'

// Spans of several kinds until their code is compiled, and then a full collection while none of them is alive. Run by
// kept-shapes.test.js with --expose-gc and --trace-deopt: what is printed between the two lines was thrown away.

const { collectAfter } = require('../../support/collection')

const BATCHES = 25
const SPANS = 100
const PROMPT = 'What is the capital of France? '.repeat(10)
const CHAT = { kind: 'llm', name: 'chat', modelName: 'large', modelProvider: 'acme' }
const route = { ddApiKey: 'c'.repeat(32), tenant: 'acme' }

/** @type {import('../../..').LLMObs} */
let llmobs

function annotated(/** @type {any} */ span) {
  llmobs.annotate(span, {
    inputData: [
      { role: 'system', content: PROMPT },
      { role: 'user', content: PROMPT }
    ],
    outputData: [{ role: 'assistant', content: PROMPT }],
    metadata: { temperature: 0.2, max_tokens: 100 },
    metrics: { inputTokens: 1, outputTokens: 2, totalTokens: 3 },
    tags: { version: '1' }
  })
}

async function batch() {
  const pending = []
  for (let index = 0; index < SPANS; index++) {
    llmobs.withRoutingContext(route, () => {
      llmobs.trace(CHAT, annotated)
      pending.push(llmobs.trace(CHAT, async span => annotated(span)))
      const byHand = llmobs.startSpan(CHAT)
      annotated(byHand)
      byHand.end()
      llmobs.trace({ kind: 'tool' }, span => llmobs.annotate(span, { inputData: PROMPT, outputData: PROMPT }))
    })
  }
  await Promise.all(pending)
  await llmobs.flush()
}

collectAfter(BATCHES, opened => {
  llmobs = opened
  return { batch, after: batch }
})
