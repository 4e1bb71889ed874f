'use strict'

const { programs } = require('./setup')

const { run } = programs()

describe.each(['before', 'after'])(
  'attached %s init, dd-trace spans go to the tenant of their context',
  when => {
    test('whatever call made them, and nothing to dd-trace itself', async () => {
      const { facts, places, spans, agent } = await run('sources', { args: [when] })
      expect(places).toEqual({
        ours: 'platform@datadoghq.com',
        traced: 'acme@datadoghq.eu',
        wrapped: 'acme@datadoghq.eu',
        'called back': 'acme@datadoghq.eu',
        'finished elsewhere': 'globex@us5.datadoghq.com',
        'by spanlane': 'globex@us5.datadoghq.com'
      })
      expect(spans.traced.meta).toMatchObject({
        'span.kind': 'llm',
        input: { messages: [{ content: 'question', role: '' }] },
        output: { messages: [{ content: 'answer', role: 'assistant' }] },
        model_name: 'custom'
      })
      expect(spans.wrapped.meta).toMatchObject({ input: { value: 'look up' }, output: { value: 'look up!' } })
      expect(facts.hosts).toEqual([])
      expect(agent.requests.filter(({ path }) => path.includes('evp_proxy'))).toEqual([])
      expect(facts.result).toBe('what fn returned')
      expect(facts.report).toMatchObject({ delivered: 6, dropped: 0, rejected: 0, pending: 0 })
      expect(facts.stats).toMatchObject({ submitted: 6, delivered: 6 })
    })
  }
)

test('a delivered span keeps the marker that dd-trace sets on the APM span, and the self-test leaves nothing', async () => {
  const { agent, facts, intake } = await run('sources', { args: ['after'] })
  expect(agent.pathsWith('finished elsewhere')).not.toEqual([])
  expect(agent.pathsWith('self-test')).toEqual([])
  expect(JSON.stringify(intake.arrivals())).not.toMatch(/self.test/)
  // dd-trace 5.83 has no such marker yet.
  const isMarked = agent.pathsWith('_dd.llmobs.submitted').length > 0
  expect(isMarked).toBe(!facts.version.startsWith('5.83.'))
})
