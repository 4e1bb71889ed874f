'use strict'

const { ACME, GLOBEX, sdk, thrownBy } = require('../sdk/setup')
const { runChild } = require('../support/run-child')

const { open } = sdk()
const NS = /** @param {any} span */ span => ({ start: BigInt(span.start_ns), duration: span.duration })
const START_MS = Date.now() - 60_000

describe('a span by hand', () => {
  test('starts and ends when told, exactly', async () => {
    const { llmobs, spans, intake } = await open({}, { keepBodies: true })
    const span = llmobs.startSpan({ kind: 'llm', name: 'answer', startMs: START_MS + 0.25 })
    span.end(START_MS + 1000.5)
    const { answer } = await spans()
    // As text: the number has more digits than a double.
    const [{ body }] = intake.requests
    expect(`${body}`).toContain(
      `"start_ns":${BigInt(START_MS) * 1_000_000n + 250_000n},"duration":1000250000,`
    )
    expect(answer).toMatchObject({ parent_id: 'undefined', meta: { 'span.kind': 'llm' } })
  })

  test('without times begins and ends now', async () => {
    const { llmobs, spans } = await open()
    const before = BigInt(Date.now()) * 1_000_000n
    const span = llmobs.startSpan({ kind: 'task' })
    await new Promise(resolve => setTimeout(resolve, 5))
    span.end()
    const { start, duration } = NS((await spans()).task)
    expect(start >= before - 5_000_000n).toBe(true)
    expect(duration).toBeGreaterThan(4_000_000)
    expect(duration).toBeLessThan(5_000_000_000)
  })

  test('that began in the past and ends now has lasted since', async () => {
    const { llmobs, spans } = await open()
    llmobs.startSpan({ kind: 'task', startMs: Date.now() - 10_000 }).end()
    const { duration } = NS((await spans()).task)
    expect(duration).toBeGreaterThan(9_900_000_000)
    expect(duration).toBeLessThan(15_000_000_000)
  })

  test('that ends before it began lasts no time', async () => {
    const { llmobs, spans } = await open()
    llmobs.startSpan({ kind: 'task', startMs: START_MS }).end(START_MS - 1)
    expect(NS((await spans()).task).duration).toBe(0)
  })

  test('is not active outside run, and above what runs in it', async () => {
    const { llmobs, spans } = await open()
    const span = llmobs.startSpan({ kind: 'workflow', name: 'outer' })
    llmobs.trace({ kind: 'task', name: 'beside' }, () => {})
    const answer = span.run(() => llmobs.trace({ kind: 'task', name: 'inside' }, () => 42))
    const later = await span.run(async () => {
      await null
      return llmobs.trace({ kind: 'task', name: 'later' }, () => 'later')
    })
    span.end()
    const { outer, beside, inside, later: afterwards } = await spans()
    expect([answer, later]).toEqual([42, 'later'])
    expect(beside).toMatchObject({ parent_id: 'undefined' })
    for (const below of [inside, afterwards]) {
      expect(below).toMatchObject({ parent_id: outer.span_id, trace_id: outer.trace_id })
    }
  })

  test('starts below the active span, or below the one it is given', async () => {
    const { llmobs, spans } = await open()
    llmobs.trace({ kind: 'agent', name: 'active' }, () => {
      const child = llmobs.startSpan({ kind: 'tool', name: 'child' })
      llmobs.startSpan({ kind: 'tool', name: 'grandchild', parent: child }).end()
      llmobs.startSpan({ kind: 'tool', name: 'of a reference', parent: llmobs.exportSpan(child) }).end()
      child.end()
    })
    const all = await spans()
    expect(all.child).toMatchObject({ parent_id: all.active.span_id })
    expect(all.child.meta.agent_attribution).toMatchObject({ pagent_name: 'active' })
    for (const name of ['grandchild', 'of a reference']) {
      expect(all[name]).toMatchObject({ parent_id: all.child.span_id, trace_id: all.active.trace_id })
    }
  })

  test('says what it is annotated with, and that its work failed', async () => {
    const { llmobs, spans } = await open()
    const span = llmobs.startSpan({ kind: 'llm', name: 'failing', modelName: 'm', modelProvider: 'p' })
    span.annotate({ inputData: 'in', metrics: { inputTokens: 1 } })
    span.annotate({ outputData: 'out' })
    expect(
      thrownBy(() =>
        span.run(
          () =>
            void (() => {
              throw new RangeError('too far')
            })()
        )
      )
    ).toBeInstanceOf(RangeError)
    expect(span.finished).toBe(false)
    span.end()
    const { failing } = await spans()
    expect(failing).toMatchObject({
      status: 'error',
      metrics: { input_tokens: 1 },
      meta: {
        model_name: 'm',
        model_provider: 'p',
        input: { messages: [{ content: 'in', role: '' }] },
        output: { messages: [{ content: 'out', role: '' }] },
        'error.type': 'RangeError'
      }
    })
  })

  test('hears of a rejection in its context, which is passed on', async () => {
    const { llmobs, spans } = await open()
    const span = llmobs.startSpan({ kind: 'task', name: 'rejected' })
    await expect(span.run(() => Promise.reject(new Error('no')))).rejects.toThrow('no')
    span.end()
    expect((await spans()).rejected.meta).toMatchObject({ 'error.message': 'no' })
  })

  test('ends once: what comes later changes nothing and is counted nowhere', async () => {
    const { llmobs, spans, log } = await open()
    const span = llmobs.startSpan({ kind: 'task', startMs: START_MS })
    span.end(START_MS + 1)
    span.end(START_MS + 500)
    span.finish()
    span[Symbol.dispose]()
    span.annotate({ outputData: 'late' })
    expect(span.run(() => 'still runs')).toBe('still runs')
    const { task } = await spans()
    expect(task).toMatchObject({ duration: 1_000_000, meta: { output: {} } })
    expect(llmobs.stats().total).toMatchObject({ submitted: 1, delivered: 1 })
    expect(llmobs.stats().openSpans).toBe(0)
    expect(log.lines).toHaveLength(1)
    expect(log.lines[0]).toMatch(
      /SPANLANE_SPAN_FINISHED: task span "task": a span cannot be annotated after its end/
    )
  })

  test('counts as open until it ends', async () => {
    const { llmobs } = await open()
    const span = llmobs.startSpan({ kind: 'task' })
    expect(llmobs.stats().openSpans).toBe(1)
    span[Symbol.dispose]()
    expect(llmobs.stats().openSpans).toBe(0)
  })
})

