import { CUSTOMERS } from '../customers.js'
import { askForAll } from '../questions.js'
import { complete } from '../model.js'
import { startSink } from '../sink.js'

const sink = await startSink()
process.env.LANGSMITH_TRACING = 'true'
const workspaceOf = name => ({ apiKey: `ls-${name}`, apiUrl: sink.url })

// guide: before
import { Client } from 'langsmith'
import { traceable } from 'langsmith/traceable'

const clients = new Map(Object.keys(CUSTOMERS).map(name => [name, new Client(workspaceOf(name))]))

async function chat(question) {
  const { content, usage } = await complete(question)
  return {
    messages: [{ role: 'assistant', content }],
    usage_metadata: { input_tokens: usage.prompt_tokens, output_tokens: usage.completion_tokens }
  }
}

async function answerFor(customer, question) {
  const traced = traceable(chat, {
    name: 'chat',
    run_type: 'llm',
    client: clients.get(customer),
    metadata: { ls_model_name: 'gpt-5-mini', session_id: 'chat-4711' }
  })
  const { messages } = await traced(question)
  return messages[0].content
}
// end

await askForAll(answerFor)
await Promise.all([...clients.values()].map(client => client.awaitPendingTraceBatches()))
if (sink.keys.size !== 2) throw new Error(`there came ${[...sink.keys]}`)
sink.close()
