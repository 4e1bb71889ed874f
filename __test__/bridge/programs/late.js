'use strict'

// A routing context of dd-trace alone is open, with its key inside, when the bridge is attached.

const { ACME, bridge, init, llmobs, main, tracer } = require('./world')

main(async () => {
  init()
  let finish
  await tracer.llmobs.routingContext(ACME, async () => {
    tracer.llmobs.trace({ kind: 'task', name: 'started before' }, (_span, done) => {
      finish = done
    })
    bridge.attach(tracer)
    tracer.llmobs.trace({ kind: 'task', name: 'started after' }, () => {})
    tracer.llmobs.submitEvaluation(
      { traceId: '1', spanId: '2' },
      { label: 'inside', metricType: 'score', value: 1 }
    )
  })
  await tracer.llmobs.routingContext({ ...ACME, ddSite: 'datadoghq.com' }, async () => finish())
  await tracer.llmobs.flush()
  return { total: llmobs.stats().total }
})
