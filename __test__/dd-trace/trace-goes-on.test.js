'use strict'

const path = require('node:path')
const { sdk } = require('../sdk/setup')
const { DD_TRACE_ONLY, arrivalsOf } = require('./both-bodies')

const { open } = sdk()

const AGENT = { kind: 'agent', name: 'planner', sessionId: 's1', mlApp: 'upstream' }
const OTHER_TRACE = '0af7651916cd43dd8448eb211c80319c'
const NAMES = {
  datadog: /^x-datadog-/,
  'W3C alone': /^trace(parent|state)$/,
  both: /./
}

/** The headers that a span of ours sends out, and who it is. */
async function sent(before = {}) {
  const { llmobs, spans } = await open()
  const headers = { ...before }
  llmobs.trace(AGENT, () =>
    llmobs.trace({ kind: 'task', name: 'call' }, span => {
      llmobs.inject(headers)
      expect(headers.traceparent).toBe(
        'traceparent' in before ? before.traceparent : span.context().toTraceparent()
      )
    })
  )
  return { headers, call: (await spans()).call }
}

/** What a service of dd-trace makes of the headers. @param {Record<string, Record<string, string>>} carriers */
async function serve(carriers, env = {}) {
  const args = [path.join(__dirname, 'serve.js'), JSON.stringify(carriers)]
  // With APM tracing off dd-trace writes no headers for LLM Observability alone.
  const { spans, stdout } = await arrivalsOf(args, {
    ...DD_TRACE_ONLY,
    DD_APM_TRACING_ENABLED: 'true',
    DD_TRACE_AGENT_URL: 'http://127.0.0.1:1',
    ...env
  })
  const event = name => spans.get(name).spans[0]
  return { event, served: JSON.parse(stdout) }
}

/** @param {Record<string, string>} headers @param {RegExp} pattern */
const only = (headers, pattern) =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => pattern.test(name)))

describe('a service that runs dd-trace continues the trace', () => {
  test.each([
    ['by its default propagators', {}, Object.keys(NAMES)],
    [
      'where it reads W3C headers only',
      { DD_TRACE_PROPAGATION_STYLE: 'tracecontext' },
      ['W3C alone', 'both']
    ],
    ['where it reads Datadog headers only', { DD_TRACE_PROPAGATION_STYLE: 'datadog' }, ['datadog', 'both']]
  ])('%s', async (_what, env, ways) => {
    const { headers, call } = await sent()
    const carriers = Object.fromEntries(ways.map(way => [way, only(headers, NAMES[way])]))
    const { event, served } = await serve(carriers, env)
    for (const way of ways) {
      expect(event(way)).toMatchObject({
        trace_id: call.trace_id,
        parent_id: call.span_id,
        _dd: { sample_rate: '1', sampling_decision: '1' }
      })
      expect(event(way).tags).toContain('ml_app:upstream')
      // One trace for APM, too: it has the id that our span names as its own.
      expect(served[way]).toMatchObject({ apmTraceId: call.trace_id, links: 0 })
      expect(event(way)._dd.apm_trace_id).toBe(call._dd.apm_trace_id)
    }
  })

  test('with session and agent, as far as the header has room', async () => {
    const { headers, call } = await sent()
    const { event } = await serve({ both: headers })
    expect(event('both')).toMatchObject({
      session_id: 's1',
      meta: { agent_attribution: call.meta.agent_attribution }
    })
  })

  test('and a service of ours behind it goes on', async () => {
    const { headers, call } = await sent()
    const { served, event } = await serve({ both: headers })
    const { llmobs, spans } = await open()
    llmobs.extract(served.both.onward, () => llmobs.trace({ kind: 'task', name: 'last' }, () => {}))
    expect((await spans()).last).toMatchObject({ trace_id: call.trace_id, parent_id: event('both').span_id })
  })
})

