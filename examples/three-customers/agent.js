'use strict'

const { setTimeout: pause } = require('node:timers/promises')

const { llmobs } = require('spanlane')

/** @typedef {import('./customers').Customer} Customer */

class CalendarTimeout extends Error {
  /** @param {string} message */
  constructor(message) {
    super(message)
    this.name = 'CalendarTimeout'
  }
}

/**
 * One question to one customer's assistant: workflow -> retrieval -> llm -> tool -> llm. Nothing in here knows where
 * its spans go: that was decided by the routing context it runs in.
 *
 * @param {Customer} customer
 * @returns {Promise<{ traceId: string, spanId: string }>} the workflow's span, for an evaluation
 */
function answerQuestion(customer) {
  const { app, session, question } = customer
  return llmobs.trace({ kind: 'workflow', name: app, mlApp: app, sessionId: session }, async () => {
    const passages = await retrieve(customer)
    await plan(customer, passages)
    const result = await runTool(customer).catch((/** @type {Error} */ error) => ({ error: error.message }))
    const answer = await phrase(customer, result)
    llmobs.annotate({ inputData: question, outputData: answer })
    return llmobs.exportSpan()
  })
}

/** @param {Customer} customer */
function retrieve({ question, passages }) {
  return llmobs.trace({ kind: 'retrieval', name: 'search-knowledge' }, async () => {
    await pause(15)
    llmobs.annotate({ inputData: question, outputData: passages, metadata: { index: 'passages', topK: 5 } })
    return passages
  })
}

/**
 * @param {Customer} customer
 * @param {Customer['passages']} passages
 */
function plan({ question, model, provider, tool, tokens }, passages) {
  return llmobs.trace({ kind: 'llm', name: 'plan', modelName: model, modelProvider: provider }, async () => {
    await pause(40)
    const [inputTokens, outputTokens] = tokens.plan
    llmobs.annotate({
      inputData: [
        {
          role: 'system',
          content: `Answer from these passages:\n${passages.map(({ text }) => text).join('\n')}`
        },
        { role: 'user', content: question }
      ],
      outputData: [
        {
          role: 'assistant',
          content: '',
          toolCalls: [{ name: tool.name, arguments: tool.arguments, toolId: 'call_1', type: 'function' }]
        }
      ],
      metadata: { temperature: 0.2 },
      metrics: { inputTokens, outputTokens, totalTokens: inputTokens + outputTokens }
    })
  })
}

/** @param {Customer} customer */
function runTool({ tool }) {
  return llmobs.trace({ kind: 'tool', name: tool.name }, async () => {
    llmobs.annotate({ inputData: tool.arguments })
    await pause(25)
    if (tool.failure !== undefined) throw new CalendarTimeout(tool.failure)
    llmobs.annotate({ outputData: tool.result })
    return tool.result
  })
}

/**
 * @param {Customer} customer
 * @param {Record<string, unknown> | undefined} result
 */
function phrase({ question, model, provider, answer, tokens }, result) {
  return llmobs.trace(
    { kind: 'llm', name: 'answer', modelName: model, modelProvider: provider },
    async () => {
      await pause(50)
      const [inputTokens, outputTokens] = tokens.answer
      llmobs.annotate({
        inputData: [
          { role: 'user', content: question },
          { role: 'tool', content: JSON.stringify(result), toolId: 'call_1' }
        ],
        outputData: [{ role: 'assistant', content: answer }],
        metadata: { temperature: 0.2 },
        metrics: { inputTokens, outputTokens, totalTokens: inputTokens + outputTokens }
      })
      return answer
    }
  )
}

module.exports = { answerQuestion }
