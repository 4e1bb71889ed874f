'use strict'

const { programs } = require('./setup')

const { run } = programs()
const ROOT = 'undefined'

/** @type {Awaited<ReturnType<typeof run>>} */
let world
/** @type {Record<string, any>} */
let spans

beforeAll(async () => {
  world = await run('borders', {
    env: { DD_TAGS: 'team:platform,secret:of-the-host,rack:7', DD_SERVICE: 'gateway', DD_ENV: 'prod' }
  })
  spans = world.spans
})

/** @param {any} span @param {string} name */
const tag = (span, name) =>
  span.tags.filter(text => text.startsWith(`${name}:`)).map(text => text.slice(name.length + 1))

describe('a span whose parent is another tenant', () => {
  test.each([
    ['acme agent', 'acme'],
    ['globex root', 'globex'],
    ['acme again', 'acme'],
    ['ours again', null]
  ])('%s starts where its own tenant starts', name => {
    const expected = name === 'ours again' ? spans.ours.span_id : ROOT
    expect(spans[name].parent_id).toBe(expected)
  })

  test('inherits no trace, session, ml app or agent', () => {
    const { 'globex root': root, 'acme agent': outer, ours } = spans
    expect(root.trace_id).not.toBe(outer.trace_id)
    expect(root.trace_id).not.toBe(ours.trace_id)
    expect(root).not.toHaveProperty('session_id')
    expect(tag(root, 'session_id')).toEqual([])
    expect(tag(root, 'ml_app')).toEqual(['assistant'])
    expect(root.meta).not.toHaveProperty('agent_attribution')
    expect(JSON.stringify([root, spans['globex child']])).not.toMatch(
      /acme|rack|of-the-host|session of|"ours/i
    )
  })

  test('and is told no id of the APM trace that all of them share', () => {
    const apmTraces = new Set(Object.values(spans).map(span => span._dd.apm_trace_id))
    for (const name of ['acme agent', 'globex root', 'globex beside']) {
      expect(spans[name]._dd).toMatchObject({
        trace_id: spans[name].trace_id,
        apm_trace_id: spans[name].trace_id
      })
    }
    expect(apmTraces.size).toBeGreaterThan(4)
  })
})

describe('a span whose parent is of the same tenant', () => {
  test('continues its trace, session, ml app and agent', () => {
    const { 'acme agent': agent, 'acme child': child } = spans
    expect(child).toMatchObject({
      trace_id: agent.trace_id,
      parent_id: agent.span_id,
      session_id: 'session of acme',
      meta: { agent_attribution: { pagent_name: 'acme agent', pagent_span_id: agent.span_id } }
    })
    expect(tag(child, 'ml_app')).toEqual(['acme app'])
  })

  test('also at another site and with another key under the same label', () => {
    expect(spans['acme, other site']).toMatchObject({
      trace_id: spans['acme agent'].trace_id,
      parent_id: spans['acme agent'].span_id
    })
    expect(world.places['acme, other site']).toBe('acme@datadoghq.com')
  })

  test('of the platform itself, after tenants in between', () => {
    expect(spans['ours again']).toMatchObject({
      trace_id: spans.ours.trace_id,
      session_id: 'session of ours'
    })
  })
})

test('the session of one tenant in an APM trace is not the session of the next', () => {
  expect(spans['globex beside']).not.toHaveProperty('session_id')
  expect(spans['ours beside'].session_id).not.toBe('session of acme')
})

test('tags of the host are for the platform; a tenant sees its own tags and what the option names', () => {
  expect(tag(spans['acme agent'], 'secret')).toEqual([])
  expect(tag(spans['acme agent'], 'rack')).toEqual([])
  expect(tag(spans['acme agent'], 'team')).toEqual(['platform'])
  expect(tag(spans['acme child'], 'team')).toEqual(['of acme'])
  expect(tag(spans['acme child'], 'channel')).toEqual(['web'])
  expect(tag(spans.ours, 'rack')).toEqual(['7'])
  for (const name of ['acme agent', 'globex beside', 'ours']) {
    expect([tag(spans[name], 'service'), tag(spans[name], 'env')]).toEqual([['gateway'], ['prod']])
  }
})

test('options of a route hold for its spans', () => {
  const span = spans['with route options']
  expect([tag(span, 'ml_app'), tag(span, 'service'), tag(span, 'env')]).toEqual([
    ['route app'],
    ['route service'],
    ['route env']
  ])
})

test('an annotation of one span does not reach another through a shared annotation context', () => {
  expect(tag(spans['annotated acme'], 'secret')).toEqual(['acme'])
  expect(tag(spans['annotated globex'], 'secret')).toEqual([])
  expect(tag(spans['annotated globex'], 'from')).toEqual(['context'])
  expect(world.facts.shared).toEqual({ tags: { from: 'context' } })
})
