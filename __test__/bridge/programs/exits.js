'use strict'

// Many spans of two tenants in one tick, and then an end of the process.

const { ACME, GLOBEX, bridge, init, tracer } = require('./world')

const SPANS = 1500

init()
bridge.attach(tracer, { drainOnSignals: ['SIGTERM'] })
for (const route of [ACME, GLOBEX]) {
  tracer.llmobs.routingContext(route, () => {
    for (let count = 0; count < SPANS; count++) tracer.llmobs.trace({ kind: 'task', name: 'one' }, () => {})
  })
}
process.send({}, () => {
  process.disconnect()
  const ways = {
    natural() {},
    exit: () => process.exit(),
    'flush and exit'() {
      tracer.llmobs.flush()
      process.exit()
    },
    exception() {
      throw new Error('on purpose')
    },
    signal: () => process.kill(process.pid, 'SIGTERM')
  }
  ways[process.argv[2]]()
})
