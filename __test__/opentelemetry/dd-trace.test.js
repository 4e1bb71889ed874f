'use strict'

const { programs } = require('../bridge/setup')

const { run } = programs()

test('beside dd-trace: what it follows comes from it alone, with one warning for each instrumentation; the rest is sent', async () => {
  const { facts, intake, places } = await run('../../opentelemetry/programs/beside-dd-trace.js')
  const spans = intake.spans()
  const byName = new Map(spans.map(({ name, ...span }) => [name, span]))
  expect(spans.map(({ name }) => name).sort()).toEqual([
    'OpenAI.createChatCompletion',
    'OpenAI.createChatCompletion',
    'below',
    'not followed by dd-trace',
    'own'
  ])
  expect(byName.get('below')?.parent_id).toBe(byName.get('own')?.span_id)
  expect(places).toMatchObject({ own: 'acme@datadoghq.eu', below: 'acme@datadoghq.eu' })
  expect(facts.log).toEqual(
    [
      '@arizeai/openinference-instrumentation-openai',
      '@opentelemetry/instrumentation-openai',
      '@traceloop/instrumentation-openai'
    ].map(scope =>
      expect.stringContaining(`dd-trace is attached and follows what spans of ${scope} are about itself`)
    )
  )
})

test.each(['attached', 'alone'])(
  'where dd-trace is the provider of OpenTelemetry (%s), nothing is sent, and that is said once',
  async how => {
    const { facts, intake } = await run('../../opentelemetry/programs/provider-of-dd-trace.js', {
      args: [how],
      env: { DD_TRACE_OTEL_ENABLED: 'true' }
    })
    expect(facts.isTheirs).toBe(true)
    expect(intake.spans()).toEqual([])
    expect(facts.log).toEqual([
      expect.stringMatching(/the provider of OpenTelemetry is dd-trace.*#opentelemetry/)
    ])
  }
)
