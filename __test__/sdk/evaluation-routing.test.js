'use strict'

const { ACME, GLOBEX, KEYS, sdk, thrownBy } = require('./setup')

const { open } = sdk()
const SCORE = { label: 'quality', metricType: 'score', value: 0.9 }
const FEEDBACK = { label: 'thumb', metricType: 'boolean', value: true, submitter: { id: 'user 1' } }

/** @param {any} opened */
async function keysOf({ llmobs, intake }) {
  await llmobs.flush()
  return Object.keys(KEYS).filter(owner => intake.evaluations({ key: KEYS[owner] }).length > 0)
}

/** @param {import('../..').LLMObs} llmobs */
function spanOfAcme(llmobs) {
  return llmobs.withRoutingContext(ACME, () => llmobs.trace({ kind: 'llm' }, span => llmobs.exportSpan(span)))
}

describe('exportSpan names a span', () => {
  test('the active one or the one given, by its ids and an unguessable reference', async () => {
    const { llmobs } = await open()
    llmobs.withRoutingContext(ACME, () =>
      llmobs.trace({ kind: 'llm' }, span => {
        const exported = llmobs.exportSpan()
        expect(exported).toEqual({
          traceId: expect.stringMatching(/^[0-9a-f]{32}$/),
          spanId: expect.stringMatching(/^\d+$/),
          route: expect.stringMatching(/^[0-9a-f]{32}$/)
        })
        expect(llmobs.exportSpan(span)).toEqual(exported)
        expect(JSON.stringify(exported)).not.toContain(KEYS.acme)
      })
    )
  })

  test('without a route when it goes nowhere', async () => {
    const { llmobs } = await open({ apiKey: undefined })
    const exported = llmobs.trace({ kind: 'llm' }, span => llmobs.exportSpan(span))
    expect(Object.keys(exported)).toEqual(['traceId', 'spanId'])
  })

  test.each([
    ['no span', undefined, 'SPANLANE_NO_ACTIVE_SPAN'],
    ['an object', { spanId: '1' }, 'SPANLANE_INVALID_SPAN'],
    ['text', 'span', 'SPANLANE_INVALID_SPAN']
  ])('%s is refused', async (_what, span, code) => {
    const { llmobs } = await open({ onMisuse: 'throw' })
    expect(thrownBy(() => llmobs.exportSpan(/** @type {any} */ (span))).code).toBe(code)
  })
})

