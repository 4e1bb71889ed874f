'use strict'

// A second copy of Spanlane, at BRIDGE_COPY, beside the attached one.

const { join } = require('node:path')
const { ACME, GLOBEX, bridge, init, llmobs, main, thrownBy, tracer } = require('./world')

const folder = process.env.BRIDGE_COPY
const other = { bridge: require(join(folder, 'dd-trace.js')), llmobs: require(folder).llmobs }
const task = (name, fn = () => {}) => tracer.llmobs.trace({ kind: 'task', name }, fn)

main(async () => {
  init()
  const first = bridge.attach(tracer)
  const refused = thrownBy(() => other.bridge.attach(tracer, { logger: {} }))
  let finish
  tracer.llmobs.withRoutingContext(ACME, () => {
    task('of the first')
    tracer.llmobs.trace({ kind: 'task', name: 'under way' }, (_span, done) => {
      finish = done
    })
  })
  const late = tracer.llmobs.withRoutingContext(ACME, () => {
    const { AsyncResource } = require('node:async_hooks')
    return AsyncResource.bind(() => task('in a context of the first'))
  })
  first.detach()
  other.bridge.attach(tracer, { logger: {} })
  const refusedToo = thrownBy(() => bridge.attach(tracer))
  finish()
  late()
  tracer.llmobs.withRoutingContext(GLOBEX, () => {
    task('of the second', () =>
      tracer.llmobs.submitEvaluation(tracer.llmobs.exportSpan(), {
        label: 'rating of the second',
        metricType: 'score',
        value: 1
      })
    )
    other.llmobs.trace({ kind: 'task', name: 'by the second' }, () => {})
  })
  const reports = await Promise.all([llmobs.flush(), other.llmobs.flush()])
  return {
    refused,
    refusedToo,
    delivered: reports.map(({ delivered }) => delivered),
    dropped: [llmobs, other.llmobs].map(one => one.stats().total.droppedByReason)
  }
})
