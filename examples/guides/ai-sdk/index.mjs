import { routeOf } from '../platform.js'
import { askForAll } from '../questions.js'

const baseURL = `${process.env.MODEL_URL}/v1`

// guide: provider
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node'
import { llmobs } from 'spanlane'
import { SpanlaneSpanProcessor } from 'spanlane/opentelemetry'

llmobs.init({ mlApp: 'support-bot', drainOnSignals: ['SIGTERM'] })
new NodeTracerProvider({ spanProcessors: [new SpanlaneSpanProcessor()] }).register()

// end

// guide: calls
import { createOpenAI } from '@ai-sdk/openai'
import { generateText, streamText } from 'ai'

const openai = createOpenAI({ baseURL, apiKey: 'none' })
const settings = {
  model: openai.chat('gpt-5-mini'),
  experimental_telemetry: { isEnabled: true, functionId: 'answer' }
}

function answerFor(customer, question) {
  return llmobs.withRoutingContext(routeOf(customer), async () => {
    const { text } = await generateText({ ...settings, prompt: question })
    return text
  })
}

function responseFor(customer, question) {
  return llmobs.withRoutingContext(routeOf(customer), () =>
    streamText({ ...settings, prompt: question }).toTextStreamResponse()
  )
}
// end

await Promise.all([
  askForAll(answerFor),
  askForAll(async (customer, question) => (await responseFor(customer, question)).text())
])
