import { createOpenAI } from '@ai-sdk/openai'
import { generateText, streamText } from 'ai'
import { routeOf } from '../platform.js'
import { askForAll } from '../questions.js'

const openai = createOpenAI({ baseURL: `${process.env.MODEL_URL}/v1`, apiKey: 'none' })
const model = openai.chat('gpt-5-mini')

// guide: provider
import { OpenTelemetry } from '@ai-sdk/otel'
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node'
import { registerTelemetry } from 'ai'
import { llmobs } from 'spanlane'
import { SpanlaneSpanProcessor } from 'spanlane/opentelemetry'

llmobs.init({ mlApp: 'support-bot', drainOnSignals: ['SIGTERM'] })
new NodeTracerProvider({ spanProcessors: [new SpanlaneSpanProcessor()] }).register()
registerTelemetry(new OpenTelemetry())
// end

// guide: response
function responseFor(customer, question) {
  return llmobs.withRoutingContext(routeOf(customer), () =>
    streamText({ model, prompt: question }).toTextStreamResponse()
  )
}
// end

// A step says nothing of what was asked: the tag does.
const told = (question, work) => llmobs.annotationContext({ tags: { question } }, work)

await Promise.all([
  askForAll((customer, question) =>
    llmobs.withRoutingContext(routeOf(customer), () =>
      told(question, async () => (await generateText({ model, prompt: question })).text)
    )
  ),
  askForAll(async (customer, question) => told(question, () => responseFor(customer, question)).text())
])
