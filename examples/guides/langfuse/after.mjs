import { routeOf } from '../platform.js'
import { askForAll } from '../questions.js'
import { complete } from '../model.js'

// guide: after
import { llmobs } from 'spanlane'

llmobs.init({ mlApp: 'support-bot', drainOnSignals: ['SIGTERM'] })

const CHAT = { kind: 'llm', name: 'chat', modelName: 'gpt-5-mini', sessionId: 'chat-4711' }

function answerFor(customer, question) {
  return llmobs.withRoutingContext(routeOf(customer), () =>
    llmobs.trace(CHAT, async span => {
      const { content, usage } = await complete(question)
      llmobs.annotate(span, {
        inputData: [{ role: 'user', content: question }],
        outputData: { role: 'assistant', content },
        metrics: { inputTokens: usage.prompt_tokens, outputTokens: usage.completion_tokens }
      })
      return content
    })
  )
}
// end

await askForAll(answerFor)
