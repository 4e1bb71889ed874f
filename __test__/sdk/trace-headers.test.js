'use strict'

const { runChild } = require('../support/run-child')
const { ACME, GLOBEX, sdk } = require('./setup')

const { open } = sdk()

const TAGS = 'x-datadog-tags'
const TASK = { kind: 'task', name: 'call' }

/** @param {any} llmobs @param {any} [options] of the span @returns {any} what it sends, and who it is */
function sentBy(llmobs, options, carrier = {}) {
  return llmobs.trace({ ...TASK, ...options }, span => {
    llmobs.inject(carrier)
    return { headers: carrier, span }
  })
}

/** @param {string} tracestate */
const ours = tracestate =>
  Object.fromEntries(
    tracestate
      .split(',')
      .find(member => member.startsWith('dd='))
      .slice(3)
      .split(';')
      .map(part => [part.slice(0, part.indexOf(':')), part.slice(part.indexOf(':') + 1)])
  )

describe('the headers of a span', () => {
  test("are the same ids in dd-trace's form and in W3C's", async () => {
    const { llmobs } = await open()
    const { headers, span } = sentBy(llmobs)
    const lower = BigInt(`0x${span.traceId.slice(16)}`).toString()
    const spanHex = BigInt(span.spanId).toString(16).padStart(16, '0')
    expect(headers).toMatchObject({
      'x-datadog-trace-id': lower,
      'x-datadog-parent-id': span.spanId,
      'x-datadog-sampling-priority': '1',
      traceparent: `00-${span.traceId}-${spanHex}-01`
    })
    expect(headers[TAGS]).toContain(`_dd.p.tid=${span.traceId.slice(0, 16)}`)
    expect(ours(headers.tracestate)).toMatchObject({
      s: '1',
      p: spanHex,
      't.llmobs_parent_id': span.spanId,
      't.llmobs_trace_id': BigInt(`0x${span.traceId}`).toString(),
      't.llmobs_ml_app': 'shop'
    })
  })

  test("say of APM's sampling what the trace's own decision is", async () => {
    const { llmobs } = await open({ sampleRate: 0 })
    const { headers, span } = sentBy(llmobs)
    expect(headers['x-datadog-sampling-priority']).toBe('0')
    expect(headers.traceparent).toMatch(/-00$/)
    expect(span.context().toTraceparent()).toBe(headers.traceparent)
    expect(ours(headers.tracestate).s).toBe('0')
  })

  test('continue a trace whose id is a number of 64 bits', async () => {
    const { llmobs } = await open()
    const incoming = { [TAGS]: '_dd.p.llmobs_trace_id=255,_dd.p.llmobs_parent_id=7' }
    const { headers, span } = llmobs.extract(incoming, () => sentBy(llmobs))
    expect(headers['x-datadog-trace-id']).toBe('255')
    expect(headers.traceparent).toMatch(/^00-0{30}ff-[0-9a-f]{16}-01$/)
    expect(span.context().toTraceId()).toBe('255')
    expect(span.context().toTraceId(true)).toBe(`${'0'.repeat(30)}ff`)
    expect(headers[TAGS]).not.toContain('_dd.p.tid')
  })

  test.each(['0', '9'.repeat(30)])('leave APM out for the trace id %p', async traceId => {
    const { llmobs } = await open()
    const { headers, span } = sentBy(llmobs, { parent: { traceId, spanId: '7' } })
    expect(Object.keys(headers)).toEqual([TAGS])
    expect(span.context().toTraceparent()).toBe('')
  })

  test("follow the span when they are written again over one's own", async () => {
    const { llmobs } = await open()
    const carrier = { tracestate: 'ot=th:8' }
    const first = sentBy(llmobs, {}, carrier).span
    llmobs.withRoutingContext(ACME, () => {
      const { span, headers } = sentBy(llmobs, {}, carrier)
      expect(span.traceId).not.toBe(first.traceId)
      const fresh = sentBy(llmobs, { parent: span }).headers
      expect(Object.keys(headers).sort()).toEqual(Object.keys(fresh).sort())
      expect(headers.traceparent).toBe(span.context().toTraceparent())
      expect(headers['x-datadog-parent-id']).toBe(span.spanId)
      expect(headers.tracestate).toMatch(/^dd=s:1;[^,]*,ot=th:8$/)
      expect(JSON.stringify(headers)).not.toContain(first.spanId)
    })
  })

  test.each([
    ['a Headers', () => new Headers({ tracestate: 'ot=th:8' })],
    ['a Map', () => new Map([['tracestate', 'ot=th:8']])]
  ])('are written to %s, too', async (_what, make) => {
    const { llmobs } = await open()
    const carrier = make()
    const { span } = sentBy(llmobs, {}, carrier)
    expect(carrier.get('traceparent')).toBe(span.context().toTraceparent())
    expect(carrier.get('x-datadog-parent-id')).toBe(span.spanId)
    expect(carrier.get('tracestate')).toMatch(/^dd=s:1;.*,ot=th:8$/)
  })

  test('find headers in any case', async () => {
    const { llmobs } = await open()
    const carrier = { 'X-Datadog-Trace-Id': '5', TraceState: 'ot=th:8' }
    sentBy(llmobs, {}, carrier)
    expect(carrier).toEqual({ 'X-Datadog-Trace-Id': '5', TraceState: 'ot=th:8', [TAGS]: expect.any(String) })
  })

  test('are none where propagation is off', async () => {
    const program = `
      const { llmobs } = require('.')
      const headers = {}
      llmobs.trace({ kind: 'task' }, () => llmobs.inject(headers))
      console.log(JSON.stringify(headers))`
    const env = { DD_TRACE_X_DATADOG_TAGS_MAX_LENGTH: '0', SPANLANE_INTAKE_URL: 'http://127.0.0.1:1' }
    expect(await runChild(['-e', program], { env })).toMatchObject({ stdout: '{}\n' })
  })
})

