'use strict'

// What `exportSpan` returned may come back from a browser: it costs little, makes one event for each lane, and chooses
// no destination inside another tenant's context.

const { readReference, writeReference } = require('../../lib/routing/reference')
const { ACME, GLOBEX, KEYS, sdk } = require('./setup')

const { open } = sdk()

const INITECH = { ddApiKey: KEYS.initech, ddSite: 'datadoghq.com', tenant: 'initech' }
const SCORE = { label: 'e', metricType: 'score', value: 1 }
const FEEDBACK = { label: 'f', metricType: 'text', value: 'words of a user', submitter: { id: '1' } }
const STRANGER = /another tenant was named inside a routing context/

const json = (/** @type {any} */ value) => JSON.parse(JSON.stringify(value))

/** @param {any} llmobs @param {any} [route] @param {string} [name] */
const exportedIn = (llmobs, route = ACME, name = 'request') =>
  json(
    llmobs.withRoutingContext(route, () =>
      llmobs.trace({ kind: 'task', name }, span => llmobs.exportSpan(span))
    )
  )

/** Every way in for a reference. @type {[what: string, use: (llmobs: any, named: any) => unknown][]} */
const ENTRANCES = [
  ['an evaluation', (llmobs, named) => llmobs.submitEvaluation(named, SCORE)],
  ['feedback', (llmobs, named) => llmobs.submitFeedback({ ...FEEDBACK, span: named })],
  ['a parent', (llmobs, parent) => llmobs.trace({ kind: 'task', name: 'child', parent }, () => {})],
  ['a parent for wrap', (llmobs, parent) => llmobs.wrap({ kind: 'task', name: 'child', parent }, () => {})()]
]

/** @param {Awaited<ReturnType<typeof open>>} opened */
async function eventsOf({ llmobs, intake }) {
  await llmobs.flush()
  return [...intake.evaluations(), ...intake.spans({ name: 'child' })]
}

describe('a reference is read within limits', () => {
  const lane = (/** @type {number} */ number) => number.toString(16).padStart(32, '0')

  test('what is written is read', () => {
    const lanes = [
      { reference: lane(1), traceId: null },
      { reference: lane(2), traceId: '9'.repeat(39) }
    ]
    expect(readReference(writeReference(lanes))).toEqual(lanes)
  })

  test('16 lanes of whole length are read, and no more', () => {
    const lanes = Array.from({ length: 17 }, (_, index) => ({
      reference: lane(index),
      traceId: 'f'.repeat(32)
    }))
    expect(readReference(writeReference(lanes))).toEqual(lanes.slice(0, 16))
  })

  test('a lane that is named again counts once, whatever its trace is said to be', () => {
    const text = Array.from({ length: 5000 }, (_, index) => `${lane(1)}/${index}`).join(',')
    expect(readReference(text)).toEqual([{ reference: lane(1), traceId: '0' }])
  })

  test.each([
    ['nothing', ''],
    ['separators', ','.repeat(100_000)],
    ['one endless lane', 'f'.repeat(100_000)],
    ['separators of traces', '/'.repeat(4000)],
    ['endless lanes', Array(10).fill('f'.repeat(1000)).join(',')]
  ])('%s names at most one lane', (_what, text) => {
    expect(readReference(text).length).toBeLessThanOrEqual(1)
  })
})

