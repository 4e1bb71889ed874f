'use strict'

/**
 * Two customers of one platform ask at the same time, through version 7 of the Vercel AI SDK. One call, `observe`, sends
 * each customer's spans to its own organisation; nothing is said where the AI SDK is called. Runs without an account: the
 * model provider and the intake are local. Ends with code 1 if anything crossed or is missing.
 *
 * With version 5 or 6 it is `experimental_telemetry: { isEnabled: true, tracer }` at each call in place of `observe`.
 */

const { llmobs } = require('spanlane')
const { observe } = require('spanlane/ai')
const { startIntake } = require('spanlane/testing')
const { customers } = require('../dd-trace-openai/customers')
const { startProvider } = require('../dd-trace-openai/provider')
const { conclude, questionsOf } = require('../opentelemetry/judge')
const { localModel } = require('./local-model')

const QUESTIONS = 4
/** Spans of one question: the operation, its step, the call of the model. */
const SPANS = 3

/**
 * @param {typeof import('ai', { with: { 'resolution-mode': 'import' } })} ai
 * @param {any} settings
 * @param {string} prompt
 * @param {boolean} isStreamed
 */
async function answer({ generateText, streamText }, settings, prompt, isStreamed) {
  if (!isStreamed) return (await generateText({ ...settings, prompt })).text
  let text = ''
  for await (const piece of streamText({ ...settings, prompt }).textStream) text += piece
  return text
}

async function main() {
  const intake = await startIntake()
  const provider = await startProvider()
  llmobs.init({ mlApp: 'assistant', intakeUrl: intake.url })
  observe()
  const ai = await import('ai')
  const model = localModel(provider.url)

  await Promise.all(
    questionsOf(customers, QUESTIONS).map(({ customer: { name, ddApiKey, ddSite }, index }) =>
      llmobs.withRoutingContext({ ddApiKey, ddSite, tenant: name }, () =>
        answer(
          ai,
          // What of the context is told; here it proves whose a span is.
          { model, runtimeContext: { owner: name }, telemetry: { includeRuntimeContext: { owner: true } } },
          `question ${index} of ${name}`,
          index % 2 === 1
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
