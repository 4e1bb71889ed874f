'use strict'

// A lost context must not send a customer's prompt to the platform's own organisation.

const { intakes } = require('../support/intake')
const { runChild } = require('../support/run-child')
const { ACME, GLOBEX, KEYS, sdk } = require('./setup')

const { open } = sdk()
const { start } = intakes()

const PLATFORM = 'platform@datadoghq.com'
const IDS = { traceId: '1'.repeat(32), spanId: '1' }
const OUTSIDE =
  /outside all routing contexts.*(withRoutingContext|bindRoutingContext).*outsideContexts: "default"/

/** @param {any} llmobs @param {string} name */
const task = (llmobs, name) => llmobs.trace({ kind: 'task', name }, () => {})
/** @param {any} llmobs */
const serve = llmobs => llmobs.withRoutingContext(ACME, () => task(llmobs, 'served'))

/** Everything that starts outside all contexts, once. @type {Record<string, (llmobs: any) => unknown>} */
const ENTRANCES = {
  'a span': llmobs => task(llmobs, 'lost'),
  'a wrapped function': llmobs => llmobs.wrap({ kind: 'tool', name: 'lost' }, () => {})(),
  'a decorated method': llmobs => {
    const descriptor = { value() {}, configurable: true, writable: true }
    llmobs.decorate({ kind: 'tool', name: 'lost' })({}, 'lost', descriptor).value()
  },
  'a span with a parent that names no route': llmobs =>
    llmobs.trace({ kind: 'task', name: 'lost', parent: IDS }, () => {}),
  'a span in an annotation context': llmobs =>
    llmobs.annotationContext({ tags: { a: 'b' } }, () => task(llmobs, 'lost')),
  'a span below what extract read': llmobs =>
    llmobs.extract({ 'x-datadog-tags': '_dd.p.llmobs_trace_id=255,_dd.p.llmobs_parent_id=7' }, () =>
      task(llmobs, 'lost')
    ),
  'an evaluation': llmobs => llmobs.submitEvaluation(IDS, { label: 'lost', metricType: 'score', value: 1 }),
  feedback: llmobs =>
    llmobs.submitFeedback({
      sessionId: 's',
      label: 'lost',
      metricType: 'text',
      value: 'x',
      submitter: { id: '1' }
    })
}
const CASES = Object.entries(ENTRANCES)

/** @param {Awaited<ReturnType<typeof open>>} opened */
async function lostOf({ llmobs, intake }) {
  await llmobs.flush()
  const arrived = [...intake.spans({ key: KEYS.platform }), ...intake.evaluations({ key: KEYS.platform })]
  return {
    arrived: arrived.filter(({ name, label }) => (name ?? label) === 'lost').length,
    counted: llmobs.stats().unrouted.droppedByReason.no_route ?? 0
  }
}

describe.each(CASES)('%s outside all contexts', (_what, enter) => {
  test('goes to the default route until a context was entered, and is no_route from then on', async () => {
    const opened = await open()
    enter(opened.llmobs)
    expect(await lostOf(opened)).toEqual({ arrived: 1, counted: 0 })
    serve(opened.llmobs)
    enter(opened.llmobs)
    expect(await lostOf(opened)).toEqual({ arrived: 1, counted: 1 })
  })

  test('always goes to the default route with "default"', async () => {
    const opened = await open({ outsideContexts: 'default' })
    serve(opened.llmobs)
    enter(opened.llmobs)
    expect(await lostOf(opened)).toEqual({ arrived: 1, counted: 0 })
    expect(opened.log.lines).toEqual([])
  })

  test('never goes anywhere with "refuse"', async () => {
    const opened = await open({ outsideContexts: 'refuse' })
    enter(opened.llmobs)
    expect(await lostOf(opened)).toEqual({ arrived: 0, counted: 1 })
    expect(opened.log.lines.filter(line => OUTSIDE.test(line))).toEqual([])
  })
})

test('the first that is refused is warned about, with both cures, and no other', async () => {
  const { llmobs, log } = await open()
  serve(llmobs)
  const told = () => log.lines.filter(line => OUTSIDE.test(line)).length
  expect(told()).toBe(0)
  for (const [, enter] of CASES) enter(llmobs)
  expect(told()).toBe(1)
})

test('currentRoute says where a span would go, and warns about nothing', async () => {
  const { llmobs, log } = await open()
  expect(llmobs.currentRoute()?.tenant).toBe('default')
  serve(llmobs)
  expect(llmobs.currentRoute()).toBeNull()
  expect(log.lines).toEqual([])
})

test('without a default route there is nothing to warn about', async () => {
  const { llmobs, log } = await open({ apiKey: undefined })
  serve(llmobs)
  task(llmobs, 'lost')
  expect(log.lines.filter(line => OUTSIDE.test(line))).toEqual([])
})

