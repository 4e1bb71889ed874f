'use strict'

// Another dd-trace was preloaded and initialised before this program, which has its own.

const path = require('node:path')
const { ACME, bridge, init, main, tracer } = require('./world')

main(async () => {
  init()
  const { version, active } = bridge.attach(tracer)
  const { llmobs } = tracer
  llmobs.withRoutingContext(ACME, () => {
    llmobs.trace({ kind: 'task', name: 'of acme' }, () => {})
    llmobs.submitEvaluation({ traceId: '1', spanId: '2' }, { label: 'rating', metricType: 'score', value: 1 })
  })
  llmobs.trace({ kind: 'task', name: 'ours' }, () => {})
  await llmobs.flush()
  const root = path.dirname(require.resolve(process.env.BRIDGE_DD_TRACE ?? 'dd-trace'))
  const ownClass = require(path.join(root, 'packages', 'dd-trace', 'src', 'llmobs', 'sdk.js'))
  return {
    active,
    version,
    own: require(path.join(root, 'package.json')).version,
    isOwnChanged: 'withRoutingContext' in ownClass.prototype
  }
})
