'use strict'

// Spans that name their parent: across a queue, into a pool, hours later.

const { ACME, GLOBEX, Log, bridge, init, llmobs, main, thrownBy, tracer } = require('./world')

const task = (name, options, fn = () => {}) => llmobs.trace({ kind: 'task', name, ...options }, fn)
const exported = span => JSON.parse(JSON.stringify(llmobs.exportSpan(span)))
const agent = { kind: 'agent', sessionId: 'session of acme', mlApp: 'app of acme' }

main(async () => {
  init()
  const log = new Log()
  llmobs.init({ logger: log })
  const early = llmobs.withRoutingContext(ACME, () =>
    llmobs.trace({ kind: 'task', name: 'early', mlApp: 'assistant' }, active => active)
  )
  const { version } = bridge.attach(tracer)

  let span
  const parent = llmobs.withRoutingContext(ACME, () =>
    task('acme', agent, active => {
      span = active
      return exported()
    })
  )
  let ownSpan
  const own = task('ours', {}, active => {
    ownSpan = active
    return exported()
  })
  const both = llmobs.withRoutingContext(GLOBEX, () =>
    task('globex', {}, () =>
      llmobs.withRoutingContext({ targets: [ACME, GLOBEX] }, () => task('both', {}, () => exported()))
    )
  )
  const before = llmobs.stats().total.tenantMismatch

  task('below the span', { parent: span }, () => task('and below it'))
  task('below the exported', { parent }, () => task('and below that'))
  const calm = llmobs.stats().total.tenantMismatch
  llmobs.withRoutingContext(GLOBEX, () => {
    task('called in globex', { parent: span })
    task('ours called in globex', { parent: ownSpan })
    task('after them')
    task('acme exported in globex', { parent }, () => task('and below it in globex'))
    task('ours exported in globex', { parent: own })
    task('unknown in globex', { parent: { ...parent, route: 'f'.repeat(32) } })
    task('no ids in globex', { parent: { ...parent, traceId: 'x'.repeat(1e6) } })
  })
  llmobs.withRoutingContext(ACME, () => task('exported in acme', { parent }))
  const counted = llmobs.stats().total.tenantMismatch
  llmobs.withRoutingContext(ACME, () =>
    task('without a route', { parent: { traceId: parent.traceId, spanId: parent.spanId } })
  )
  task('below early', { parent: early })
  task('below both', { parent: both })
  task('below ours', { parent: own })
  const wrapped = llmobs.wrap({ kind: 'tool', name: 'wrapped', parent }, function find(value) {
    return [this, value]
  })
  const called = wrapped.call('self', 'in')
  class Service {
    lookUp() {
      return 'found'
    }
  }
  const descriptor = { value: Service.prototype.lookUp, configurable: true, writable: true }
  const decorated = llmobs.decorate({ kind: 'tool', name: 'decorated', parent })(
    Service.prototype,
    'lookUp',
    descriptor
  )
  decorated.value.call(new Service())
  task('of nobody', { parent: { ...parent, route: 'f'.repeat(32) } })
  const errors = [{}, 'text', 5, { traceId: '1' }].map(wrong =>
    thrownBy(() => llmobs.trace({ kind: 'task', parent: wrong }, () => {}))
  )
  task('with null', { parent: null })
  await llmobs.flush()
  return {
    version,
    called,
    errors,
    mismatches: [before, calm, counted],
    warnings: log.lines,
    dropped: llmobs.stats().unrouted.droppedByReason
  }
})