describe('an evaluation goes where its span went', () => {
  test('outside every context, after JSON, with the ids of its span', async () => {
    const opened = await open()
    const { llmobs, intake } = opened
    const exported = JSON.parse(JSON.stringify(spanOfAcme(llmobs)))
    llmobs.submitEvaluation(exported, SCORE)
    expect(await keysOf(opened)).toEqual(['acme'])
    const [metric] = intake.evaluations()
    expect(metric.join_on.span).toEqual({ span_id: exported.spanId, trace_id: exported.traceId })
    expect(metric).toMatchObject({ label: 'quality', score_value: 0.9, ml_app: 'shop' })
    expect(intake.evaluations({ site: 'datadoghq.eu' })).toHaveLength(1)
  })

  test('but not out of the context of another tenant', async () => {
    const opened = await open()
    const exported = spanOfAcme(opened.llmobs)
    opened.llmobs.withRoutingContext(GLOBEX, () => opened.llmobs.submitEvaluation(exported, SCORE))
    expect(await keysOf(opened)).toEqual([])
    expect(opened.llmobs.stats().unrouted.droppedByReason).toEqual({ no_route: 1 })
  })

  test('given the span itself', async () => {
    const opened = await open()
    const { llmobs } = opened
    const span = llmobs.withRoutingContext(ACME, () => llmobs.trace({ kind: 'llm' }, given => given))
    llmobs.submitEvaluation(span, SCORE)
    llmobs.submitFeedback({ ...FEEDBACK, span })
    expect(await keysOf(opened)).toEqual(['acme'])
    expect(opened.intake.evaluations()).toHaveLength(2)
  })

  test('of the default route: to the default route', async () => {
    const opened = await open()
    const { llmobs } = opened
    const exported = llmobs.trace({ kind: 'llm' }, span => llmobs.exportSpan(span))
    llmobs.submitEvaluation(exported, SCORE)
    llmobs.withRoutingContext(ACME, () => llmobs.submitEvaluation(exported, SCORE))
    llmobs.submitEvaluation(exported, SCORE)
    expect(await keysOf(opened)).toEqual(['platform'])
    expect(opened.intake.evaluations()).toHaveLength(2)
  })

  test('an unknown reference is no_route, never the default', async () => {
    const opened = await open()
    const context = { traceId: '1'.repeat(32), spanId: '1', route: '0'.repeat(32) }
    opened.llmobs.submitEvaluation(context, SCORE)
    opened.llmobs.withRoutingContext(ACME, () => opened.llmobs.submitEvaluation(context, SCORE))
    expect(await keysOf(opened)).toEqual([])
    expect(opened.llmobs.stats().unrouted.droppedByReason).toEqual({ no_route: 2 })
  })

  test('of another instance: to the lane that the other one opened', async () => {
    const ours = await open()
    const theirs = await open({ mlApp: 'other' })
    // Lanes are numbered from one in both: a number alone would name a lane of ours.
    const span = theirs.llmobs.withRoutingContext(ACME, () =>
      theirs.llmobs.trace({ kind: 'llm' }, own => own)
    )
    ours.llmobs.withRoutingContext(GLOBEX, () => {
      ours.llmobs.submitEvaluation(span, SCORE)
      ours.llmobs.submitFeedback({ ...FEEDBACK, span })
    })
    expect(await keysOf(theirs)).toEqual(['acme'])
    expect(await keysOf(ours)).toEqual([])
    expect(theirs.intake.evaluations()).toHaveLength(2)
  })

  test('feedback by span follows it, too', async () => {
    const opened = await open()
    const exported = spanOfAcme(opened.llmobs)
    opened.llmobs.submitFeedback({ ...FEEDBACK, span: exported })
    expect(await keysOf(opened)).toEqual(['acme'])
    expect(opened.intake.evaluations()[0]).toMatchObject({
      event_kind: 'feedback',
      span_id: exported.spanId,
      boolean_value: true,
      submitter: { id: 'user 1' }
    })
  })
})

describe('ids without a reference', () => {
  const IDS = { traceId: '1'.repeat(32), spanId: '1' }

  test('follow the active context', async () => {
    const opened = await open()
    opened.llmobs.withRoutingContext(ACME, () => {
      opened.llmobs.submitEvaluation(IDS, SCORE)
      opened.llmobs.submitFeedback({ ...FEEDBACK, sessionId: 's1' })
    })
    expect(await keysOf(opened)).toEqual(['acme'])
    expect(opened.intake.evaluations()).toHaveLength(2)
  })

  test('go to the default route while no context was ever used', async () => {
    const opened = await open()
    opened.llmobs.submitEvaluation(IDS, SCORE)
    opened.llmobs.submitFeedback({ ...FEEDBACK, traceId: IDS.traceId })
    expect(await keysOf(opened)).toEqual(['platform'])
  })

  test.each([
    ['a context', llmobs => llmobs.withRoutingContext(ACME, () => {})],
    ['a route', llmobs => llmobs.route(ACME)]
  ])("go nowhere after %s was used: they may be a tenant's", async (_what, use) => {
    const opened = await open()
    use(opened.llmobs)
    opened.llmobs.submitEvaluation(IDS, SCORE)
    expect(await keysOf(opened)).toEqual([])
    expect(opened.llmobs.stats().unrouted.droppedByReason).toEqual({ no_route: 1 })
  })

  test('unless outsideContexts says so', async () => {
    const opened = await open({ outsideContexts: 'default' })
    opened.llmobs.route(ACME)
    opened.llmobs.submitEvaluation(IDS, SCORE)
    expect(await keysOf(opened)).toEqual(['platform'])
  })

  test("never go to the default route with outsideContexts: 'refuse'", async () => {
    const opened = await open({ outsideContexts: 'refuse' })
    opened.llmobs.submitEvaluation(IDS, SCORE)
    expect(await keysOf(opened)).toEqual([])
  })
})

