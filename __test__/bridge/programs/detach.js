'use strict'

// What is under way when the bridge is taken off, and what comes after it.

const { ACME, GLOBEX, bridge, init, llmobs, main, tracer } = require('./world')

main(async () => {
  init()
  const { LLMObs, before } = prototypeBefore()
  const { detach } = bridge.attach(tracer)
  const observe = tracer.llmobs
  /** @type {Record<string, () => void>} */
  const finish = {}
  const start = name =>
    observe.trace({ kind: 'task', name }, (_span, done) => {
      finish[name] = done
    })
  observe.routingContext(ACME, () => start('started attached'))
  start('ours, started attached')
  await observe.routingContext(GLOBEX, async () => {
    detach()
    detach()
    start('started detached, in a context entered attached')
    observe.submitEvaluation({ traceId: '1', spanId: '2' }, { label: 'late', metricType: 'score', value: 1 })
  })
  for (const name of Object.keys(finish)) finish[name]()
  observe.routingContext({ ddApiKey: 'e'.repeat(32), ddSite: 'datadoghq.eu' }, () =>
    observe.trace({ kind: 'task', name: 'by dd-trace' }, () => {})
  )
  const restored = before.map(([name, value]) => [name, LLMObs.prototype[name] === value])
  const standalone = llmobs.withRoutingContext({ targets: ['default'] }, () =>
    llmobs.trace({ kind: 'task', name: 'by spanlane alone' }, span => span.constructor.name)
  )
  llmobs.trace({ kind: 'task', name: 'by spanlane alone, without a context' }, () => {})
  const flushed = observe.flush()
  await llmobs.flush()

  bridge.attach(tracer)
  observe.routingContext(ACME, () => observe.trace({ kind: 'task', name: 'attached again' }, () => {}))
  await llmobs.flush()
  return {
    restored,
    standalone,
    flushed: String(flushed),
    hasAlias: 'withRoutingContext' in LLMObs.prototype
  }
})

function prototypeBefore() {
  const LLMObs = tracer.llmobs.constructor
  const names = ['routingContext', 'exportSpan', 'submitEvaluation', 'flush']
  return { LLMObs, before: names.map(name => [name, LLMObs.prototype[name]]) }
}