describe('where a span by hand goes', () => {
  test('to the context it starts in, wherever it ends', async () => {
    const { llmobs, places } = await open()
    const span = llmobs.withRoutingContext(ACME, () => llmobs.startSpan({ kind: 'task', name: 'of acme' }))
    llmobs.withRoutingContext(GLOBEX, () => span.end())
    expect(await places()).toEqual({ 'of acme': 'acme@datadoghq.eu' })
  })

  test('to the route it is given, as options or kept, with what runs in it', async () => {
    const { llmobs, places } = await open()
    const kept = llmobs.route(GLOBEX)
    llmobs.withRoutingContext(ACME, () => {
      const span = llmobs.startSpan({ kind: 'task', name: 'kept', route: kept })
      span.run(() => llmobs.trace({ kind: 'task', name: 'below kept' }, () => {}))
      span.end()
    })
    llmobs.startSpan({ kind: 'task', name: 'options', route: ACME }).end()
    expect(await places()).toEqual({
      kept: 'globex@us5.datadoghq.com',
      'below kept': 'globex@us5.datadoghq.com',
      options: 'acme@datadoghq.eu'
    })
  })

  test('with a parent of another tenant it is the root of its own trace, and nothing crosses', async () => {
    const { llmobs, spans, places } = await open()
    const options = { kind: 'agent', name: 'acme agent', sessionId: 'acme session', route: ACME }
    const parent = llmobs.startSpan(/** @type {any} */ (options))
    llmobs.startSpan({ kind: 'task', name: 'theirs', parent, route: GLOBEX }).end()
    llmobs.startSpan({ kind: 'task', name: 'ours', parent, route: { ...ACME } }).end()
    llmobs.withRoutingContext(GLOBEX, () =>
      llmobs.startSpan({ kind: 'task', name: 'parent decides', parent }).end()
    )
    parent.end()
    const { theirs, ours } = await spans()
    expect(theirs.parent_id).toBe('undefined')
    for (const secret of [parent.traceId, parent.spanId, 'acme'])
      expect(JSON.stringify(theirs)).not.toContain(secret)
    expect(ours).toMatchObject({
      parent_id: parent.spanId,
      trace_id: parent.traceId,
      session_id: 'acme session'
    })
    expect(await places()).toMatchObject({
      theirs: 'globex@us5.datadoghq.com',
      ours: 'acme@datadoghq.eu',
      'parent decides': 'acme@datadoghq.eu'
    })
  })

  test('a reference never overrules the route that is named', async () => {
    const { llmobs, spans, places } = await open()
    const span = llmobs.startSpan({ kind: 'task', name: 'acme', route: ACME })
    const reference = llmobs.exportSpan(span)
    llmobs.startSpan({ kind: 'task', name: 'theirs', parent: reference, route: GLOBEX }).end()
    span.end()
    expect((await spans()).theirs.parent_id).toBe('undefined')
    expect((await places()).theirs).toBe('globex@us5.datadoghq.com')
  })
})

