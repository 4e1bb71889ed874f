'use strict'

// Spanlane was initialised before attach; it is shut down while attached; attach comes after that.

const { setImmediate: turn } = require('node:timers/promises')
const { ACME, bridge, hosts, init, llmobs, main, thrownBy, tracer } = require('./world')

main(async () => {
  init()
  llmobs.init({ mlApp: 'assistant', outsideContexts: 'refuse', logger: {} })
  const otherOptions = thrownBy(() => bridge.attach(tracer, { outsideContexts: 'default' }))
  const isUntouched = !('withRoutingContext' in tracer.llmobs)
  const { active, detach } = bridge.attach(tracer)
  const task = name => tracer.llmobs.trace({ kind: 'task', name }, () => 'ran')
  tracer.llmobs.withRoutingContext(ACME, () => task('of acme'))
  task('of nobody')
  const report = await llmobs.shutdown()
  const results = [tracer.llmobs.withRoutingContext(ACME, () => task('after shutdown'))]
  const flushed = await tracer.llmobs.flush().catch(error => error.code)
  const { droppedByReason } = llmobs.stats().total
  detach()
  results.push(tracer.llmobs.routingContext(ACME, () => task('by dd-trace')))
  tracer.llmobs.flush()
  while (hosts.size === 0) await turn()
  const afterShutdown = thrownBy(() => bridge.attach(tracer))
  return {
    otherOptions,
    isUntouched,
    active,
    delivered: report.delivered,
    results,
    flushed,
    droppedByReason,
    afterShutdown
  }
})
