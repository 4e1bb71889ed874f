'use strict'

// The provider of OpenTelemetry is dd-trace's. Argument: "attached", or nothing.

const { SpanlaneSpanProcessor } = require('../../../opentelemetry')
const { ACME, Log, bridge, init, llmobs, main, tracer } = require('../../bridge/programs/world')

init()
const log = new Log()
if (process.argv[2] === 'attached') bridge.attach(tracer, { logger: log })
else llmobs.init({ mlApp: 'assistant', logger: log })

main(async () => {
  // What the SDK's own class becomes under DD_TRACE_OTEL_ENABLED.
  const { NodeTracerProvider } = require('@opentelemetry/sdk-trace-node')
  const provider = new NodeTracerProvider({ spanProcessors: [new SpanlaneSpanProcessor()] })
  provider.register()
  const run = () => {
    for (let index = 0; index < 3; index++) {
      const span = provider.getTracer('my-app').startSpan('call')
      span.setAttributes({ 'gen_ai.operation.name': 'chat', 'gen_ai.request.model': 'm' })
      span.end()
    }
  }
  if (process.argv[2] === 'attached') await tracer.llmobs.routingContext(ACME, async () => run())
  else llmobs.withRoutingContext(ACME, run)
  await llmobs.flush()
  return { log: log.lines, isTheirs: provider.constructor === tracer.TracerProvider }
})
