'use strict'

/**
 * Two customers of one platform ask at the same time. The application is instrumented with OpenTelemetry, by the semantic
 * conventions for generative AI; one processor sends each customer's spans to its own organisation. Runs without an
 * account: the model provider and the intake are local. Ends with code 1 if anything crossed or is missing.
 */

const { NodeTracerProvider } = require('@opentelemetry/sdk-trace-node')
const { llmobs } = require('spanlane')
const { SpanlaneSpanProcessor } = require('spanlane/opentelemetry')
const { startIntake } = require('spanlane/testing')
const { customers } = require('../dd-trace-openai/customers')
const { startProvider } = require('../dd-trace-openai/provider')
const { answer } = require('./assistant')
const { conclude, questionsOf } = require('./judge')

const QUESTIONS = 4
/** Spans of one question: the agent, the tool, the model. The request around is nobody's. */
const SPANS = 3

async function main() {
  const intake = await startIntake()
  const provider = await startProvider()
  llmobs.init({ mlApp: 'assistant', intakeUrl: intake.url })
  const tracing = new NodeTracerProvider({ spanProcessors: [new SpanlaneSpanProcessor()] })
  tracing.register()

  await Promise.all(
    questionsOf(customers, QUESTIONS).map(({ customer: { name, ddApiKey, ddSite }, index }) =>
      llmobs.withRoutingContext({ ddApiKey, ddSite, tenant: name }, () =>
        answer(provider.url, name, `question ${index} of ${name}`)
      )
    )
  )
  // Waits for the delivery, too.
  await tracing.shutdown()

  await conclude(intake, provider, customers, QUESTIONS * SPANS)
}

main().catch(error => {
  console.error(error)
  process.exitCode = 1
})
