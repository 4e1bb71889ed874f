'use strict'

// Experiment spans, whose content is any JSON: for one tenant, for several, and past a processor.

const { ACME, GLOBEX, bridge, init, main, thrownBy, tracer } = require('./world')
const VALUES = require('./experiment-values')

main(async () => {
  init()
  const { version } = bridge.attach(tracer)
  const observe = tracer.llmobs
  const runs = where => {
    for (const [name, value] of Object.entries(VALUES)) {
      observe.trace({ kind: 'experiment', name: `${where}: ${name}` }, () =>
        observe.annotate({ inputData: value, outputData: value })
      )
    }
    observe.trace({ kind: 'experiment', name: `${where}: nothing` }, () => {})
  }
  if (/^5\.(83|100)\./.test(version)) {
    const { message } = thrownBy(() => observe.withRoutingContext(ACME, () => runs('one')))
    await observe.flush()
    return { version, message }
  }
  observe.withRoutingContext(ACME, () => runs('one'))
  observe.withRoutingContext({ targets: [ACME, GLOBEX] }, () => runs('several'))
  observe.withRoutingContext({ ...ACME, processor: span => span }, () => runs('processed'))
  observe.withRoutingContext({ ...ACME, captureContent: false }, () => runs('silent'))
  const empty = span => Object.assign(span, { input: [], output: [] })
  observe.withRoutingContext({ ...ACME, processor: empty }, () => runs('emptied'))
  await observe.flush()
  return { version }
})