describe('wrong telemetry is misuse', () => {
  const WARN = /** @type {const} */ ({ onMisuse: 'warn' })
  const THROW = /** @type {const} */ ({ onMisuse: 'throw' })
  const CASES = /** @type {[string, any, string][]} */ ([
    ['no options', undefined, 'SPANLANE_INVALID_KIND'],
    ['an unknown kind', { kind: 'chat' }, 'SPANLANE_INVALID_KIND'],
    ['no kind', { name: 'x' }, 'SPANLANE_INVALID_KIND'],
    ['a parent of another library', { kind: 'task', parent: { spanContext() {} } }, 'SPANLANE_INVALID_SPAN'],
    [
      'a getter that throws',
      {
        get kind() {
          throw new Error('secret')
        }
      },
      'SPANLANE_INVALID_OPTION'
    ]
  ])

  test.each(CASES)('%s: a warning, and a span that records nothing', async (_what, options, code) => {
    const { llmobs, log } = await open(WARN)
    const span = llmobs.startSpan(options)
    span.annotate({ inputData: 'x' })
    expect(span.run(() => 'ran')).toBe('ran')
    span.end()
    expect(llmobs.stats()).toMatchObject({ total: { submitted: 0 }, openSpans: 0 })
    expect(log.lines).toHaveLength(1)
    expect(log.lines[0]).toContain(code)
    expect(log.lines[0]).not.toContain('secret')
  })

  test.each([
    ['an object for a name', { name: {} }],
    ['a name that nobody reads', { tenant: 'acme' }],
    ['a time in another form', { startTime: 5 }]
  ])('%s: a warning, and the span without it', async (_what, wrong) => {
    const { llmobs, log, spans } = await open(WARN)
    llmobs.startSpan(/** @type {any} */ ({ kind: 'task', ...wrong })).end()
    expect(await spans()).toHaveProperty('task')
    expect(log.lines).toHaveLength(1)
  })

  test.each(CASES)('with onMisuse: throw, %s throws', async (_what, options, code) => {
    const { llmobs } = await open(THROW)
    expect(thrownBy(() => llmobs.startSpan(options))).toMatchObject({ code })
  })

  test('with onMisuse: throw, a wrong time, route, and annotation throw', async () => {
    const { llmobs } = await open(THROW)
    const start = (/** @type {any} */ wrong) => thrownBy(() => llmobs.startSpan({ kind: 'llm', ...wrong }))
    expect(start({ startMs: 'yesterday' })).toMatchObject({ code: 'SPANLANE_INVALID_OPTION' })
    expect(start({ route: { ddApiKey: '' } })).toMatchObject({ code: 'SPANLANE_INVALID_API_KEY' })
    const span = llmobs.startSpan({ kind: 'llm' })
    const annotate = () => thrownBy(() => span.annotate({ inputData: /** @type {any} */ (7) }))
    expect(annotate()).toMatchObject({ code: 'SPANLANE_INVALID_ANNOTATION' })
    span.end()
    expect(annotate()).toMatchObject({ code: 'SPANLANE_SPAN_FINISHED' })
  })

  test.each([[Number.NaN], [Number.POSITIVE_INFINITY], [-1], ['yesterday'], [1e30], [new Date()]])(
    'startMs %p: it starts now, with a warning',
    async startMs => {
      const { llmobs, log, spans } = await open(WARN)
      const before = BigInt(Date.now() - 10) * 1_000_000n
      llmobs.startSpan({ kind: 'task', startMs: /** @type {any} */ (startMs) }).end()
      expect(NS((await spans()).task).start >= before).toBe(true)
      expect(log.lines).toEqual([
        expect.stringMatching(/SPANLANE_INVALID_OPTION: startMs must be milliseconds/)
      ])
    }
  )

  test.each([[undefined], [null]])('startMs, route and parent may be %p', async nothing => {
    const { llmobs, log, spans } = await open()
    llmobs
      .startSpan({ kind: 'task', startMs: nothing, route: nothing, parent: nothing })
      .end(/** @type {any} */ (nothing))
    expect(await spans()).toHaveProperty('task')
    expect(log.lines).toEqual([])
  })

  test('a wrong route: counted as invalid_route, and sent nowhere', async () => {
    const { llmobs, log, intake } = await open(WARN)
    llmobs.startSpan({ kind: 'task', route: /** @type {any} */ ({ ddApiKey: '' }) }).end()
    await llmobs.flush()
    expect(intake.spans()).toEqual([])
    expect(llmobs.stats().unrouted.droppedByReason).toEqual({ invalid_route: 1 })
    expect(log.lines[0]).toMatch(/SPANLANE_INVALID_API_KEY: ddApiKey is required/)
  })

  test('a wrong annotation: a warning, and the rest stays', async () => {
    const { llmobs, log, spans } = await open(WARN)
    const span = llmobs.startSpan({ kind: 'llm' })
    span.annotate({ inputData: 'kept' })
    span.annotate({ inputData: /** @type {any} */ (7), metadata: { kept: true } })
    span.end()
    const { meta } = (await spans()).llm
    expect(meta).toMatchObject({
      input: { messages: [{ content: 'kept', role: '' }] },
      metadata: { kept: true }
    })
    expect(log.lines).toEqual([
      expect.stringMatching(/SPANLANE_INVALID_ANNOTATION: llm span "llm": Messages must be a string/)
    ])
  })

  test('a missing function throws: there is nothing to run', async () => {
    const { llmobs } = await open()
    const span = llmobs.startSpan({ kind: 'task' })
    expect(thrownBy(() => span.run(/** @type {any} */ (undefined)))).toMatchObject({
      code: 'SPANLANE_INVALID_CALLBACK'
    })
    span.end()
  })
})