test('and so does a service of ours, from a dd-trace that writes W3C headers only', async () => {
  const { served, event } = await serve({ 'no headers': {} }, { DD_TRACE_PROPAGATION_STYLE: 'tracecontext' })
  const { onward } = served['no headers']
  expect(Object.keys(onward).sort()).toEqual(['traceparent', 'tracestate'])
  const { llmobs, spans } = await open()
  llmobs.extract(onward, () => llmobs.trace({ kind: 'task', name: 'last' }, () => {}))
  const { trace_id, span_id } = event('no headers')
  expect((await spans()).last).toMatchObject({ trace_id, parent_id: span_id })
})

describe('between two services of dd-trace one of ours is no break in the APM trace', () => {
  const ids = ({ 'x-datadog-tags': _, tracestate: __, ...rest }) => rest
  const upper = headers => /_dd\.p\.tid=(\w+)/.exec(headers['x-datadog-tags'])?.[1]

  test.each([
    ['datadog,tracecontext', () => true],
    ['tracecontext', name => /^trace/.test(name)]
  ])('with %s', async (DD_TRACE_PROPAGATION_STYLE, isSent) => {
    const { served } = await serve({ first: {} }, { DD_TRACE_PROPAGATION_STYLE })
    const { onward, apmTraceId } = served.first
    const incoming = Object.fromEntries(Object.entries(onward).filter(([name]) => isSent(name)))
    const { llmobs, spans } = await open()
    const headers = { passedOn: {}, 'of a span': {}, 'of its child': {} }
    llmobs.extract(incoming, () => {
      llmobs.inject(headers.passedOn)
      llmobs.trace({ kind: 'workflow', name: 'middle' }, () => {
        llmobs.inject(headers['of a span'])
        llmobs.trace({ kind: 'task', name: 'call' }, () => llmobs.inject(headers['of its child']))
      })
    })
    const { middle, call } = await spans()
    for (const sent of Object.values(headers)) {
      expect(ids(sent)).toMatchObject(ids(incoming))
      expect(sent['x-datadog-sampling-priority']).toBe('1')
      expect(`${upper(sent)}${BigInt(sent['x-datadog-trace-id']).toString(16).padStart(16, '0')}`).toBe(
        apmTraceId
      )
    }
    const { served: last, event } = await serve(headers)
    for (const name of Object.keys(headers)) expect(last[name]).toMatchObject({ apmTraceId, links: 0 })
    expect(event('of a span').parent_id).toBe(middle.span_id)
    expect(event('of its child').parent_id).toBe(call.span_id)
  })
})

describe("another tracer's ids in the headers stay; LLM Observability goes on beside them", () => {
  test.each([
    ["OpenTelemetry's", { traceparent: `00-${OTHER_TRACE}-b7ad6b7169203331-01`, tracestate: 'ot=th:8' }],
    [
      "dd-trace's",
      {
        'x-datadog-trace-id': BigInt(`0x${OTHER_TRACE.slice(16)}`).toString(),
        'x-datadog-parent-id': '77',
        'x-datadog-sampling-priority': '2',
        'x-datadog-tags': `_dd.p.tid=${OTHER_TRACE.slice(0, 16)},_dd.p.dm=-4`,
        traceparent: `00-${OTHER_TRACE}-000000000000004d-01`,
        tracestate: 'dd=s:2;p:000000000000004d;t.dm:-4;t.llmobs_parent_id:9'
      }
    ]
  ])('%s', async (_whose, before) => {
    const { headers, call } = await sent(before)
    const { tracestate, 'x-datadog-tags': tags, ...ids } = headers
    const { tracestate: _state, 'x-datadog-tags': _tags, ...idsBefore } = before
    expect(ids).toEqual(idsBefore)
    expect(tracestate).not.toMatch(/llmobs_parent_id:9\b/)
    expect(tags).toContain('_dd.p.llmobs_parent_id=')
    const { event, served } = await serve({ request: headers })
    expect(event('request')).toMatchObject({ trace_id: call.trace_id, parent_id: call.span_id })
    expect(served.request).toMatchObject({ apmTraceId: OTHER_TRACE, links: 0 })
  })
})
