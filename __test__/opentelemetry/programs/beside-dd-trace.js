'use strict'

// dd-trace is attached and follows the client of OpenAI; an instrumentation of OpenTelemetry follows it, too.

const http = require('node:http')
const { NodeTracerProvider } = require('@opentelemetry/sdk-trace-node')
const { SpanlaneSpanProcessor } = require('../../../opentelemetry')
const { ACME, Log, bridge, init, llmobs, main, tracer } = require('../../bridge/programs/world')

init()
const log = new Log()
bridge.attach(tracer, { logger: log })

const CHAT = { 'gen_ai.operation.name': 'chat', 'gen_ai.request.model': 'gpt-4o', 'gen_ai.system': 'openai' }
const ANSWER = {
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1,
  model: 'gpt-4o',
  choices: [{ index: 0, message: { role: 'assistant', content: 'Paris' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 3, completion_tokens: 1, total_tokens: 4 }
}

const provider = new NodeTracerProvider({ spanProcessors: [new SpanlaneSpanProcessor()] })
provider.register()

/** @param {string} scope @param {string} name @param {() => any} fn */
async function within(scope, name, fn) {
  return provider.getTracer(scope).startActiveSpan(name, { attributes: CHAT }, async span => {
    await fn()
    span.end()
  })
}

main(async () => {
  const { OpenAI } = require('openai')
  const server = http.createServer((request, response) => {
    request.resume()
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(ANSWER))
  })
  await new Promise(resolve => server.listen(0, '127.0.0.1', () => resolve(null)))
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
  const client = new OpenAI({ apiKey: 'none', baseURL: `http://127.0.0.1:${port}/v1` })
  const ask = () =>
    client.chat.completions.create({ model: 'gpt-4o', messages: [{ role: 'user', content: 'France?' }] })
  await tracer.llmobs.routingContext(ACME, async () => {
    for (const scope of [
      '@arizeai/openinference-instrumentation-openai',
      '@opentelemetry/instrumentation-openai'
    ])
      await within(scope, 'followed twice', ask)
    await within('@traceloop/instrumentation-cohere', 'not followed by dd-trace', () => {})
    await within('my-app', 'own', () =>
      within('@traceloop/instrumentation-openai', 'between', () => within('my-app', 'below', () => {}))
    )
  })
  await tracer.llmobs.flush()
  await provider.forceFlush()
  await llmobs.flush()
  server.close()
  server.closeAllConnections()
  return { log: log.lines }
})
