import { routeOf } from '../platform.js'
import { askForAll } from '../questions.js'

const baseURL = `${process.env.MODEL_URL}/v1`

// guide: observe
import { llmobs } from 'spanlane'
import { observe } from 'spanlane/ai'

llmobs.init({ mlApp: 'support-bot', drainOnSignals: ['SIGTERM'] })
observe()
// end

// guide: calls
import { createOpenAI } from '@ai-sdk/openai'
import { generateText, streamText } from 'ai'

const openai = createOpenAI({ baseURL, apiKey: 'none' })
const model = openai.chat('gpt-5-mini')

function answerFor(customer, question) {
  return llmobs.withRoutingContext(routeOf(customer), async () => {
    const { text } = await generateText({ model, prompt: question })
    return text
  })
}

function answerStreamedFor(customer, question) {
  return llmobs.withRoutingContext(
    routeOf(customer),
    () => streamText({ model, prompt: question }).textStream
  )
}
// end

await Promise.all([
  askForAll(answerFor),
  askForAll(async (customer, question) => {
    let answer = ''
    for await (const piece of answerStreamedFor(customer, question)) answer += piece
    return answer
  })
])
