'use strict'

const { NodeTracerProvider } = require('@opentelemetry/sdk-trace-node')
const { expectNothingCrossed } = require('../../testing')
const { sdk } = require('../sdk/setup')
const { OtelHandler, PLACES, RUNS, SCOPE, SPANS, runAll } = require('./setup')

const { open } = sdk({ expectViolations: true })

test('the naive processor, to show that the test of ours can fail: most runs are at the wrong tenant', async () => {
  process.env.LANGCHAIN_CALLBACKS_BACKGROUND = 'true'
  const { llmobs, intake } = await open({ outsideContexts: 'default' })
  const routes = new WeakMap()
  const naive = {
    onStart: span => routes.set(span, llmobs.currentRoute()),
    onEnd(span) {
      const owner = JSON.parse(span.attributes.metadata).owner
      const ours = llmobs.startSpan({ kind: 'task', name: span.name, route: routes.get(span) })
      ours.annotate({ metadata: { owner } })
      ours.end()
    },
    forceFlush: async () => {},
    shutdown: async () => {}
  }
  const provider = new NodeTracerProvider({ spanProcessors: [naive] })
  await runAll(llmobs, new OtelHandler(provider.getTracer(SCOPE)))
  expect(intake.spans()).toHaveLength(RUNS * SPANS)
  const isWrong = ({ key, site }, owner) => PLACES[owner].key !== key || PLACES[owner].site !== site
  const wrong = Object.values(PLACES).flatMap(place =>
    intake.spans(place).filter(span => isWrong(place, span.meta.metadata.owner))
  )
  expect(wrong.length).toBeGreaterThan(RUNS)
  expect(() => expectNothingCrossed(intake, PLACES, { allowEmpty: true })).toThrow(
    /nothing crossed between tenants, found \d\d/
  )
})
