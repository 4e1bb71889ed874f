'use strict'

const { routeOf } = require('../platform')
const { askForAll } = require('../questions')
const { complete } = require('../model')

// guide: after
const { llmobs } = require('spanlane')
llmobs.init({ mlApp: 'support-bot' })

function answerFor(customer, question) {
  const { ddApiKey, ddSite } = routeOf(customer)
  return llmobs.withRoutingContext({ ddApiKey, ddSite, tenant: customer }, () =>
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
