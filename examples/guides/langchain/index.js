'use strict'

const { StringOutputParser } = require('@langchain/core/output_parsers')
const { ChatPromptTemplate } = require('@langchain/core/prompts')
const { routeOf } = require('../platform')
const { askForAll } = require('../questions')
const { LocalModel } = require('./local-model')

const model = new LocalModel()

// guide: handler
const { llmobs } = require('spanlane')
const { SpanlaneCallbackHandler } = require('spanlane/langchain')

llmobs.init({ mlApp: 'support-bot', drainOnSignals: ['SIGTERM'] })

// One for the whole process, whoever the customer is.
const callbacks = [new SpanlaneCallbackHandler()]
// end

// guide: chain
const prompt = ChatPromptTemplate.fromMessages([['user', '{question}']])
const chain = prompt.pipe(model).pipe(new StringOutputParser())

function answerFor(customer, question) {
  return llmobs.withRoutingContext(routeOf(customer), () =>
    chain.invoke({ question }, { callbacks, runName: 'answer', metadata: { session_id: 'chat-4711' } })
  )
}
// end

// guide: stream
async function streamFor(customer, question) {
  const stream = await llmobs.withRoutingContext(routeOf(customer), () =>
    chain.stream({ question }, { callbacks, runName: 'answer' })
  )
  let answer = ''
  for await (const piece of stream) answer += piece
  return answer
}
// end

Promise.all([askForAll(answerFor), askForAll(streamFor)])
