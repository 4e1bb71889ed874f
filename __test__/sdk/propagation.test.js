'use strict'

const { ACME, GLOBEX, sdk, thrownBy } = require('./setup')

const { open } = sdk()
const HEADER = 'x-datadog-tags'

/** The headers that a span of one service sends out. */
function headersOf(
  llmobs,
  options,
  trace = { kind: 'agent', name: 'planner', sessionId: 's1', mlApp: 'app' }
) {
  const headers = {}
  const call = () =>
    llmobs.trace(trace, () => llmobs.trace({ kind: 'task', name: 'call' }, () => llmobs.inject(headers)))
  if (options === null) call()
  else llmobs.withRoutingContext(options, call)
  return headers
}

/** Two services: what the first sends, the second receives inside (or outside) a context. */
async function between(outgoing, incoming) {
  const first = await open()
  const second = await open({ sampleRate: 0 })
  const headers = headersOf(first.llmobs, outgoing)
  const serve = () => second.llmobs.trace({ kind: 'tool', name: 'served' }, () => {})
  second.llmobs.extract(headers, () =>
    incoming === null ? serve() : second.llmobs.withRoutingContext(incoming, serve)
  )
  return { sent: (await first.spans()).call, served: (await second.spans()).served, second, headers }
}

describe('a trace goes on in the next service', () => {
  test.each([
    ['one tenant', ACME, ACME],
    ['one key without a label', { ddApiKey: 'k'.repeat(32) }, { ddApiKey: 'k'.repeat(32) }],
    ['the default routes', null, null]
  ])('for %s: ids, ml app, session, sampling and agent', async (_what, outgoing, incoming) => {
    const { sent, served } = await between(outgoing, incoming)
    expect(served).toMatchObject({
      trace_id: sent.trace_id,
      parent_id: sent.span_id,
      session_id: 's1',
      _dd: { sample_rate: '1', sampling_decision: '1' },
      meta: { agent_attribution: sent.meta.agent_attribution }
    })
    expect(served.tags).toContain('ml_app:app')
  })

  test('whether the context is entered before or after the headers are read', async () => {
    const { llmobs, spans } = await open()
    const headers = headersOf(llmobs, ACME)
    const serve = name => () => llmobs.trace({ kind: 'tool', name }, () => {})
    llmobs.withRoutingContext(ACME, () => llmobs.extract(headers, serve('context first')))
    llmobs.extract(headers, () => llmobs.withRoutingContext(ACME, serve('headers first')))
    const { call, 'context first': one, 'headers first': two } = await spans()
    expect([one.parent_id, two.parent_id]).toEqual([call.span_id, call.span_id])
  })
})

describe('a trace does not go on into another tenant', () => {
  test.each([
    ['from one tenant to another', ACME, GLOBEX],
    ['from the platform to a tenant', null, ACME],
    ['from a tenant to the platform', ACME, null]
  ])('%s', async (_what, outgoing, incoming) => {
    const { sent, served } = await between(outgoing, incoming)
    expect(served.parent_id).toBe('undefined')
    expect(served._dd).toMatchObject({ sample_rate: '0', sampling_decision: '0' })
    expect(served.tags).toContain('ml_app:shop')
    const text = JSON.stringify(served)
    for (const foreign of [sent.trace_id, sent.span_id, 's1', 'planner']) expect(text).not.toContain(foreign)
  })

  test('and the disagreement is counted', async () => {
    const { second } = await between(ACME, GLOBEX)
    expect(second.llmobs.stats().total.tenantMismatch).toBe(1)
  })

  test('a plain dd-trace is continued outside contexts, and not inside one', async () => {
    const { llmobs, spans } = await open()
    const headers = {
      [HEADER]:
        '_dd.p.tid=66,_dd.p.llmobs_trace_id=12345,_dd.p.llmobs_parent_id=77,_dd.p.llmobs_ml_app=theirs'
    }
    const serve = name => () => llmobs.trace({ kind: 'tool', name }, () => {})
    llmobs.extract(headers, serve('outside'))
    llmobs.extract(headers, () => llmobs.withRoutingContext(ACME, serve('inside')))
    const { outside, inside } = await spans()
    expect(outside).toMatchObject({
      trace_id: '12345',
      parent_id: '77',
      tags: expect.arrayContaining(['ml_app:theirs'])
    })
    expect(outside._dd.sampling_decision).toBeUndefined()
    expect(inside.parent_id).toBe('undefined')
    expect(inside.tags).toContain('ml_app:shop')
  })
})

