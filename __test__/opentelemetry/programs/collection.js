'use strict'

// Spans of OpenTelemetry's SDK until the code that reads them is compiled, and then a full collection while none of them is
// alive. Run by kept-shapes.test.js with --expose-gc and --trace-deopt: what is printed between the two lines was thrown away.

const { createServer } = require('node:http')
const { NodeTracerProvider } = require('@opentelemetry/sdk-trace-node')
const { createLLMObs } = require('../../..')
const { SpanlaneSpanProcessor } = require('../../../opentelemetry')

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

const intake = createServer((request, response) => {
  request.resume()
  request.once('end', () => response.writeHead(202).end())
})

async function main() {
  const { port } = /** @type {import('node:net').AddressInfo} */ (intake.address())
  const llmobs = createLLMObs({ mlApp: 'shop', intakeUrl: `http://127.0.0.1:${port}` })
  const provider = new NodeTracerProvider({ spanProcessors: [new SpanlaneSpanProcessor({ llmobs })] })
  const tracer = provider.getTracer('test')
  const batch = () => {
    llmobs.withRoutingContext(route, () => {
      for (let index = 0; index < SPANS; index++) {
        const span = tracer.startSpan('chat')
        span.setAttributes(ATTRIBUTES)
        span.end()
      }
    })
    return llmobs.flush()
  }
  for (let index = 0; index < BATCHES; index++) await batch()
  process.stdout.write('collecting\n')
  globalThis.gc?.()
  process.stdout.write('collected\n')
  await llmobs.shutdown()
  intake.close()
  intake.closeAllConnections()
}

intake.listen(0, '127.0.0.1', main)
