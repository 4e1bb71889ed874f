'use strict'

// Spans of OpenTelemetry's SDK until the code that reads them is compiled, and then a full collection while none of them is
// alive. Run by kept-shapes.test.js with --expose-gc and --trace-deopt: what is printed between the two lines was thrown away.

const { NodeTracerProvider } = require('@opentelemetry/sdk-trace-node')
const { SpanlaneSpanProcessor } = require('../../../opentelemetry')
const { collectAfter } = require('../../support/collection')

const BATCHES = 40
const SPANS = 200
const route = { ddApiKey: 'c'.repeat(32), tenant: 'acme' }
const message = {
  role: 'user',
  parts: [{ type: 'text', content: 'What is the capital of France? '.repeat(10) }]
}
const ATTRIBUTES = {
  'gen_ai.operation.name': 'chat',
  'gen_ai.response.model': 'large-2',
  'gen_ai.request.temperature': 0.7,
  'gen_ai.response.finish_reasons': ['stop'],
  'gen_ai.usage.input_tokens': 11,
  'gen_ai.usage.output_tokens': 12,
  'gen_ai.input.messages': JSON.stringify([message]),
  'gen_ai.output.messages': JSON.stringify([message])
}

collectAfter(BATCHES, llmobs => {
  const provider = new NodeTracerProvider({ spanProcessors: [new SpanlaneSpanProcessor({ llmobs })] })
  const tracer = provider.getTracer('test')
  return {
    batch() {
      llmobs.withRoutingContext(route, () => {
        for (let index = 0; index < SPANS; index++) {
          const span = tracer.startSpan('chat')
          span.setAttributes(ATTRIBUTES)
          span.end()
        }
      })
      return llmobs.flush()
    }
  }
})
