// Version 6, beside the one that the other programs use.
import { createOpenAI } from '@ai-sdk/openai-v6'
import { generateText, streamText } from 'ai-v6'
import { llmobs } from 'spanlane'
import { routeOf } from '../platform.js'
import { askForAll } from '../questions.js'

llmobs.init({ mlApp: 'support-bot', drainOnSignals: ['SIGTERM'] })
const openai = createOpenAI({ baseURL: `${process.env.MODEL_URL}/v1`, apiKey: 'none' })
const model = openai.chat('gpt-5-mini')

// guide: tracer
import { tracer } from 'spanlane/ai'

const settings = { model, experimental_telemetry: { isEnabled: true, tracer } }

function answerFor(customer, question) {
  return llmobs.withRoutingContext(routeOf(customer), async () => {
    const { text } = await generateText({ ...settings, prompt: question })
    return text
  })
}
// end

await Promise.all([
  askForAll(answerFor),
  askForAll((customer, question) =>
    llmobs.withRoutingContext(routeOf(customer), async () => {
      let answer = ''
      for await (const piece of streamText({ ...settings, prompt: question }).textStream) answer += piece
      return answer
    })
  )
])
