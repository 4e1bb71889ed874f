'use strict'

const { KEYS, programs } = require('./setup')

const { run } = programs()
const HEADER = 'x-datadog-tags'
const ROOT = 'undefined'

/** What the first service sends, the second receives. */
async function between(sending, receiving) {
  const sent = await run('propagation', { args: ['send', ...sending] })
  const env = { BRIDGE_HEADERS: JSON.stringify(sent.facts.headers) }
  return { sent, received: await run('propagation', { args: ['receive', ...receiving], env }) }
}

/** @param {any} span @param {string} name */
const tag = (span, name) => span.tags.find(text => text.startsWith(`${name}:`))?.slice(name.length + 1)

describe('a trace goes on in the next service', () => {
  test.each([
    ['of one tenant', ['acme'], ['acme']],
    ['of one tenant, from Spanlane alone', ['acme', 'standalone'], ['acme']],
    ['of one tenant, to Spanlane alone', ['acme'], ['acme', 'standalone']]
  ])('%s: ids, ml app, session, sampling and agent', async (_what, sending, receiving) => {
    const { sent, received } = await between(sending, receiving)
    const { call, planner } = sent.spans
    for (const name of ['served', 'served too']) {
      const span = received.spans[name]
      expect(span).toMatchObject({
        trace_id: call.trace_id,
        parent_id: call.span_id,
        session_id: 'session of the caller',
        meta: { agent_attribution: { pagent_name: 'planner', pagent_span_id: planner.span_id } }
      })
      expect(span._dd.sampling_decision).toBe(call._dd.sampling_decision)
      expect(span._dd.sample_rate).toBe(call._dd.sample_rate)
      expect(tag(span, 'ml_app')).toBe('app of the caller')
      expect(received.spans[`below ${name}`]).toMatchObject({
        trace_id: call.trace_id,
        parent_id: span.span_id,
        session_id: 'session of the caller'
      })
    }
    expect(received.spans['of its own'].trace_id).not.toBe(call.trace_id)
    expect(received.facts.mismatches).toBe(0)
    const lineage = headers => headers[HEADER].split(',').filter(text => /llmobs|spanlane/.test(text))
    expect(lineage(received.facts.passedOn)).toEqual(lineage(sent.facts.headers))
  })

  test("of the application itself, where dd-trace's trace ids are its own", async () => {
    const { sent, received } = await between(['none'], ['none'])
    const { call } = sent.spans
    // Before that version the trace id of a span is the APM trace's.
    const hasOwnIds = !/^5\.(83|100)\./.test(sent.facts.version)
    expect(received.spans.served.parent_id).toBe(hasOwnIds ? call.span_id : ROOT)
    expect(received.spans.served.trace_id === call.trace_id).toBe(hasOwnIds)
    expect(received.spans['below served'].parent_id).toBe(received.spans.served.span_id)
    expect(received.facts.mismatches).toBe(0)
  })

  test('of a plain dd-trace outside contexts, and not inside one', async () => {
    const headers = {
      [HEADER]:
        '_dd.p.tid=66,_dd.p.llmobs_trace_id=140415162534,_dd.p.llmobs_parent_id=77,_dd.p.llmobs_ml_app=theirs'
    }
    const env = { BRIDGE_HEADERS: JSON.stringify(headers) }
    const outside = await run('propagation', { args: ['receive', 'none'], env })
    const inside = await run('propagation', { args: ['receive', 'acme'], env })
    const { served } = outside.spans
    const hasOwnIds = !/^5\.(83|100)\./.test(outside.facts.version)
    expect([served.parent_id, tag(served, 'ml_app')]).toEqual([hasOwnIds ? '77' : ROOT, 'theirs'])
    expect(inside.spans.served.parent_id).toBe(ROOT)
    expect(tag(inside.spans.served, 'ml_app')).toBe('assistant')
  })
})

test.each([
  ['from one tenant to another', 'acme', 'globex', 1],
  ['from the application to a tenant', 'none', 'acme', 1],
  ['from a tenant to the application', 'acme', 'none', 1]
])('a trace does not go on %s, and the disagreement is counted', async (_what, from, to, mismatches) => {
  const { sent, received } = await between([from], [to])
  for (const name of ['served', 'served too']) {
    const span = received.spans[name]
    expect(span.parent_id).toBe(ROOT)
    expect(tag(span, 'ml_app')).toBe('assistant')
    const text = JSON.stringify(span)
    for (const foreign of [sent.spans.call.trace_id, sent.spans.call.span_id, 'of the caller', 'planner'])
      expect(text).not.toContain(foreign)
  }
  // Each reading of the headers disagrees once.
  expect(received.facts.mismatches).toBe(2 * mismatches)
})

test("what is sent: dd-trace's headers, and a tenant tag in place of any key, site or label", async () => {
  const { facts, spans, agent } = await run('propagation', { args: ['send', 'acme'] })
  const { headers, map, web, none, errors } = facts
  expect(Object.keys(headers)).toEqual(expect.arrayContaining(['x-datadog-trace-id', 'traceparent', HEADER]))
  const names = headers[HEADER].split(',').map(text => text.split('=')[0])
  expect(names.filter(name => /llmobs|spanlane/.test(name))).toEqual([
    '_dd.p.llmobs_parent_id',
    '_dd.p.llmobs_ml_app',
    '_dd.p.llmobs_sid',
    '_dd.p.llmobs_sr',
    '_dd.p.llmobs_sd',
    '_dd.p.llmobs_trace_id',
    '_dd.p.spanlane_tenant',
    '_dd.p.llmobs_pagent_span_id',
    '_dd.p.llmobs_pagent_name'
  ])
  expect(new Set(names).size).toBe(names.length)
  for (const secret of [KEYS.acme, 'datadoghq', 'spanlane-route', 'tenant=acme'])
    expect(JSON.stringify(headers)).not.toContain(secret)
  expect(headers.tracestate ?? '').not.toMatch(/llmobs/)
  expect([map[HEADER], web[HEADER]]).toEqual([headers[HEADER], headers[HEADER]])
  expect(none).toEqual({})
  expect(errors).toEqual([
    expect.objectContaining({ code: 'SPANLANE_INVALID_CARRIER' }),
    expect.objectContaining({ code: 'SPANLANE_INVALID_CARRIER' })
  ])
  expect(spans.call.parent_id).toBe(spans.planner.span_id)
  expect(agent.pathsWith(KEYS.acme)).toEqual([])
})

test('without anything to read, or with rubbish, the function runs', async () => {
  const { facts } = await run('propagation', { args: ['receive', 'none'], env: { BRIDGE_HEADERS: '{}' } })
  expect(facts.results).toEqual(['ran without', 'ran with rubbish'])
  expect(facts.errors.map(({ code }) => code)).toEqual([
    'SPANLANE_INVALID_CARRIER',
    'SPANLANE_INVALID_CALLBACK'
  ])
})
