'use strict'

/**
 * Two customers of one platform ask at the same time, through LangChain. One callback handler sends each customer's runs
 * to its own organisation. Runs without an account: the model provider and the intake are local. Ends with code 1 if
 * anything crossed or is missing.
 */

const { StringOutputParser } = require('@langchain/core/output_parsers')
const { ChatPromptTemplate } = require('@langchain/core/prompts')
const { RunnableSequence } = require('@langchain/core/runnables')
const { llmobs } = require('spanlane')
const { SpanlaneCallbackHandler } = require('spanlane/langchain')
const { startIntake } = require('spanlane/testing')
const { customers } = require('../dd-trace-openai/customers')
const { startProvider } = require('../dd-trace-openai/provider')
const { conclude, questionsOf } = require('../opentelemetry/judge')
const { LocalModel } = require('./local-model')

const QUESTIONS = 4
/** Runs of one question: the sequence, the prompt, the model, the parser. */
const RUNS = 4

async function main() {
  const intake = await startIntake()
  const provider = await startProvider()
  llmobs.init({ mlApp: 'assistant', intakeUrl: intake.url })

  const prompt = ChatPromptTemplate.fromMessages([['user', '{question}']])
  const chain = RunnableSequence.from([prompt, new LocalModel(provider.url), new StringOutputParser()])
  // One for the whole process.
  const callbacks = [new SpanlaneCallbackHandler()]

  await Promise.all(
    questionsOf(customers, QUESTIONS).map(({ customer: { name, ddApiKey, ddSite }, index }) =>
      llmobs.withRoutingContext({ ddApiKey, ddSite, tenant: name }, () =>
        chain.invoke(
          { question: `question ${index} of ${name}` },
          { callbacks, metadata: { owner: name }, runName: 'answer' }
        )
      )
    )
  )
  await llmobs.flush()

  await conclude(intake, provider, customers, QUESTIONS * RUNS)
}

main().catch(error => {
  console.error(error)
  process.exitCode = 1
})
