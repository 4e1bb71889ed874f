'use strict'

// OpenInference's instrumentation of OpenAI: answers and streams that one tenant asks for and another one reads.

const { SpanlaneSpanProcessor } = require('../../opentelemetry')
const { startProvider } = require('../../examples/dd-trace-openai/provider')
const { NAMES, RUNS, load, openWorld, routeOf, runAll, tell, textOf, verdict } = require('./world')

async function main() {
  const { intake, llmobs } = await openWorld()
  const server = await startProvider()
  const { NodeTracerProvider } = load('@opentelemetry/sdk-trace-node')
  const provider = new NodeTracerProvider({ spanProcessors: [new SpanlaneSpanProcessor({ llmobs })] })
  provider.register()
  const { OpenAIInstrumentation } = load('@arizeai/openinference-instrumentation-openai')
  const instrumentation = new OpenAIInstrumentation({ tracerProvider: provider })
  instrumentation.setTracerProvider(provider)
  const OpenAI = load('openai')
  instrumentation.manuallyInstrument(OpenAI.OpenAI ?? OpenAI)
  const client = new (OpenAI.OpenAI ?? OpenAI)({ apiKey: 'none', baseURL: `${server.url}/v1`, maxRetries: 0 })
  await runAll(llmobs, async (name, index) => {
    const messages = [{ role: 'user', content: textOf(name) }]
    const other = routeOf(NAMES[(index + 1) % NAMES.length])
    if (index % 2 === 0) {
      const answer = client.chat.completions.create({ model: 'gpt-4o', messages })
      return llmobs.withRoutingContext(other, async () => await answer)
    }
    const stream = await client.chat.completions.create({ model: 'gpt-4o', messages, stream: true })
    return llmobs.withRoutingContext(other, async () => {
      for await (const _ of stream) await null
    })
  })
  // The instrumentation reads its own branch of a stream.
  await new Promise(resolve => setTimeout(resolve, 200))
  await llmobs.flush()
  const found = verdict(intake)
  tell(found, { 'every call': found.spans === RUNS, 'each says whose it is': found.named === RUNS })
  await llmobs.shutdown()
  await provider.shutdown()
  server.close()
  await intake.close()
}

main()