describe('what is a sign of tenants', () => {
  test.each([
    ['a context', llmobs => serve(llmobs)],
    ['a context that fails', llmobs => llmobs.withRoutingContext({ ddApiKey: 5 }, () => {}), 'drop'],
    ['a route', llmobs => llmobs.route(GLOBEX)],
    ['a route with targets', llmobs => llmobs.route({ targets: [ACME, 'default'] })]
  ])('%s', async (_what, use, onInvalidRoute = 'throw') => {
    const opened = await open({ onInvalidRoute: /** @type {any} */ (onInvalidRoute) })
    use(opened.llmobs)
    task(opened.llmobs, 'lost')
    expect(await lostOf(opened)).toMatchObject({ arrived: 0, counted: 1 })
  })

  test.each([
    ['a question about a key', llmobs => llmobs.verifyRoute(ACME)],
    ['a flush', llmobs => llmobs.flush({ route: ACME })],
    ['an annotation context', llmobs => llmobs.annotationContext({}, () => {})]
  ])('not: %s', async (_what, use) => {
    const opened = await open()
    await use(opened.llmobs)
    task(opened.llmobs, 'lost')
    expect(await lostOf(opened)).toEqual({ arrived: 1, counted: 0 })
  })
})

test("the platform's own work is in a context of its own, with what is below it", async () => {
  const { llmobs, places } = await open()
  serve(llmobs)
  llmobs.withRoutingContext({ targets: ['default'] }, () =>
    llmobs.trace({ kind: 'workflow', name: 'ours' }, () => {
      serve(llmobs)
      task(llmobs, 'below ours')
    })
  )
  expect(await places()).toMatchObject({ ours: PLATFORM, 'below ours': PLATFORM })
})

test('what started before the first context goes where it went, and its evaluations with it', async () => {
  const { llmobs, places, intake } = await open()
  let exported
  await llmobs.trace({ kind: 'workflow', name: 'ours' }, async span => {
    exported = llmobs.exportSpan(span)
    serve(llmobs)
  })
  llmobs.submitEvaluation(exported, { label: 'ours too', metricType: 'score', value: 1 })
  expect(await places()).toMatchObject({ ours: PLATFORM })
  expect(intake.evaluations({ key: KEYS.platform })).toHaveLength(1)
})

test('a span of the default route that is named as parent decides, also for what is below its child', async () => {
  const { llmobs, places, spans } = await open()
  const parent = llmobs.trace({ kind: 'workflow', name: 'ours' }, span => span)
  serve(llmobs)
  llmobs.trace({ kind: 'task', name: 'child', parent }, () => task(llmobs, 'grandchild'))
  expect(await places()).toMatchObject({ child: PLATFORM, grandchild: PLATFORM })
  const { child, grandchild } = await spans()
  expect([child.parent_id, grandchild.parent_id]).toEqual([parent.spanId, child.span_id])
})

describe('threads share what they know', () => {
  const OPTIONS = `{ mlApp: 'shop', apiKey: '${KEYS.platform}', intakeUrl: process.env.U, logger: {} }`

  test('a worker that has no context after the main thread served a tenant', async () => {
    const intake = await start()
    const program = `
      const { Worker } = require('node:worker_threads')
      const { llmobs } = require('.')
      llmobs.init(${OPTIONS})
      llmobs.trace({ kind: 'task', name: 'before' }, () => {})
      llmobs.withRoutingContext(${JSON.stringify(ACME)}, () => llmobs.trace({ kind: 'task', name: 'served' }, () => {}))
      new Worker(\`
        const { llmobs } = require('.')
        llmobs.init({ logger: {} })
        llmobs.trace({ kind: 'llm', name: 'lost' }, () => {})
      \`, { eval: true }).on('exit', () => console.log(JSON.stringify(llmobs.stats().unrouted.droppedByReason)))`
    const { stdout } = await runChild(['-e', program], { env: { U: intake.url } })
    expect(JSON.parse(stdout)).toEqual({ no_route: 1 })
    expect(
      intake
        .spans()
        .map(({ name }) => name)
        .sort()
    ).toEqual(['before', 'served'])
  })

  test('the main thread after a worker served one', async () => {
    const intake = await start()
    const program = `
      const { Worker } = require('node:worker_threads')
      const { llmobs } = require('.')
      llmobs.init(${OPTIONS})
      new Worker(\`
        const { llmobs } = require('.')
        llmobs.withRoutingContext(${JSON.stringify(ACME)}, () => llmobs.trace({ kind: 'task', name: 'served' }, () => {}))
      \`, { eval: true }).on('exit', () => llmobs.trace({ kind: 'llm', name: 'lost' }, () => {}))`
    await runChild(['-e', program], { env: { U: intake.url } })
    expect(intake.spans().map(({ name }) => name)).toEqual(['served'])
  })

  test('but not those of another instance', async () => {
    const tenants = await open()
    const own = await open()
    serve(tenants.llmobs)
    task(own.llmobs, 'ours')
    expect(await own.places()).toEqual({ ours: PLATFORM })
  })
})
