'use strict'

// Calls of dd-trace alone; `-r ./attach.js` puts Spanlane below them, so that they are delivered here.

const { routeOf } = require('../platform')
const { askForAll } = require('../questions')
const { complete } = require('../model')

// guide: before
const tracer = require('dd-trace').init({ llmobs: { mlApp: 'support-bot', agentlessEnabled: true } })
const { llmobs } = tracer

function answerFor(customer, question) {
  const { ddApiKey, ddSite } = routeOf(customer)
  return llmobs.routingContext({ ddApiKey, ddSite }, () =>
    llmobs.trace({ kind: 'llm', name: 'chat', modelName: 'gpt-5-mini' }, async span => {
      const { content, usage } = await complete(question)
      llmobs.annotate(span, {
        inputData: [{ role: 'user', content: question }],
        outputData: [{ role: 'assistant', content }],
        metrics: { inputTokens: usage.prompt_tokens, outputTokens: usage.completion_tokens }
      })
      return content
    })
  )
}
// end

askForAll(answerFor)
