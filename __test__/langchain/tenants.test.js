'use strict'

const { NodeTracerProvider } = require('@opentelemetry/sdk-trace-node')
const { context, trace } = require('@opentelemetry/api')
const { SpanlaneCallbackHandler } = require('../../langchain')
const { expectNothingCrossed } = require('../../testing')
const { processorOf } = require('../opentelemetry/setup')
const { sdk } = require('../sdk/setup')
const { OtelHandler, PLACES, RUNS, SCOPE, SPANS, TENANTS, runAll } = require('./setup')

const { open } = sdk()
const VARIABLE = 'LANGCHAIN_CALLBACKS_BACKGROUND'

/** @type {NodeTracerProvider[]} */
let providers = []
afterEach(async () => {
  await Promise.all(providers.map(provider => provider.shutdown()))
  providers = []
  trace.disable()
  context.disable()
  delete process.env[VARIABLE]
})

/** @param {any} processor */
function tracerOf(processor, scope = SCOPE) {
  const provider = new NodeTracerProvider({ spanProcessors: [processor] })
  provider.register()
  providers.push(provider)
  return provider.getTracer(scope)
}

/** @param {any} intake */
function expectAllAtHome(intake) {
  expect(intake.spans()).toHaveLength(RUNS * SPANS)
  expectNothingCrossed(intake, PLACES)
  const byId = new Map(intake.spans().map(span => [span.span_id, span]))
  const roots = intake.spans().filter(span => span.parent_id === 'undefined')
  expect(roots.map(({ name }) => name).sort()).toEqual(
    Array.from({ length: RUNS }, (_, index) => `run ${index}`).sort()
  )
  for (const span of intake.spans()) {
    if (span.parent_id === 'undefined') continue
    const parent = byId.get(span.parent_id)
    expect(parent).toMatchObject({
      trace_id: span.trace_id,
      meta: { metadata: { owner: span.meta.metadata.owner } }
    })
    expect(parent.name).toMatch(/^run \d+$/)
  }
}

describe('the callback handler', () => {
  test.each([['true'], ['false'], [undefined]])(`with ${VARIABLE}=%s every run is at home`, async value => {
    if (value !== undefined) process.env[VARIABLE] = value
    const { llmobs, intake, log } = await open()
    await runAll(llmobs, new SpanlaneCallbackHandler({ llmobs }))
    expectAllAtHome(intake)
    expect(log.lines).toEqual([])
    expect(llmobs.stats()).toMatchObject({ openSpans: 0, total: { tenantMismatch: 0 } })
  })
})

describe('the span processor, with an instrumentation of LangChain', () => {
  test('makes handlers awaited: every run is at home', async () => {
    const { llmobs, intake, log } = await open()
    const tracer = tracerOf(processorOf(llmobs))
    expect(process.env[VARIABLE]).toBe('false')
    await runAll(llmobs, new OtelHandler(tracer))
    expectAllAtHome(intake)
    expect(log.lines).toEqual([])
  })

  test('below a span of the application, too', async () => {
    const { llmobs, intake } = await open()
    const tracer = tracerOf(processorOf(llmobs))
    const application = trace.getTracer('application')
    await application.startActiveSpan('batch', async span => {
      await runAll(llmobs, new OtelHandler(tracer))
      span.end()
    })
    expectAllAtHome(intake)
    expect(new Set(intake.spans().map(({ trace_id: id }) => id)).size).toBe(4)
  })

  test.each([
    ['handlers that were made before', undefined],
    ['a variable that the application has set', 'true']
  ])('%s: nothing is sent, everything is counted and told', async (_what, value) => {
    if (value !== undefined) process.env[VARIABLE] = value
    const { llmobs, intake, log } = await open()
    let tracer
    const handler = new OtelHandler({ startSpan: (...args) => tracer.startSpan(...args) })
    tracer = tracerOf(processorOf(llmobs))
    expect(process.env[VARIABLE]).toBe(value ?? 'false')
    expect(handler.awaitHandlers).toBe(false)
    await runAll(llmobs, handler)
    expect(intake.spans()).toEqual([])
    expect(llmobs.stats().total.droppedByReason).toEqual({ unsafe_context: RUNS * SPANS })
    expect(log.lines.join('\n')).toMatch(
      /without a route dropped: unsafe_context.*LANGCHAIN_CALLBACKS_BACKGROUND=false/
    )
  })

  test('but by a route that the run itself names: every run is at home, in a trace of its own', async () => {
    process.env[VARIABLE] = 'true'
    const { llmobs, intake } = await open()
    const routeOf = span => TENANTS[JSON.parse(span.attributes.metadata ?? '{}').owner]
    const tracer = tracerOf(processorOf(llmobs, { routeOf }))
    const application = trace.getTracer('application')
    let batch
    await application.startActiveSpan('batch', async span => {
      batch = span.spanContext().traceId
      await runAll(llmobs, new OtelHandler(tracer))
      span.end()
    })
    expectAllAtHome(intake)
    const traces = new Set(intake.spans().map(({ trace_id: id }) => id))
    expect(traces.size).toBe(RUNS)
    expect(traces).not.toContain(batch)
  })

  test('another tracer of the same processor, used in the queue of nobody, is not meant', async () => {
    process.env[VARIABLE] = 'true'
    const { llmobs, places } = await open()
    const tracer = tracerOf(processorOf(llmobs), 'langfuse-sdk')
    const attributes = { 'langfuse.observation.type': 'generation' }
    llmobs.withRoutingContext(TENANTS.acme, () => tracer.startSpan('own', { attributes }).end())
    expect(await places()).toEqual({ own: 'acme@datadoghq.eu' })
  })
})
