'use strict'

const testing = require('../testing')
const { intakes } = require('./support/intake')
const { thrownBy } = require('./sdk/setup')
const { runChild } = require('./support/run-child')
const { KEYS, evaluationBody, metric, send, spanBody, spanEvent } = require('./support/wire')

const { CrossingError, drawTable, drawTraces, expectNothingCrossed, keyFingerprint } = testing
const { start } = intakes({ expectViolations: true })

const BOTH = { acme: KEYS.acme, globex: KEYS.globex }
const owned = (owner, change) => spanBody(spanEvent({ tags: [`owner:${owner}`], ...change }))
const TRACE = '7'.padStart(32, '0')

/** Both tenants at home. */
async function atHome(intake) {
  await send(intake, { key: KEYS.acme, body: owned('acme') })
  await send(intake, { key: KEYS.globex, body: owned('globex') })
}

function crossingsOf(intake, tenants, options) {
  try {
    expectNothingCrossed(intake, tenants, options)
    return []
  } catch (error) {
    if (!(error instanceof CrossingError)) throw error
    return error.crossings.map(({ kind }) => kind)
  }
}

describe('expectNothingCrossed passes', () => {
  test.each([
    ['with keys', BOTH],
    ['with fingerprints', { acme: keyFingerprint(KEYS.acme), globex: keyFingerprint(KEYS.globex) }],
    ['with keys on sites', { acme: { key: KEYS.acme, site: 'datadoghq.com' }, globex: { key: KEYS.globex } }],
    ['with several places', { acme: [KEYS.initech, { key: KEYS.acme }], globex: [KEYS.globex] }],
    ['without names', undefined]
  ])('when everyone is at home, %s', async (_, tenants) => {
    const intake = await start()
    await atHome(intake)
    expect(crossingsOf(intake, tenants)).toEqual([])
  })

  test('over several intakes together', async () => {
    const [one, two] = [await start(), await start()]
    await send(one, { key: KEYS.acme, body: owned('acme') })
    await send(two, { key: KEYS.globex, body: owned('globex') })
    expect(crossingsOf([one, two], BOTH)).toEqual([])
    expect(crossingsOf(one, BOTH)).toEqual(['nothing_arrived'])
  })

  test('a parent and an evaluated span at the same tenant', async () => {
    const intake = await start()
    const tags = ['owner:acme']
    const child = spanEvent({ tags, trace_id: TRACE, span_id: '2', parent_id: '1' })
    await send(intake, { body: spanBody(spanEvent({ tags, trace_id: TRACE, span_id: '1' }), child) })
    const body = evaluationBody(metric({ join_on: { span: { trace_id: TRACE, span_id: '2' } } }))
    await send(intake, { stream: 'evaluations', body })
    expect(crossingsOf(intake, { acme: KEYS.acme })).toEqual([])
  })

  test('a trace of one tenant that has two keys', async () => {
    const intake = await start()
    await send(intake, { key: KEYS.acme, body: spanBody(spanEvent({ trace_id: TRACE })) })
    await send(intake, { key: KEYS.initech, body: owned('acme', { trace_id: TRACE }) })
    expect(crossingsOf(intake, { acme: [KEYS.acme, KEYS.initech] })).toEqual([])
    expect(crossingsOf(intake)).toEqual(['shared_trace'])
  })
})

