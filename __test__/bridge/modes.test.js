'use strict'

const { programs } = require('./setup')

const { run } = programs()
const SPANS = '/evp_proxy/v2/api/v2/llmobs'

test('agentless: everything goes through Spanlane', async () => {
  const { facts, places, agent } = await run('modes', { args: ['agentless'] })
  expect(places).toEqual({
    'of acme': 'acme@datadoghq.eu',
    ours: 'platform@datadoghq.com',
    lost: 'platform@datadoghq.com'
  })
  expect(facts.hosts).toEqual([])
  expect(agent.pathsWith('said by')).toEqual([])
})

test.each(['agent', 'auto-detect'])(
  '%s: tenants get theirs from Spanlane, the rest goes to the agent',
  async mode => {
    const { facts, places, agent } = await run('modes', { args: [mode] })
    expect(places).toEqual({ 'of acme': 'acme@datadoghq.eu' })
    expect(facts.hosts).toEqual([])
    expect(agent.pathsWith('said by ours')).toEqual([SPANS])
    expect(agent.pathsWith('said by of acme')).toEqual([])
  }
)

test('agent: a processor given to Spanlane sees also what the agent gets', async () => {
  const { spans, agent } = await run('modes', { args: ['agent', 'masked'] })
  expect(spans['of acme'].meta.output).toEqual({ value: 'masked' })
  expect(agent.pathsWith('said by')).toEqual([])
  expect(agent.pathsWith('masked')).toEqual([SPANS])
})

test('LLM Observability off: fn runs, one warning, nothing is recorded', async () => {
  const { facts, intake } = await run('modes', { args: ['disabled'] })
  expect(facts.results).toEqual(['ran'])
  expect(facts.enabled).toBe(false)
  expect(facts.warnings).toEqual([expect.stringMatching(/LLM Observability of dd-trace is off/)])
  expect(intake.requests).toEqual([])
})

test.each([
  ['agentless', 'refuse'],
  ['agent', 'refuse'],
  ['agentless', 'auto'],
  ['agent', 'auto']
])('%s, outsideContexts "%s": what lost its context is refused and counted', async (mode, outside) => {
  const { facts, places, agent } = await run('modes', { args: [mode, outside] })
  expect(places).toEqual({ 'of acme': 'acme@datadoghq.eu' })
  expect(agent.pathsWith('said by')).toEqual([])
  // The span outside all contexts, and the evaluation that names nobody.
  expect(facts.stats.unrouted.droppedByReason).toEqual({ no_route: 2 })
  const told = facts.warnings.filter(text => /outside all routing contexts/.test(text))
  expect(told).toHaveLength(outside === 'auto' ? 1 : 0)
})
