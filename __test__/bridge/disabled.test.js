'use strict'

const tracer = require('dd-trace')
const { attach } = require('../../dd-trace')
const { ACME, Log } = require('../sdk/setup')
const { programs } = require('./setup')

const { run } = programs()

test('with Spanlane disabled every call runs, and dd-trace delivers by itself', async () => {
  const { facts, intake } = await run('disabled')
  expect(facts).toMatchObject({ active: false, version: null, left: false })
  expect(facts.results).toEqual(['ran early', 'ran late', 'ran too'])
  expect(facts.lines).toEqual([expect.stringMatching(/Spanlane is disabled: dd-trace delivers by itself/)])
  expect(facts.hosts).toEqual(['llmobs-intake.datadoghq.eu'])
  expect(intake.requests).toEqual([])
})

test('where dd-trace hands out a tracer without function, as in a Jest worker, every call runs', () => {
  const log = new Log()
  const { active, detach } = attach(tracer, { logger: log })
  expect(active).toBe(false)
  expect(tracer.llmobs.withRoutingContext(ACME, () => 'ran')).toBe('ran')
  expect(log.lines).toEqual([expect.stringMatching(/tracing by dd-trace is off/)])
  detach()
  expect(tracer.llmobs).not.toHaveProperty('withRoutingContext')
})
