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

test('spans by hand follow the routing contexts of the bridged tracer, and its spans', async () => {
  const { facts, spans, places } = await run('by-hand')
  const top = spans['by dd-trace']
  for (const name of ['below the active', 'below the given']) {
    expect(spans[name]).toMatchObject({ trace_id: top.trace_id, parent_id: top.span_id })
  }
  expect(places).toEqual({
    'by dd-trace': 'acme@datadoghq.eu',
    'in a context': 'acme@datadoghq.eu',
    'below the active': 'acme@datadoghq.eu',
    'below the given': 'acme@datadoghq.eu',
    'inner context': 'globex@us5.datadoghq.com',
    elsewhere: 'globex@us5.datadoghq.com'
  })
  for (const name of ['inner context', 'elsewhere']) {
    expect(spans[name].parent_id).toBe('undefined')
    expect(JSON.stringify(spans[name])).not.toContain(top.trace_id)
  }
  expect(facts.report).toMatchObject({ delivered: 6, pending: 0 })
})