describe('expectNothingCrossed finds', () => {
  test.each([
    [
      'an event under the key of another',
      { key: KEYS.globex, body: owned('acme', { trace_id: TRACE }) },
      ['owner_moved', 'wrong_tenant']
    ],
    [
      'an evaluation under the key of another',
      { key: KEYS.globex, stream: 'evaluations', body: evaluationBody(metric({ tags: ['owner:acme'] })) },
      ['owner_moved', 'wrong_tenant']
    ],
    [
      'a body with two owners',
      { body: spanBody(spanEvent({ tags: ['owner:acme'] }), spanEvent({ tags: ['owner:new'] })) },
      ['mixed_body', 'wrong_tenant']
    ],
    ['a key nobody was named for', { key: KEYS.initech }, ['unknown_key']],
    [
      'an owner at a key nobody was named for',
      { key: KEYS.initech, body: owned('acme') },
      ['owner_moved', 'unknown_key', 'wrong_tenant']
    ],
    ['a key in a body', { body: spanBody(spanEvent({ name: KEYS.acme })) }, ['key_in_body']]
  ])('%s', async (_, request, expected) => {
    const intake = await start()
    await atHome(intake)
    await send(intake, request)
    expect(crossingsOf(intake, BOTH)).toEqual(expected)
  })

  test.each([
    ['a trace at two tenants', { trace_id: TRACE, span_id: '2' }, ['shared_trace']],
    ['a parent at another tenant', { span_id: '2', parent_id: '1' }, ['foreign_parent']]
  ])('%s', async (_, second, expected) => {
    const intake = await start()
    await send(intake, { key: KEYS.acme, body: owned('acme', { trace_id: TRACE, span_id: '1' }) })
    await send(intake, { key: KEYS.globex, body: owned('globex', second) })
    expect(crossingsOf(intake, BOTH)).toEqual(expected)
    expect(crossingsOf(intake)).toEqual(expected)
    expect(crossingsOf(intake, BOTH, { allowSharedTraces: true })).toEqual([])
  })

  test('an evaluation of a span that is at another tenant', async () => {
    const intake = await start()
    await send(intake, { key: KEYS.acme, body: owned('acme', { span_id: '77' }) })
    const join = { join_on: { span: { trace_id: TRACE, span_id: '77' } } }
    const body = evaluationBody(metric({ tags: ['owner:globex'], ...join }))
    await send(intake, { key: KEYS.globex, stream: 'evaluations', body })
    expect(crossingsOf(intake, BOTH)).toEqual(['foreign_evaluation'])
  })

  test("the same key at a site that is not its tenant's", async () => {
    const intake = await start()
    await send(intake, { key: KEYS.acme, site: 'datadoghq.eu' })
    const tenants = { acme: { key: KEYS.acme, site: 'datadoghq.com' } }
    expect(crossingsOf(intake, tenants)).toEqual(['nothing_arrived', 'unknown_key'])
  })

  test('owners told by the suite itself', async () => {
    const intake = await start()
    await send(intake, { key: KEYS.acme, body: spanBody(spanEvent({ tags: ['customer:globex'] })) })
    const ownerOf = event => event.tags.find(tag => tag.startsWith('customer:'))?.slice('customer:'.length)
    expect(crossingsOf(intake, BOTH, { ownerOf, allowEmpty: true })).toEqual(['wrong_tenant'])
  })

  test.each([
    ['nothing at all', undefined, undefined, ['nothing_arrived']],
    ['nothing for a name', BOTH, undefined, ['nothing_arrived', 'nothing_arrived', 'nothing_arrived']],
    ['nothing, when that is allowed', BOTH, { allowEmpty: true }, []]
  ])('%s', async (_, tenants, options, expected) => {
    expect(crossingsOf(await start(), tenants, options)).toEqual(expected)
  })

  test('other keys only when they are not allowed', async () => {
    const intake = await start()
    await atHome(intake)
    expect(crossingsOf(intake, { acme: KEYS.acme })).toEqual(['unknown_key'])
    expect(crossingsOf(intake, { acme: KEYS.acme }, { allowOtherKeys: true })).toEqual([])
  })

  test('that events were counted but not kept', async () => {
    const intake = await start({ maxRecordedEvents: 1 })
    await atHome(intake)
    expect(crossingsOf(intake, BOTH, { allowEmpty: true })).toEqual(['not_recorded'])
  })

  test.each([[5], [''], [null], [{ site: 'datadoghq.com' }], [[undefined]]])(
    'a place that is none: %j',
    async place => {
      const intake = await start()
      expect(() => expectNothingCrossed(intake, { acme: place })).toThrow(TypeError)
    }
  )
})

