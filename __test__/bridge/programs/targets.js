'use strict'

// Spans for several organisations at once, and what each route's own settings do to its copy.

const { ACME, GLOBEX, bridge, init, llmobs, main, tracer } = require('./world')

main(async () => {
  init()
  bridge.attach(tracer)
  const observe = tracer.llmobs
  const say = (name, options, fn = () => {}) =>
    observe.trace({ kind: 'agent', name, ...options }, () => {
      observe.annotate({ inputData: `secret of ${name}`, outputData: `answer of ${name}` })
      return fn()
    })
  let exported
  observe.withRoutingContext(ACME, () =>
    say('acme only', { sessionId: 'of acme' }, () =>
      observe.withRoutingContext({ targets: [ACME, GLOBEX, 'default'] }, () =>
        say('for three', {}, () => {
          exported = observe.exportSpan()
          say('child of three')
          observe.withRoutingContext(GLOBEX, () => say('globex below'))
        })
      )
    )
  )
  observe.submitEvaluation(exported, { label: 'for three too', metricType: 'score', value: 1 })
  const mask = span => {
    for (const part of span.input) part.content = `masked for ${span.tenant}`
    return span
  }
  observe.withRoutingContext(
    {
      targets: [
        { ...ACME, processor: mask },
        { ...GLOBEX, captureContent: false }
      ]
    },
    () => say('masked here, silent there')
  )
  observe.withRoutingContext({ ...ACME, processor: async span => mask(span) }, () => say('masked later'))
  observe.withRoutingContext({ ...ACME, processor: () => null }, () => say('refused'))
  observe.withRoutingContext({ ...ACME, sampleRate: 0 }, () =>
    say('not sampled', {}, () => say('nor its child'))
  )
  observe.withRoutingContext({ targets: [{ ...ACME, mlApp: 'app of acme' }, GLOBEX] }, () =>
    say('named by one', {}, () => say('below one'))
  )
  const report = await observe.flush()
  return { exported, report, dropped: llmobs.stats().total.droppedByReason }
})
