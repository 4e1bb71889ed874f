'use strict'

// Spanlane is switched off: dd-trace works as without it, and the calls of the bridge still run.

const { ACME, Log, bridge, init, llmobs, main, tracer } = require('./world')

main(async () => {
  const log = new Log()
  const before = bridge.attach(tracer, { enabled: false, logger: log })
  const early = tracer.llmobs.withRoutingContext(ACME, () => 'ran early')
  init({}, { agentlessEnabled: false })
  const late = tracer.llmobs.withRoutingContext(ACME, () =>
    tracer.llmobs.trace({ kind: 'task', name: 'one' }, () => 'ran late')
  )
  const own = llmobs.withRoutingContext(ACME, () =>
    llmobs.trace({ kind: 'task', name: 'two' }, () => 'ran too')
  )
  tracer.llmobs.flush()
  await new Promise(resolve => setImmediate(resolve))
  before.detach()
  return {
    active: before.active,
    version: before.version,
    results: [early, late, own],
    lines: log.lines,
    left: 'withRoutingContext' in tracer.llmobs
  }
})
