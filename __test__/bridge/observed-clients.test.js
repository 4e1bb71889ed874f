'use strict'

const { KEYS, programs } = require('./setup')

const { run } = programs()

const TENANTS = /** @type {const} */ ([
  ['openai', KEYS.acme],
  ['anthropic', KEYS.globex]
])

/** @param {any} intake @param {string} key */
function treeOf(intake, key) {
  const spans = intake.spans({ key })
  const above = spans.find(({ meta }) => meta['span.kind'] === 'workflow')
  return { above, calls: spans.filter(span => span !== above) }
}

test('where dd-trace follows a client it alone does, which is said once', async () => {
  const { facts, intake } = await run('observed-clients', { args: ['on'] })
  for (const [, key] of TENANTS) {
    const { above, calls } = treeOf(intake, key)
    expect(calls).toHaveLength(2)
    for (const call of calls) {
      expect(call.parent_id).toBe(above.span_id)
      expect(call.tags).toContain('source:integration')
    }
  }
  expect(facts.warnings).toHaveLength(2)
  expect(facts.warnings[0]).toMatch(
    /dd-trace is attached and follows openai itself.*use one of both.*#clients/
  )
  expect(facts.warnings[1]).toMatch(/follows @anthropic-ai\/sdk itself/)
})

test('where dd-trace was told not to, the observed client makes the spans, below those of dd-trace', async () => {
  const { facts, intake } = await run('observed-clients', { args: ['off'] })
  for (const [name, key] of TENANTS) {
    const { above, calls } = treeOf(intake, key)
    expect(calls).toHaveLength(2)
    for (const [index, call] of calls.entries()) {
      expect(call).toMatchObject({ trace_id: above.trace_id, parent_id: above.span_id })
      expect(call.meta.input.messages[0].content).toContain(name)
      expect(call.meta.output.messages[0].content).toContain(`You asked: ${name} ${index === 1}`)
    }
  }
  expect(facts.warnings).toEqual([])
})
