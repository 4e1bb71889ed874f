'use strict'

const { programs } = require('./setup')

const { run } = programs()

test("an evaluation goes where its span went, but not out of another tenant's context", async () => {
  const { facts, intake, places, spans, agent } = await run('metrics')
  expect(places).toEqual({
    ours: 'platform@datadoghq.com platform@datadoghq.com',
    'ours after': 'platform@datadoghq.com',
    'of acme': 'acme@datadoghq.eu',
    'acme inside': 'acme@datadoghq.eu',
    'acme inside, without reference': 'acme@datadoghq.eu',
    'acme after': 'acme@datadoghq.eu',
    'acme by spanlane': 'acme@datadoghq.eu',
    // As dd-trace does it.
    'names no route': 'platform@datadoghq.com',
    ...(facts.hasFeedback ? { 'thumbs acme': 'acme@datadoghq.eu' } : {})
  })
  const { trace_id, span_id } = spans['of acme']
  const joins = intake.evaluations().filter(({ label }) => label.startsWith('acme'))
  expect(joins.map(({ join_on }) => join_on.span)).toEqual(joins.map(() => ({ trace_id, span_id })))
  expect(facts.acme).toEqual({
    traceId: trace_id,
    spanId: span_id,
    route: expect.stringMatching(/^[0-9a-f]{32}$/)
  })
  // Two of them in the context of globex.
  expect(facts.unrouted).toEqual({ no_route: facts.lost + 2 })
  expect(facts.mismatches).toBe(2)
  expect(facts.errors).toEqual([expect.any(Object), expect.any(Object)])
  expect(facts.hosts).toEqual([])
  expect(agent.requests.filter(({ path }) => path.includes('evp_proxy'))).toEqual([])
})
