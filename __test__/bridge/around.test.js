'use strict'

const { programs } = require('./setup')

const { run } = programs()

test('attach after init, shutdown while attached, attach after shutdown', async () => {
  const { facts, places } = await run('around')
  expect(facts.otherOptions).toMatchObject({ code: 'SPANLANE_ALREADY_INITIALIZED' })
  expect(facts).toMatchObject({ isUntouched: true, active: true, delivered: 1 })
  expect(places).toEqual({ 'of acme': 'acme@datadoghq.eu' })
  // The application goes on; what Spanlane can no longer deliver is counted.
  expect(facts.results).toEqual(['ran', 'ran'])
  expect(facts.flushed).toBe('SPANLANE_SHUT_DOWN')
  expect(facts.droppedByReason).toEqual({ no_route: 1, shutdown: 1 })
  expect(facts.afterShutdown).toMatchObject({ code: 'SPANLANE_SHUT_DOWN' })
  // Given back, dd-trace delivers by itself.
  expect(facts.hosts).toEqual(['llmobs-intake.datadoghq.eu'])
})
