'use strict'

// All calls that make spans and metrics, in and outside routing contexts, with the bridge attached before or
// after dd-trace is initialised.

const { ACME, GLOBEX, bridge, init, llmobs, main, tracer } = require('./world')

main(async () => {
  if (process.argv[2] === 'before') bridge.attach(tracer)
  init()
  const { version } = bridge.attach(tracer)
  const observe = tracer.llmobs

  observe.trace({ kind: 'task', name: 'ours' }, () => {})
  await observe.routingContext(ACME, async () => {
    await observe.trace({ kind: 'llm', name: 'traced' }, async () => {
      observe.annotate({ inputData: 'question', outputData: [{ role: 'assistant', content: 'answer' }] })
    })
    await observe.wrap({ kind: 'tool', name: 'wrapped' }, async input => `${input}!`)('look up')
    observe.trace({ kind: 'task', name: 'called back' }, (_span, done) => setImmediate(done))
  })
  let finish
  observe.withRoutingContext(GLOBEX, () =>
    observe.trace({ kind: 'task', name: 'finished elsewhere' }, (_span, done) => {
      finish = done
    })
  )
  await new Promise(resolve => setImmediate(resolve))
  observe.routingContext(ACME, () => finish())
  llmobs.withRoutingContext(GLOBEX, () => llmobs.trace({ kind: 'task', name: 'by spanlane' }, () => {}))
  const result = observe.routingContext(ACME, () => 'what fn returned')
  const report = await observe.flush()
  return { version, result, report, stats: llmobs.stats().total }
})
