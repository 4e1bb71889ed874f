'use strict'

/**
 * Two customers of one platform ask at the same time, through one client of OpenAI and one of Anthropic. Each answer, half
 * of them streamed, arrives at the organisation of the customer who asked. Runs without an account: the model provider and
 * the intake are local. Ends with code 1 if anything crossed or is missing.
 */

const { Anthropic } = require('@anthropic-ai/sdk')
const { OpenAI } = require('openai')
const { llmobs } = require('spanlane')
const { observe: observeAnthropic } = require('spanlane/anthropic')
const { observe: observeOpenAI } = require('spanlane/openai')
const { startIntake } = require('spanlane/testing')
const { customers } = require('../dd-trace-openai/customers')
const { startProvider } = require('../dd-trace-openai/provider')
const { conclude, questionsOf } = require('../opentelemetry/judge')

const QUESTIONS = 4
/** Of one question: the workflow, and an answer of each client. */
const SPANS = 3

async function main() {
  const intake = await startIntake()
  const provider = await startProvider()
  llmobs.init({ mlApp: 'assistant', intakeUrl: intake.url })

  // Each once for the whole process.
  const openai = observeOpenAI(new OpenAI({ apiKey: 'none', baseURL: `${provider.url}/v1` }))
  const anthropic = observeAnthropic(new Anthropic({ apiKey: 'none', baseURL: provider.url }))

  /** @param {string} content @param {boolean} isStreamed */
  const ask = async (content, isStreamed) => {
    const messages = [{ role: /** @type {const} */ ('user'), content }]
    const message = { model: 'claude-local', max_tokens: 100, messages }
    if (!isStreamed) {
      await openai.chat.completions.create({ model: 'gpt-4o', messages })
      await anthropic.messages.create(message)
      return
    }
    for await (const _ of await openai.chat.completions.create({ model: 'gpt-4o', messages, stream: true }));
    await anthropic.messages.stream(message).finalMessage()
  }

  await Promise.all(
    questionsOf(customers, QUESTIONS).map(({ customer: { name, ddApiKey, ddSite }, index }) =>
      llmobs.withRoutingContext({ ddApiKey, ddSite, tenant: name }, () =>
        llmobs.annotationContext({ tags: { owner: name } }, () =>
          llmobs.trace({ kind: 'workflow', name: 'answer' }, () => {
            const question = `question ${index} of ${name}`
            llmobs.annotate({ inputData: question })
            return ask(question, index % 2 === 1)
          })
        )
      )
    )
  )
  await llmobs.flush()

  await conclude(intake, provider, customers, QUESTIONS * SPANS)
}

main().catch(error => {
  console.error(error)
  process.exitCode = 1
})
