'use strict'

// Spans by hand beside a bridged tracer: they follow its routing contexts, and its spans.

const { ACME, GLOBEX, bridge, init, llmobs, main, tracer } = require('./world')

main(async () => {
  init()
  const { detach } = bridge.attach(tracer)
  const observe = tracer.llmobs
  observe.withRoutingContext(ACME, () => {
    llmobs.startSpan({ kind: 'task', name: 'in a context' }).end()
    observe.trace({ kind: 'workflow', name: 'by dd-trace' }, span => {
      const below = llmobs.startSpan({ kind: 'task', name: 'below the active' })
      below.run(() =>
        observe.withRoutingContext(GLOBEX, () =>
          llmobs.startSpan({ kind: 'task', name: 'inner context' }).end()
        )
      )
      below.end()
      llmobs.startSpan({ kind: 'task', name: 'below the given', parent: span }).end()
      llmobs.startSpan({ kind: 'task', name: 'elsewhere', route: GLOBEX }).end()
    })
  })
  const report = await llmobs.flush()
  detach()
  return { report }
})