describe('the ids that another tracer gave the trace', () => {
  const LLMOBS = '_dd.p.llmobs_trace_id=12345,_dd.p.llmobs_parent_id=77'
  const TRACEPARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'

  /** What is sent from a span inside a service that got these headers. */
  async function sentAfter(incoming, route = null) {
    const { llmobs } = await open()
    const send = () => sentBy(llmobs).headers
    return llmobs.extract(incoming, () => (route === null ? send() : llmobs.withRoutingContext(route, send)))
  }

  test('are passed on as they came', async () => {
    const incoming = {
      'x-datadog-trace-id': '5',
      'x-datadog-parent-id': '6',
      'x-datadog-sampling-priority': '2',
      [TAGS]: `_dd.p.tid=0af7651916cd43dd,${LLMOBS}`,
      tracestate: 'dd=s:2;p:0000000000000006;o:rum,ot=th:8'
    }
    const sent = await sentAfter(incoming)
    expect(sent).toMatchObject({
      'x-datadog-trace-id': '5',
      'x-datadog-parent-id': '6',
      'x-datadog-sampling-priority': '2',
      traceparent: '00-0af7651916cd43dd0000000000000005-0000000000000006-01',
      tracestate: expect.stringMatching(/^dd=s:2;p:0000000000000006;t\.llmobs_.*,ot=th:8$/)
    })
    expect(sent[TAGS]).toContain('_dd.p.tid=0af7651916cd43dd')
  })

  test.each([
    ['00', '0'],
    ['01', '1'],
    ['03', '1']
  ])('with the W3C flags %s have priority %s', async (flags, priority) => {
    const incoming = { traceparent: TRACEPARENT.replace(/01$/, flags), [TAGS]: LLMOBS }
    expect(await sentAfter(incoming)).toMatchObject({
      'x-datadog-trace-id': BigInt('0x8448eb211c80319c').toString(),
      'x-datadog-parent-id': BigInt('0xb7ad6b7169203331').toString(),
      'x-datadog-sampling-priority': priority
    })
  })

  test('do not cross into another tenant', async () => {
    const incoming = { traceparent: TRACEPARENT, [TAGS]: LLMOBS }
    expect(JSON.stringify(await sentAfter(incoming, ACME))).not.toContain('0af7651916cd43dd8448eb211c80319c')
  })

  test.each([
    ['are no numbers', { 'x-datadog-trace-id': 'five', 'x-datadog-parent-id': '6' }],
    ['are zero', { 'x-datadog-trace-id': '0', 'x-datadog-parent-id': '0' }],
    ['are half of them', { 'x-datadog-trace-id': '5' }],
    ['are too large', { 'x-datadog-trace-id': '9'.repeat(20), 'x-datadog-parent-id': '6' }],
    ['are no traceparent', { traceparent: '00-x-y-01' }],
    ['are an empty traceparent', { traceparent: `00-${'0'.repeat(32)}-${'0'.repeat(16)}-00` }]
  ])('and %s are not', async (_what, incoming) => {
    const sent = await sentAfter({ ...incoming, [TAGS]: LLMOBS })
    expect(sent['x-datadog-trace-id']).toBe('12345')
    expect(sent.traceparent).toMatch(/^00-0{28}3039-/)
  })

  test('bring no rubbish along', async () => {
    const tracestate = `ot=\n${'x'.repeat(10)}`
    const sent = await sentAfter({
      ...{ 'x-datadog-trace-id': '5', 'x-datadog-parent-id': '6', 'x-datadog-sampling-priority': '9\n' },
      ...{ [TAGS]: `_dd.p.tid=nothing,${LLMOBS}`, tracestate }
    })
    expect(sent).toMatchObject({ 'x-datadog-trace-id': '5', 'x-datadog-sampling-priority': '1' })
    expect(JSON.stringify(sent)).not.toMatch(/\\n|nothing/)
  })
})

