import { routeOf } from '../platform.js'
import { askForAll } from '../questions.js'
import { complete } from '../model.js'

// guide: keep
import { startActiveObservation } from '@langfuse/tracing'
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node'
import { llmobs } from 'spanlane'
import { SpanlaneSpanProcessor } from 'spanlane/opentelemetry'

llmobs.init({ mlApp: 'support-bot', drainOnSignals: ['SIGTERM'] })
// A LangfuseSpanProcessor may stand beside it as long as you need both.
new NodeTracerProvider({ spanProcessors: [new SpanlaneSpanProcessor()] }).register()

function answerFor(customer, question) {
  return llmobs.withRoutingContext(routeOf(customer), () =>
    startActiveObservation('chat', generation => answer(generation, question), { asType: 'generation' })
  )
}
// end

async function answer(generation, question) {
  const { content, usage } = await complete(question)
  generation.update({
    model: 'gpt-5-mini',
    input: [{ role: 'user', content: question }],
    output: { role: 'assistant', content },
    usageDetails: { input: usage.prompt_tokens, output: usage.completion_tokens }
  })
  return content
}

await askForAll(answerFor)
