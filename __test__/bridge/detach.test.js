'use strict'

const { programs } = require('./setup')

const { run } = programs()

test('detach gives dd-trace back, except that what was routed stays ours', async () => {
  const { facts, places, agent } = await run('detach', { env: { DD_LLMOBS_ML_APP: 'assistant' } })
  expect(places).toEqual({
    'started attached': 'acme@datadoghq.eu',
    'started detached, in a context entered attached': 'globex@us5.datadoghq.com',
    late: 'globex@us5.datadoghq.com',
    'by spanlane alone': 'platform@datadoghq.com',
    'attached again': 'acme@datadoghq.eu'
  })
  expect(facts.restored).toEqual(facts.restored.map(([name]) => [name, true]))
  expect(facts.flushed).toBe('undefined')
  expect(facts.standalone).toBe('Span')
  // dd-trace's own transport got its own data, with its own keys: no token of ours.
  expect(facts.hosts.sort()).toEqual(['llmobs-intake.datadoghq.com', 'llmobs-intake.datadoghq.eu'])
  expect(agent.pathsWith('not-an-api-key')).toEqual([])
})