describe.each(ENTRANCES)('%s', (_what, use) => {
  test.each([
    ['separators', ','],
    ['digits', '1'],
    ['lanes', `${'0'.repeat(32)},`],
    ['traces', '/'],
    ['half surrogate pairs', '\ud800']
  ])('a megabyte of %s costs next to nothing', async (_content, piece) => {
    const { llmobs } = await open()
    const exported = exportedIn(llmobs)
    const named = { ...exported, route: piece.repeat(Math.ceil(1_000_000 / piece.length)) }
    use(llmobs, { ...named, route: piece })
    const before = performance.now()
    use(llmobs, named)
    // Twenty times what it takes on a busy machine; without limits it is seconds.
    expect(performance.now() - before).toBeLessThan(200)
    expect(llmobs.stats().unrouted.submitted).toBeLessThanOrEqual(34)
  })

  test('one that is repeated is one destination', async () => {
    const opened = await open()
    const exported = exportedIn(opened.llmobs)
    for (const count of [2, 16, 17, 3000]) {
      use(opened.llmobs, { ...exported, route: Array(count).fill(exported.route).join(',') })
    }
    expect(await eventsOf(opened)).toHaveLength(4)
    expect(opened.llmobs.stats().total.dropped).toBe(0)
  })

  test('never goes to more than 16 lanes', async () => {
    const opened = await open()
    const lanes = Array.from({ length: 20 }, (_, index) => {
      const ddApiKey = index.toString(16).padStart(32, 'e')
      return exportedIn(opened.llmobs, { ddApiKey }).route
    })
    use(opened.llmobs, { ...exportedIn(opened.llmobs), route: lanes.join(',') })
    expect(await eventsOf(opened)).toHaveLength(16)
  })

  test("goes where its span went outside contexts, and in the platform's own", async () => {
    const opened = await open()
    const exported = exportedIn(opened.llmobs)
    use(opened.llmobs, exported)
    opened.llmobs.withRoutingContext({ targets: ['default'] }, () => use(opened.llmobs, exported))
    expect(await eventsOf(opened)).toHaveLength(2)
    expect(opened.intake.spans({ key: KEYS.platform })).toEqual([])
    expect(opened.intake.evaluations({ key: KEYS.platform })).toEqual([])
    expect(opened.llmobs.stats().total.tenantMismatch).toBe(0)
  })

  test("does not choose the destination inside another tenant's context; that is counted and told", async () => {
    const opened = await open()
    const { llmobs, log, intake } = opened
    const named = [
      exportedIn(llmobs),
      exportedIn(llmobs, { targets: [ACME, INITECH] }),
      exportedIn(llmobs, { targets: ['default'] })
    ]
    for (const exported of named) llmobs.withRoutingContext(GLOBEX, () => use(llmobs, exported))
    llmobs.withRoutingContext({ targets: [GLOBEX, 'default'] }, () => use(llmobs, named[0]))
    const events = await eventsOf(opened)
    const atHome = intake.spans({ name: 'child', key: KEYS.globex })
    for (const owner of /** @type {const} */ (['acme', 'initech'])) {
      expect(intake.evaluations({ key: KEYS[owner] })).toEqual([])
      expect(intake.spans({ name: 'child', key: KEYS[owner] })).toEqual([])
    }
    expect(intake.evaluations()).toEqual([])
    for (const span of events) {
      expect(span.parent_id).toBe('undefined')
      expect(named.map(({ traceId }) => traceId)).not.toContain(span.trace_id)
    }
    expect(llmobs.stats().total.tenantMismatch).toBe(4)
    expect(log.lines.filter(line => STRANGER.test(line))).toHaveLength(1)
    // A span is delivered in its own context, an evaluation is counted.
    expect(atHome.length + (llmobs.stats().unrouted.droppedByReason.no_route ?? 0)).toBe(4)
  })

  test("inside its own tenant's context it is of its span, also by another key", async () => {
    const opened = await open()
    const { llmobs } = opened
    const exported = exportedIn(llmobs)
    const rotated = { ...ACME, ddApiKey: KEYS.initech }
    for (const route of [ACME, rotated]) llmobs.withRoutingContext(route, () => use(llmobs, exported))
    const events = await eventsOf(opened)
    expect(events).toHaveLength(2)
    for (const { join_on, span_id, trace_id, parent_id } of events) {
      const span = join_on?.span ?? { trace_id: trace_id ?? exported.traceId, span_id: parent_id ?? span_id }
      expect(span).toEqual({ trace_id: exported.traceId, span_id: exported.spanId })
    }
    expect(llmobs.stats().total).toMatchObject({ tenantMismatch: 0, dropped: 0 })
  })

  test('of a span with several targets only those of the context count', async () => {
    const opened = await open()
    const { llmobs, intake } = opened
    const exported = exportedIn(llmobs, { targets: [GLOBEX, ACME] })
    llmobs.withRoutingContext(ACME, () => use(llmobs, exported))
    expect(await eventsOf(opened)).toHaveLength(1)
    expect([
      ...intake.evaluations({ key: KEYS.acme }),
      ...intake.spans({ name: 'child', key: KEYS.acme })
    ]).toHaveLength(1)
    expect(llmobs.stats().total.tenantMismatch).toBe(0)
  })
})

