'use strict'

// Two libraries in one process: one calls dd-trace's llmobs, the other Spanlane's.

const { EventEmitter } = require('node:events')
const { ACME, GLOBEX, bridge, init, llmobs, main, tracer } = require('./world')

main(async () => {
  init()
  const { detach } = bridge.attach(tracer)
  const observe = tracer.llmobs
  const emitter = new EventEmitter()
  let bound
  await llmobs.withRoutingContext(ACME, async () => {
    await observe.trace({ kind: 'workflow', name: 'by dd-trace' }, async () => {
      await llmobs.trace({ kind: 'task', name: 'by spanlane' }, async () => {
        llmobs.annotate({ outputData: 'annotated by spanlane', tags: { by: 'spanlane' } })
        llmobs.annotationContext({ tags: { inside: 'yes' } }, () =>
          observe.trace({ kind: 'tool', name: 'by dd-trace again' }, () => {})
        )
        llmobs.wrap({ kind: 'tool', name: 'wrapped' }, value => value)('in')
      })
    })
    bound = llmobs.bindRoutingContext(() => llmobs.trace({ kind: 'task', name: 'bound' }, () => {}))
    llmobs
      .bindStream(emitter)
      .on('say', () => llmobs.trace({ kind: 'task', name: 'from an emitter' }, () => {}))
  })
  llmobs.withRoutingContext(GLOBEX, () => {
    bound()
    emitter.emit('say')
  })
  const routes = {
    inside: llmobs.withRoutingContext(ACME, () => llmobs.currentRoute().tenant),
    outside: llmobs.currentRoute().tenant
  }
  const route = llmobs.route(GLOBEX)
  observe.withRoutingContext(route, () => llmobs.trace({ kind: 'task', name: 'with a route' }, () => {}))
  observe.withRoutingContext(llmobs.route(JSON.parse(JSON.stringify(route))), () =>
    observe.trace({ kind: 'task', name: 'with a reference' }, () => {})
  )
  const report = await llmobs.flush()
  detach()
  const own = Object.getOwnPropertyNames(llmobs)
  return { routes, report, own }
})
