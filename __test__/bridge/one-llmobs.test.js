'use strict'

const { programs } = require('./setup')

const { run } = programs()

test("spanlane's llmobs and the bridged tracer share one context and one parent chain", async () => {
  const { facts, spans, places } = await run('one-llmobs')
  const [top, middle] = [spans['by dd-trace'], spans['by spanlane']]
  expect(middle).toMatchObject({ trace_id: top.trace_id, parent_id: top.span_id })
  expect(middle.meta.output).toEqual({ value: 'annotated by spanlane' })
  for (const name of ['by dd-trace again', 'wrapped']) {
    expect(spans[name]).toMatchObject({ trace_id: top.trace_id, parent_id: middle.span_id })
  }
  expect(spans['by dd-trace again'].tags).toContain('inside:yes')
  expect(places).toMatchObject({
    bound: 'acme@datadoghq.eu',
    'from an emitter': 'acme@datadoghq.eu',
    'with a route': 'globex@us5.datadoghq.com',
    'with a reference': 'globex@us5.datadoghq.com'
  })
  expect(facts.routes).toEqual({ inside: 'acme', outside: 'default' })
  expect(facts.report).toMatchObject({ delivered: 8, pending: 0 })
  expect(facts.own).toEqual([])
})
