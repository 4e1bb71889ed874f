'use strict'

// The same calls in each of dd-trace's modes.

const { ACME, Log, bridge, init, llmobs, main, tracer } = require('./world')

const MODES = {
  agentless: { agentlessEnabled: true },
  agent: { agentlessEnabled: false },
  'auto-detect': { agentlessEnabled: undefined },
  disabled: null
}

const OUTSIDE = ['auto', 'default', 'refuse']

main(async () => {
  const log = new Log()
  const [, , mode, flag] = process.argv
  const llmobsOptions = MODES[mode]
  if (llmobsOptions === null) tracer.init({ startupLogs: false })
  else init({}, llmobsOptions)
  bridge.attach(tracer, { logger: log, outsideContexts: OUTSIDE.includes(flag) ? flag : undefined })
  if (flag === 'masked') {
    llmobs.registerProcessor(span => {
      for (const part of span.output) part.content = 'masked'
      return span
    })
  }
  const observe = tracer.llmobs
  const said = name =>
    observe.trace({ kind: 'task', name }, () => observe.annotate({ outputData: `said by ${name}` }))
  const results = [
    observe.routingContext(ACME, () => {
      said('of acme')
      return 'ran'
    })
  ]
  said('ours')
  observe.submitEvaluation({ traceId: '1', spanId: '2' }, { label: 'lost', metricType: 'score', value: 1 })
  // What stays with dd-trace is sent when the process ends.
  await observe.flush()
  return { results, warnings: log.lines, enabled: llmobs.enabled, stats: llmobs.stats() }
})