describe('expectNothingCrossed says when it could not tell', () => {
  /** Two customers' events under each other's key. */
  async function swapped(change) {
    const intake = await start()
    await send(intake, {
      key: KEYS.acme,
      body: spanBody(spanEvent({ name: 'of globex', ...change?.('globex') }))
    })
    await send(intake, {
      key: KEYS.globex,
      body: spanBody(spanEvent({ name: 'of acme', ...change?.('acme') }))
    })
    return intake
  }

  test('because no event names its owner: swapped keys do not pass', async () => {
    const intake = await swapped()
    expect(crossingsOf(intake, BOTH)).toEqual(['no_owner'])
    const { message } = thrownBy(() => expectNothingCrossed(intake, BOTH))
    expect(message).toMatch(/for "acme", "globex": .*owner:<name>.*ownerOf/)
  })

  test('because one of them names none', async () => {
    const intake = await start()
    await atHome(intake)
    await send(intake, { key: KEYS.initech })
    expect(crossingsOf(intake, { ...BOTH, initech: KEYS.initech })).toEqual(['no_owner'])
    await send(intake, {
      key: KEYS.initech,
      stream: 'evaluations',
      body: evaluationBody(metric({ tags: ['owner:initech'] }))
    })
    expect(crossingsOf(intake, { ...BOTH, initech: KEYS.initech })).toEqual([])
  })

  test('because the suite itself finds none', async () => {
    const intake = await start()
    await atHome(intake)
    for (const ownerOf of [() => null, () => undefined])
      expect(crossingsOf(intake, BOTH, { ownerOf })).toEqual(['no_owner'])
  })

  test.each([
    ['tags', owner => ({ tags: [`owner:${owner}`] })],
    ['metadata', owner => ({ meta: { ...spanEvent().meta, metadata: { owner } } })]
  ])('and finds swapped keys where %s tell', async (_, change) => {
    expect(crossingsOf(await swapped(change), BOTH)).toEqual(['wrong_tenant', 'wrong_tenant'])
  })

  test('unless that is allowed, or nobody is named', async () => {
    const intake = await swapped()
    expect(crossingsOf(intake, BOTH, { allowUnowned: true })).toEqual([])
    expect(crossingsOf(intake)).toEqual([])
    expect(crossingsOf(await start(), BOTH, { allowEmpty: true })).toEqual([])
  })
})

describe('the error', () => {
  test('says what crossed, readably, with what a runner needs for a difference, and without a key', async () => {
    const intake = await start()
    await atHome(intake)
    const { site } = intake.tenants()[0]
    await send(intake, { key: KEYS.globex, body: owned('acme', { name: 'plan trip' }) })
    let error
    try {
      expectNothingCrossed(intake, BOTH)
    } catch (thrown) {
      error = thrown
    }
    const place = `${site} with key ${keyFingerprint(KEYS.globex)}`
    expect(error).toMatchObject({ name: 'CrossingError', code: 'SPANLANE_CROSSED', expected: [] })
    expect(error.message).toBe(
      [
        'expected that nothing crossed between tenants, found 2:',
        `  owner_moved: request 3 to ${place}: data of "acme" belongs to ${site} with key ${keyFingerprint(KEYS.acme)}`,
        `  wrong_tenant: span "plan trip" at ${place}: belongs to "acme", arrived at "globex"`
      ].join('\n')
    )
    expect(error.actual).toHaveLength(2)
    expect(error.stack).toContain(__filename)
    for (const key of Object.values(KEYS)) expect(JSON.stringify(error) + error.stack).not.toContain(key)
  })

  test.each([
    [10, 11],
    [11, 12]
  ])('of %i findings has %i lines', async (findings, lines) => {
    const intake = await start()
    const events = Array.from({ length: findings }, () => spanEvent())
    await send(intake, { key: KEYS.initech, body: spanBody(...events) })
    let error
    try {
      expectNothingCrossed(intake, BOTH, { allowEmpty: true })
    } catch (thrown) {
      error = thrown
    }
    expect(error.crossings).toHaveLength(findings)
    expect(error.message.split('\n')).toHaveLength(lines)
  })
})

