'use strict'

const { KEYS, programs } = require('./setup')

const { run } = programs()
const ROOT = 'undefined'

/** @type {Awaited<ReturnType<typeof run>>} */
let world

beforeAll(async () => {
  world = await run('services')
})

describe('over requests that dd-trace instruments', () => {
  test("a tenant's trace goes on in the same tenant's context, with session and agent", () => {
    const { acme, 'acme to acme': served, 'below acme to acme': below } = world.spans
    expect(served).toMatchObject({
      trace_id: acme.trace_id,
      parent_id: acme.span_id,
      session_id: 'session of acme',
      meta: { agent_attribution: { pagent_name: 'acme', pagent_span_id: acme.span_id } }
    })
    expect(below).toMatchObject({ trace_id: acme.trace_id, parent_id: served.span_id })
  })

  test.each(['acme to globex', 'acme to ours', 'ours to acme', 'ours to globex'])(
    'nothing crosses: %s',
    name => {
      const { acme, ours, [name]: served } = world.spans
      expect(served.parent_id).toBe(ROOT)
      const text = JSON.stringify(served)
      for (const foreign of ['session of acme', acme.trace_id, acme.span_id, ours.span_id])
        expect(text).not.toContain(foreign)
    }
  )

  test("the application's own trace goes on as with dd-trace alone", () => {
    const { ours, 'ours to ours': served } = world.spans
    expect(served.parent_id).toBe(ours.span_id)
  })

  test('the headers name the tenant by a tag that is no key; none once detached', () => {
    const { acme, ours, nobody } = world.facts.headers
    const tags = [acme, ours].map(header => /_dd\.p\.spanlane_tenant=([^,]+)/.exec(header)?.[1])
    expect(new Set(tags).size).toBe(2)
    expect(JSON.stringify(world.facts.headers)).not.toMatch(new RegExp(Object.values(KEYS).join('|')))
    expect(nobody).not.toMatch(/spanlane/)
    expect(world.facts.tenantMismatch).toBeGreaterThan(0)
  })

  test.each([
    ['where the tag would make the header too long', 'long'],
    ['of a span that goes nowhere', 'lost']
  ])('%s nothing is said, and nothing goes on', (_what, from) => {
    expect(world.facts.headers[from]).not.toMatch(/spanlane|llmobs_(parent_id|sid|trace_id)/)
    for (const place of ['acme', 'globex', 'ours']) {
      const served = world.spans[`${from} to ${place}`]
      expect(served.parent_id).toBe(ROOT)
      expect(JSON.stringify(served)).not.toContain('session of nobody')
    }
  })
})
