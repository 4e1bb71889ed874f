'use strict'

// Evaluations and feedback: inside the context, after it, in another one, by reference and without any.

const { ACME, GLOBEX, Log, bridge, init, llmobs, main, thrownBy, tracer } = require('./world')

main(async () => {
  init()
  const log = new Log()
  bridge.attach(tracer, { logger: log })
  const observe = tracer.llmobs
  const score = { metricType: 'score', value: 1 }
  const evaluate = (exported, label) => observe.submitEvaluation(exported, { ...score, label })
  const named = name => observe.trace({ kind: 'task', name }, () => observe.exportSpan())

  const ours = named('ours')
  evaluate(ours, 'ours')
  const acme = observe.routingContext(ACME, () => {
    const exported = named('of acme')
    evaluate(exported, 'acme inside')
    evaluate({ traceId: exported.traceId, spanId: exported.spanId }, 'acme inside, without reference')
    return exported
  })
  evaluate(JSON.parse(JSON.stringify(acme)), 'acme after')
  observe.routingContext(GLOBEX, () => evaluate(acme, 'acme in globex'))
  observe.routingContext(GLOBEX, () => evaluate(ours, 'ours in globex'))
  evaluate(ours, 'ours after')
  llmobs.submitEvaluation(acme, { ...score, label: 'acme by spanlane' })
  const submitter = { id: 'user 1' }
  if (observe.submitFeedback !== undefined) {
    observe.submitFeedback({
      span: acme,
      label: 'thumbs acme',
      metricType: 'boolean',
      value: true,
      submitter
    })
  }
  const lost = [
    [{ ...acme, route: '0'.repeat(32) }, 'lost: unknown route'],
    [{ ...acme, route: ','.repeat(1e6) }, 'lost: endless route']
  ]
  for (const [exported, label] of lost) evaluate(exported, label)
  evaluate({ traceId: acme.traceId, spanId: acme.spanId }, 'names no route')
  const errors = [
    thrownBy(() => evaluate({ traceId: '', spanId: '' }, 'x')),
    thrownBy(() => observe.submitEvaluation(acme, { ...score, label: '' }))
  ]
  await observe.flush()
  const { total, unrouted } = llmobs.stats()
  return {
    hasFeedback: observe.submitFeedback !== undefined,
    acme,
    errors,
    droppedByReason: total.droppedByReason,
    unrouted: unrouted.droppedByReason,
    lost: lost.length,
    mismatches: total.tenantMismatch
  }
})