test('disabled: spans do nothing, and what runs in them runs', async () => {
  const { llmobs, spans } = await open({ enabled: false })
  const span = llmobs.startSpan(/** @type {any} */ ({ kind: 'nonsense' }))
  expect(span.run(() => 42)).toBe(42)
  span.annotate({ inputData: 'x' })
  span.setTag('error', true)
  span.end()
  span[Symbol.dispose]()
  expect(span).toMatchObject({ finished: true, traceId: '', spanId: '' })
  expect(await spans()).toEqual({})
})

test('switched off meanwhile: counted as disabled', async () => {
  const { llmobs } = await open()
  const span = llmobs.startSpan({ kind: 'task' })
  llmobs.disable()
  span.end()
  expect(llmobs.stats().total).toMatchObject({ submitted: 1, droppedByReason: { disabled: 1 } })
})

test('after shutdown: counted as shutdown', async () => {
  const { llmobs } = await open()
  const span = llmobs.startSpan({ kind: 'task' })
  await llmobs.shutdown()
  span.end()
  expect(llmobs.stats().total).toMatchObject({ submitted: 1, droppedByReason: { shutdown: 1 } })
})

test('left open, it is told at the end of the process', async () => {
  const program = `
    const { llmobs } = require('.')
    llmobs.init({ mlApp: 'shop', apiKey: '${'d'.repeat(32)}', intakeUrl: 'http://127.0.0.1:9' })
    llmobs.startSpan({ kind: 'task' })`
  expect((await runChild(['-e', program])).stderr).toMatch(/1 span was open|open_spans/)
})