describe('spanlane/testing', () => {
  test('has the same members for import and require', async () => {
    const script = "import('spanlane/testing').then(all => console.log(Object.keys(all).sort().join()))"
    const { stdout } = await runChild(['-e', script])
    expect(stdout.trim()).toBe(Object.keys(testing).sort().join())
  })

  test('needs no native part and keeps no process alive once closed', async () => {
    const script = `
      const { startIntake } = require('spanlane/testing')
      startIntake().then(intake => intake.close()).then(() => {
        console.log(Object.keys(require.cache).filter(file => file.endsWith('.node')).length)
      })`
    await expect(runChild(['-e', script])).resolves.toMatchObject({ code: 0, stdout: '0\n', stderr: '' })
  })
})

describe('drawings', () => {
  const span = (id, parent, change = {}) =>
    spanEvent({ trace_id: TRACE, span_id: id, parent_id: parent, start_ns: Number(id), ...change })

  test('a trace is a tree in order of start, with measures and without what was said', () => {
    const drawn = drawTraces([
      span('4', '2', { name: 'search', metrics: {}, meta: { 'span.kind': 'tool' } }),
      span('1', 'undefined', { name: 'trip', metrics: {}, meta: { 'span.kind': 'workflow' } }),
      span('3', '1', {
        name: 'last',
        status: 'error',
        meta: { 'span.kind': 'llm', 'error.type': 'RateLimit', model_name: 'gpt' }
      }),
      span('2', '1', { name: 'plan', metrics: {}, meta: { 'span.kind': 'agent' } })
    ])
    expect(drawn).toBe(
      [
        `trace ${TRACE}`,
        '`-- workflow  trip  1.5 ms',
        '    |-- agent  plan  1.5 ms',
        '    |   `-- tool  search  1.5 ms',
        '    `-- llm  last  1.5 ms  gpt  12 -> 3 tokens  ERROR RateLimit'
      ].join('\n')
    )
  })

  test('a span whose parent is missing, or that names itself, is a root', () => {
    const drawn = drawTraces([span('5', '404', { name: 'orphan' }), span('6', '6', { name: 'self' })])
    expect(drawn.split('\n').slice(1)).toEqual([
      '|-- llm  orphan  1.5 ms  12 -> 3 tokens',
      '`-- llm  self  1.5 ms  12 -> 3 tokens'
    ])
  })

  test('ten thousand levels do not overflow the stack', () => {
    const spans = Array.from({ length: 10_000 }, (_, index) => span(String(index + 1), String(index)))
    expect(drawTraces(spans).split('\n')).toHaveLength(10_001)
  })

  test('a name cannot drive the terminal', () => {
    const drawn = drawTraces([span('1', 'undefined', { name: '\u001b[2Jcleared\r\n\u202egnp' })])
    expect(drawn.split('\n')[1]).toBe(
      '`-- llm  \\u{1b}[2Jcleared\\u{d}\\u{a}\\u{202e}gnp  1.5 ms  12 -> 3 tokens'
    )
  })

  test('a table aligns numbers to the right and text to the left', () => {
    expect(
      drawTable(
        ['Name', 'Count'],
        [
          ['a', 5],
          ['longer', 10]
        ]
      )
    ).toBe(['Name    Count', '------  -----', 'a           5', 'longer     10'].join('\n'))
    expect(drawTable(['Name', 'Count'], [])).toBe(['Name  Count', '----  -----'].join('\n'))
  })
})
