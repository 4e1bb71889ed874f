'use strict'

const { programs } = require('./setup')

const { run } = programs()

test('contexts that were open before attach are delivered by Spanlane too, by our rules', async () => {
  const { facts, places, spans } = await run('late', { env: { DD_TAGS: 'rack:7' } })
  expect(places).toEqual({
    'started before': 'acme@datadoghq.eu',
    'started after': 'acme@datadoghq.eu',
    inside: 'acme@datadoghq.eu'
  })
  expect(JSON.stringify(spans)).not.toMatch(/rack/)
  expect(facts).toMatchObject({ hosts: [], total: { delivered: 3, dropped: 0 } })
})
