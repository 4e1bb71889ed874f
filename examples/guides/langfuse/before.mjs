import { CUSTOMERS } from '../customers.js'
import { askForAll } from '../questions.js'
import { complete } from '../model.js'
import { startSink } from '../sink.js'

const sink = await startSink()
const projectOf = name => ({ publicKey: `pk-${name}`, secretKey: `sk-${name}`, baseUrl: sink.url })

// guide: before
import { LangfuseSpanProcessor } from '@langfuse/otel'
import { propagateAttributes, startActiveObservation } from '@langfuse/tracing'
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node'

// One processor for each customer's project, each of which picks its spans by a tag of yours.
const provider = new NodeTracerProvider({
  spanProcessors: Object.keys(CUSTOMERS).map(
    name =>
      new LangfuseSpanProcessor({
        ...projectOf(name),
        shouldExportSpan: ({ otelSpan }) => otelSpan.attributes['langfuse.trace.metadata.customer'] === name
      })
  )
})
provider.register()

function answerFor(customer, question) {
  return propagateAttributes({ sessionId: 'chat-4711', metadata: { customer } }, () =>
    startActiveObservation(
      'chat',
      async generation => {
        const { content, usage } = await complete(question)
        generation.update({
          model: 'gpt-5-mini',
          input: [{ role: 'user', content: question }],
          output: { role: 'assistant', content },
          usageDetails: { input: usage.prompt_tokens, output: usage.completion_tokens }
        })
        return content
      },
      { asType: 'generation' }
    )
  )
}
// end

await askForAll(answerFor)
await provider.shutdown()
if (sink.keys.size !== 2) throw new Error(`there came ${[...sink.keys]}`)
sink.close()