describe('what the header holds', () => {
  test("dd-trace's tags and a tenant tag; no key, no site, no label", async () => {
    const { llmobs } = await open()
    const headers = headersOf(llmobs, ACME)
    expect(Object.keys(headers)).toEqual([
      HEADER,
      ...[
        'x-datadog-trace-id',
        'x-datadog-parent-id',
        'x-datadog-sampling-priority',
        'traceparent',
        'tracestate'
      ]
    ])
    const names = headers[HEADER].split(',').map(tag => tag.split('=')[0])
    expect(names).toEqual([
      '_dd.p.llmobs_parent_id',
      '_dd.p.llmobs_ml_app',
      '_dd.p.llmobs_sid',
      '_dd.p.llmobs_sr',
      '_dd.p.llmobs_sd',
      '_dd.p.llmobs_trace_id',
      '_dd.p.spanlane_tenant',
      '_dd.p.tid',
      '_dd.p.llmobs_pagent_span_id',
      '_dd.p.llmobs_pagent_name'
    ])
    for (const secret of [ACME.ddApiKey, ACME.ddSite, ACME.tenant])
      expect(JSON.stringify(headers)).not.toContain(secret)
  })

  test('a tenant tag that differs from trace to trace', async () => {
    const { llmobs } = await open()
    const tag = () => headersOf(llmobs, ACME)[HEADER].match(/spanlane_tenant=(\w+)/)[1]
    expect(tag()).not.toBe(tag())
  })

  test('other tags of the header stay', async () => {
    const { llmobs } = await open()
    const headers = { 'X-Datadog-Tags': '_dd.p.dm=-4,_dd.p.llmobs_sid=old' }
    llmobs.trace({ kind: 'task' }, () => llmobs.inject(headers))
    expect(Object.keys(headers).filter(name => name.toLowerCase() === HEADER)).toEqual(['X-Datadog-Tags'])
    expect(headers['X-Datadog-Tags']).toMatch(/^_dd\.p\.dm=-4,_dd\.p\.llmobs_parent_id=\d+/)
    expect(headers['X-Datadog-Tags']).not.toContain('old')
  })

  test.each([
    ['a Headers', () => new Headers()],
    ['a Map', () => new Map()]
  ])('%s works as a carrier', async (_what, make) => {
    const { llmobs, spans } = await open()
    const carrier = make()
    llmobs.trace({ kind: 'task', name: 'call' }, () => llmobs.inject(carrier))
    llmobs.extract(carrier, () => llmobs.trace({ kind: 'tool', name: 'served' }, () => {}))
    const { call, served } = await spans()
    expect(served.parent_id).toBe(call.span_id)
  })

  test('a value that cannot be sent is left out; the trace goes on', async () => {
    const { llmobs } = await open()
    const headers = headersOf(llmobs, null, {
      kind: 'agent',
      name: 'plänner',
      sessionId: 'a,b',
      mlApp: 'app'
    })
    expect(headers[HEADER]).not.toMatch(/llmobs_sid|pagent_name/)
    expect(headers[HEADER]).toMatch(/llmobs_parent_id=\d+,.*llmobs_pagent_span_id=\d+/)
  })

  test('the agent goes first when the header would be too long, then all of it', async () => {
    const { llmobs, log } = await open()
    const long = headersOf(llmobs, null, {
      kind: 'agent',
      name: 'n'.repeat(200),
      sessionId: 's'.repeat(200),
      mlApp: 'app'
    })
    expect(long[HEADER].length).toBeLessThanOrEqual(512)
    expect(long[HEADER]).not.toContain('pagent_name')
    const tooLong = headersOf(llmobs, null, {
      kind: 'agent',
      name: 'n',
      sessionId: 's'.repeat(500),
      mlApp: 'app'
    })
    expect(tooLong).toEqual({})
    expect(log.lines).toEqual([expect.stringContaining('x-datadog-tags would be too long')])
  })

  test('nothing without a span; the incoming trace is passed on when there is one', async () => {
    const { llmobs } = await open()
    const none = {}
    llmobs.inject(none)
    expect(none).toEqual({})
    const headers = headersOf(llmobs, ACME)
    const passedOn = {}
    llmobs.extract(headers, () => llmobs.inject(passedOn))
    expect(passedOn).toEqual(headers)
  })
})

describe('headers from anywhere do no harm', () => {
  test.each([
    ['nothing', {}],
    ['another header', { [HEADER]: '_dd.p.dm=-4' }],
    ['rubbish', { [HEADER]: ',,=,a=b=c,_dd.p.llmobs_trace_id,_dd.p.llmobs_parent_id=' }],
    ['ids that are none', { [HEADER]: '_dd.p.llmobs_trace_id=0x12,_dd.p.llmobs_parent_id=-5' }],
    [
      'ids out of range',
      { [HEADER]: `_dd.p.llmobs_trace_id=${'9'.repeat(39)},_dd.p.llmobs_parent_id=${'9'.repeat(20)}` }
    ],
    ['too much', { [HEADER]: `_dd.p.llmobs_trace_id=1,_dd.p.llmobs_parent_id=2,a=${'x'.repeat(600)}` }],
    ['a number', { [HEADER]: 5 }]
  ])('%s starts a new trace', async (_what, headers) => {
    const { llmobs, spans } = await open()
    expect(llmobs.extract(headers, () => llmobs.trace({ kind: 'tool', name: 'served' }, () => 'ran'))).toBe(
      'ran'
    )
    const { served } = await spans()
    expect(served.parent_id).toBe('undefined')
    expect(served.trace_id).toMatch(/^[0-9a-f]{32}$/)
  })

  test('a header sent twice is read as one', async () => {
    const { llmobs, spans } = await open()
    const headers = { [HEADER]: ['_dd.p.llmobs_trace_id=7', '_dd.p.llmobs_parent_id=8'] }
    llmobs.extract(headers, () => llmobs.trace({ kind: 'tool', name: 'served' }, () => {}))
    expect((await spans()).served).toMatchObject({ trace_id: '7', parent_id: '8' })
  })

  test.each([undefined, null, 'headers', 5])('%p is no carrier', async carrier => {
    const { llmobs } = await open({ onMisuse: 'throw' })
    const code = call => thrownBy(call).code
    expect(code(() => llmobs.inject(/** @type {any} */ (carrier)))).toBe('SPANLANE_INVALID_CARRIER')
    expect(code(() => llmobs.extract(/** @type {any} */ (carrier), () => {}))).toBe(
      'SPANLANE_INVALID_CARRIER'
    )
    expect(code(() => llmobs.extract({}, /** @type {any} */ (undefined)))).toBe('SPANLANE_INVALID_CALLBACK')
  })
})