test("the ml app is the option, then the route's, then the instance's", async () => {
  const { llmobs, intake } = await open()
  const ids = { traceId: '1'.repeat(32), spanId: '1' }
  llmobs.withRoutingContext({ ...ACME, mlApp: 'acme app' }, () => {
    llmobs.submitEvaluation(ids, { ...SCORE, label: 'a' })
    llmobs.submitEvaluation(ids, { ...SCORE, label: 'b', mlApp: 'own' })
  })
  llmobs.withRoutingContext(ACME, () => llmobs.submitEvaluation(ids, { ...SCORE, label: 'c' }))
  await llmobs.flush()
  const apps = Object.fromEntries(intake.evaluations().map(metric => [metric.label, metric.ml_app]))
  expect(apps).toEqual({ a: 'acme app', b: 'own', c: 'shop' })
})

test('wrong calls throw with a code, where that is asked for, and submit nothing', async () => {
  const { llmobs } = await open({ onMisuse: 'throw' })
  expect(thrownBy(() => llmobs.submitEvaluation(/** @type {any} */ (undefined), SCORE)).code).toBe(
    'SPANLANE_INVALID_EVALUATION'
  )
  expect(thrownBy(() => llmobs.submitEvaluation({ traceId: '1', spanId: '' }, SCORE)).code).toBe(
    'SPANLANE_INVALID_EVALUATION'
  )
  expect(thrownBy(() => llmobs.submitFeedback(/** @type {any} */ (undefined))).code).toBe(
    'SPANLANE_INVALID_FEEDBACK'
  )
  expect(llmobs.stats().total.submitted).toBe(0)
})

describe('a metric with several targets', () => {
  const ROUTE = { targets: [{ ...ACME, mlApp: 'app of acme' }, GLOBEX] }

  test.each(['evaluation', 'feedback'])('%s: what the caller passes is read once', async kind => {
    const { llmobs, intake } = await open()
    const named = { traceId: '1', spanId: '2' }
    /** @type {Record<string, number>} */
    const reads = {}
    const counting = (/** @type {Record<string, any>} */ values, prefix = '') =>
      Object.defineProperties(
        {},
        Object.fromEntries(
          Object.entries(values).map(([name, value]) => [
            name,
            {
              enumerable: true,
              get() {
                reads[prefix + name] = (reads[prefix + name] ?? 0) + 1
                return value
              }
            }
          ])
        )
      )
    const tags = counting({ by: 'user' }, 'tags.')
    llmobs.withRoutingContext(ROUTE, () => {
      if (kind === 'evaluation') llmobs.submitEvaluation(named, counting({ ...SCORE, tags }))
      else llmobs.submitFeedback(counting({ ...FEEDBACK, tags, span: named }))
    })
    await llmobs.flush()
    // The span that a feedback names is also read for its route.
    const { span = 1, ...others } = reads
    expect(span).toBeLessThanOrEqual(2)
    expect(Object.values(others)).toEqual(Object.values(others).map(() => 1))
    expect(others).toHaveProperty(['tags.by'])
    const [ofAcme] = intake.evaluations({ key: KEYS.acme })
    const [ofGlobex] = intake.evaluations({ key: KEYS.globex })
    expect([ofAcme.ml_app, ofGlobex.ml_app]).toEqual(['app of acme', 'shop'])
    expect(ofAcme.tags).toEqual(expect.arrayContaining(['ml_app:app of acme', 'by:user']))
    expect(ofGlobex.tags).toEqual(expect.arrayContaining(['ml_app:shop', 'by:user']))
    const own = ({ ml_app: _app, tags: _tags, ...rest }) => rest
    expect(own(ofGlobex)).toEqual(own(ofAcme))
  })
})