describe("Datadog's member of tracestate", () => {
  test('holds at most 256 characters, and what is needed first', async () => {
    const { llmobs } = await open()
    llmobs.withRoutingContext(ACME, () => {
      const { headers } = sentBy(llmobs, { mlApp: 'm'.repeat(90), sessionId: 's'.repeat(60) })
      const [member] = headers.tracestate.split(',')
      expect(member.length - 'dd='.length).toBeLessThanOrEqual(256)
      expect(Object.keys(ours(member))).toEqual(
        expect.arrayContaining(['s', 'p', 't.llmobs_parent_id', 't.llmobs_trace_id', 't.spanlane_tenant'])
      )
      expect(member).not.toContain('t.llmobs_ml_app')
    })
  })

  test('says nothing rather than half of it, beside what somebody else put there', async () => {
    const { llmobs } = await open()
    const before = {
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      tracestate: `dd=s:2;o:${'x'.repeat(200)}`
    }
    const { headers } = sentBy(llmobs, {}, { ...before })
    expect(headers).toMatchObject(before)
  })

  test('leaves out a value that would come back as another', async () => {
    const { llmobs } = await open()
    const { headers } = sentBy(llmobs, { mlApp: 'a=b', sessionId: 'one;two' })
    expect(ours(headers.tracestate)).toMatchObject({ 't.llmobs_ml_app': 'a~b' })
    expect(headers.tracestate).not.toContain('llmobs_sid')
  })

  test('is the first of 32 members', async () => {
    const { llmobs } = await open()
    const tracestate = Array.from({ length: 40 }, (_, index) => `v${index}=x`).join(',')
    const members = sentBy(llmobs, {}, { tracestate }).headers.tracestate.split(',')
    expect(members).toHaveLength(32)
    expect(members[0]).toMatch(/^dd=/)
    expect(members[31]).toBe('v30=x')
  })
})

describe('a trace goes on by W3C headers alone', () => {
  const w3c = ({ traceparent, tracestate }) => ({ traceparent, tracestate })

  test('into the same tenant, and into no other', async () => {
    const { llmobs, spans } = await open()
    const { headers, span } = llmobs.withRoutingContext(ACME, () => sentBy(llmobs, { sessionId: 's=1' }))
    const serve = name => () => llmobs.trace({ kind: 'tool', name }, () => {})
    llmobs.withRoutingContext(ACME, () => llmobs.extract(w3c(headers), serve('same')))
    llmobs.withRoutingContext(GLOBEX, () => llmobs.extract(w3c(headers), serve('other')))
    const { same, other } = await spans()
    expect(same).toMatchObject({ trace_id: span.traceId, parent_id: span.spanId, session_id: 's=1' })
    expect(other.parent_id).toBe('undefined')
    expect(JSON.stringify(other)).not.toContain(span.traceId)
  })

  test("not where Datadog's own headers say nothing of it", async () => {
    const { llmobs, spans } = await open()
    const { headers } = sentBy(llmobs)
    const serve = name => () => llmobs.trace({ kind: 'tool', name }, () => {})
    llmobs.extract({ ...w3c(headers), [TAGS]: '_dd.p.dm=-4' }, serve('tags'))
    llmobs.extract({ ...w3c(headers), 'x-datadog-trace-id': '5' }, serve('ids'))
    const { tags, ids } = await spans()
    expect([tags.parent_id, ids.parent_id]).toEqual(['undefined', 'undefined'])
  })

  test.each([
    ['rubbish', 'dd=,=,;;:,dd=t.llmobs_parent_id'],
    ['no ids', 'dd=t.llmobs_parent_id:x;t.llmobs_trace_id:-1'],
    ['another vendor', 'xx=t.llmobs_parent_id:7;t.llmobs_trace_id:8'],
    ['too much', `dd=t.llmobs_parent_id:7;t.llmobs_trace_id:8,${'x=y,'.repeat(4000)}`]
  ])('%s starts a new trace', async (_what, tracestate) => {
    const { llmobs, spans } = await open()
    llmobs.extract({ tracestate }, () => llmobs.trace({ kind: 'tool', name: 'served' }, () => {}))
    expect((await spans()).served.parent_id).toBe('undefined')
  })
})
