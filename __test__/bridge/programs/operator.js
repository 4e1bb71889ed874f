'use strict'

// What the operator's APM trace says about a tenant's span.

const { ACME, bridge, init, main, tracer } = require('./world')

main(async () => {
  init()
  const { version } = bridge.attach(tracer, { apmGenAiTags: process.argv[2] })
  const call = name =>
    tracer.llmobs.trace(
      { kind: 'llm', name, modelName: `model of ${name}`, sessionId: `session of ${name}` },
      span => {
        span.setTag('gen_ai.by.application', `set for ${name}`)
        tracer.llmobs.annotate({ inputData: `prompt of ${name}`, metrics: { inputTokens: 5 } })
      }
    )
  tracer.llmobs.routingContext(ACME, () => call('acme'))
  call('ours')
  await tracer.llmobs.flush()
  return { version }
})
