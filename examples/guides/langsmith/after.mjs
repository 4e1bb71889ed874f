import { routeOf } from '../platform.js'
import { askForAll } from '../questions.js'
import { complete } from '../model.js'

// guide: after
import { llmobs } from 'spanlane'

llmobs.init({ mlApp: 'support-bot', drainOnSignals: ['SIGTERM'] })

const CHAT = { kind: 'llm', name: 'chat', modelName: 'gpt-5-mini', sessionId: 'chat-4711' }

async function chat(question) {
  const { content, usage } = await complete(question)
  llmobs.annotate({
    inputData: [{ role: 'user', content: question }],
    outputData: { role: 'assistant', content },
    metrics: { inputTokens: usage.prompt_tokens, outputTokens: usage.completion_tokens }
  })
  return content
}

const traced = llmobs.wrap(CHAT, chat)

function answerFor(customer, question) {
  return llmobs.withRoutingContext(routeOf(customer), () => traced(question))
}
// end

await askForAll(answerFor)