test("a child keeps the settings of the context, not those of the parent's route", async () => {
  const { llmobs, spans } = await open()
  const parent = exportedIn(llmobs)
  llmobs.withRoutingContext({ ...ACME, captureContent: false, mlApp: 'acme app' }, () =>
    llmobs.trace({ kind: 'task', name: 'child', parent }, () => llmobs.annotate({ inputData: 'secret' }))
  )
  const { child } = await spans()
  expect(child).toMatchObject({ parent_id: parent.spanId, meta: { input: {} } })
  expect(child.tags).toContain('ml_app:acme app')
})

test('a parent of two targets gives each target of the context its own trace', async () => {
  const { llmobs, intake } = await open()
  // Below a span of acme the copies are of two traces.
  const parent = json(
    llmobs.withRoutingContext(ACME, () =>
      llmobs.trace({ kind: 'task' }, () =>
        llmobs.withRoutingContext({ targets: [ACME, GLOBEX] }, () =>
          llmobs.trace({ kind: 'task', name: 'both' }, span => llmobs.exportSpan(span))
        )
      )
    )
  )
  llmobs.withRoutingContext({ targets: [GLOBEX, INITECH, ACME] }, () =>
    llmobs.trace({ kind: 'task', name: 'child', parent }, () => {})
  )
  await llmobs.flush()
  const at = (/** @type {'acme' | 'globex' | 'initech'} */ owner, name = 'child') =>
    intake.spans({ key: KEYS[owner], name })[0]
  for (const owner of /** @type {const} */ (['acme', 'globex'])) {
    expect(at(owner)).toMatchObject({ trace_id: at(owner, 'both').trace_id, parent_id: parent.spanId })
  }
  expect(at('acme').trace_id).not.toBe(at('globex').trace_id)
  expect(at('initech').parent_id).toBe('undefined')
  expect([at('acme').trace_id, at('globex').trace_id]).not.toContain(at('initech').trace_id)
})

test('a span of this process decides, in any context', async () => {
  const { llmobs, places } = await open()
  const parent = llmobs.withRoutingContext(ACME, () => llmobs.trace({ kind: 'task' }, span => span))
  llmobs.withRoutingContext(GLOBEX, () =>
    llmobs.trace({ kind: 'task', name: 'child', parent }, () =>
      llmobs.trace({ kind: 'task', name: 'below' }, () => {})
    )
  )
  expect(await places()).toMatchObject({ child: 'acme@datadoghq.eu', below: 'acme@datadoghq.eu' })
  expect(llmobs.stats().total.tenantMismatch).toBe(1)
})

test('in a context that was refused a reference goes nowhere either', async () => {
  const opened = await open({ onInvalidRoute: 'drop' })
  const { llmobs } = opened
  const exported = exportedIn(llmobs)
  llmobs.withRoutingContext({ ddApiKey: '' }, () => {
    for (const [, use] of ENTRANCES) use(llmobs, exported)
  })
  expect(await eventsOf(opened)).toEqual([])
  expect(llmobs.stats().unrouted.dropped).toBe(4)
})
