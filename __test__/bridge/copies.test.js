'use strict'

const { programs } = require('./setup')

const { run } = programs()

test('with several copies the one behind the running tracer is joined', async () => {
  const { facts, places } = await run('copies')
  expect(facts.isSame).toBe(true)
  expect(facts.version).toBe(facts.running)
  expect(places).toEqual({ 'of acme': 'acme@datadoghq.eu' })
})

test('imported as ES modules it is the same', async () => {
  const { facts, places } = await run('modules.mjs')
  expect(facts.active).toBe(true)
  expect(places).toEqual({ 'of acme': 'acme@datadoghq.eu' })
})
