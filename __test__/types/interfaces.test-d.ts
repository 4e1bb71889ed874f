import { expectError } from 'tsd'
import { type ExportedSpan, type InitOptions, llmobs, type Message, type Span } from '../..'

// A type that names its fields is taken wherever an object of any fields is.

interface Usage {
  inputTokens: number
  outputTokens?: number
}
interface Own {
  latency: number
  retries: number | undefined
}
interface Wrong {
  latency: string
}
interface Details {
  region: string
  nested: { attempt: number }
}
interface City {
  city: string
  units?: 'c' | 'f'
}
class Person {
  constructor(readonly id: string) {}
}
declare const usage: Usage
declare const own: Own
declare const wrong: Wrong
declare const details: Details
declare const city: City
declare const span: Span
declare const exported: ExportedSpan
declare const maybe: number | undefined

llmobs.annotate({ metrics: usage })
llmobs.annotate(span, { metrics: own })
llmobs.annotate({ metrics: { inputTokens: maybe, outputTokens: null, cost: 0.1 } })
llmobs.annotate({ metrics: undefined, metadata: undefined, tags: undefined })
expectError(llmobs.annotate({ metrics: wrong }))
llmobs.annotate({ metadata: details, tags: details })
llmobs.annotate({ metadata: new Person('1') })
llmobs.annotate({ prompt: { variables: city, tags: { team: 'core' } } })
llmobs.annotate({ toolDefinitions: [{ name: 'weather', schema: city }] })
llmobs.annotate({ agent: { modelSettings: details, tools: [{ name: 'weather', parameters: city }] } })
const message: Message = {
  role: 'assistant',
  toolCalls: [{ name: 'weather', arguments: city }],
  toolResults: [{ result: '21' }]
}
llmobs.annotate({ inputData: [message], outputData: message })
llmobs.annotationContext({ tags: details }, () => {})
llmobs.submitEvaluation(exported, {
  label: 'q',
  metricType: 'json',
  value: details,
  metadata: details,
  tags: details
})
llmobs.submitFeedback({
  label: 'q',
  metricType: 'json',
  value: city,
  tags: details,
  sessionId: 's',
  submitter: new Person('1')
})
const options: InitOptions = { tags: details }
llmobs.init(options)
