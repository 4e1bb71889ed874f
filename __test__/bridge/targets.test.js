'use strict'

const { KEYS, programs } = require('./setup')

const { run } = programs()

/** @type {any} */
let world
/** @param {keyof typeof KEYS} owner @param {string} name */
const copy = (owner, name) => world.intake.spans({ key: KEYS[owner] }).find(span => span.name === name)

beforeAll(async () => {
  world = await run('targets')
})

test('one span goes to each target, and in each it has the place that it has there', () => {
  const [first, second, own] = ['acme', 'globex', 'platform'].map(owner => copy(owner, 'for three'))
  const outer = copy('acme', 'acme only')
  expect(first).toMatchObject({ trace_id: outer.trace_id, parent_id: outer.span_id, session_id: 'of acme' })
  expect(first.meta.agent_attribution).toEqual({ pagent_name: 'acme only', pagent_span_id: outer.span_id })
  for (const root of [second, own]) {
    expect(root).toMatchObject({ span_id: first.span_id, parent_id: 'undefined' })
    expect(root.trace_id).not.toBe(outer.trace_id)
    expect(root).not.toHaveProperty('session_id')
    expect(JSON.stringify(root)).not.toMatch(/acme/)
  }
})

test.each(['acme', 'globex', 'platform'])('children follow: %s', owner => {
  const [parent, child] = ['for three', 'child of three'].map(name => copy(owner, name))
  expect(child).toMatchObject({
    trace_id: parent.trace_id,
    parent_id: parent.span_id,
    meta: { agent_attribution: { pagent_name: 'for three', pagent_span_id: parent.span_id } }
  })
})

test("a context of one of them continues that one's trace", () => {
  const parent = copy('globex', 'for three')
  expect(copy('globex', 'globex below')).toMatchObject({
    trace_id: parent.trace_id,
    parent_id: parent.span_id
  })
})

test('an evaluation of it goes to each, under the trace id it has there', () => {
  for (const owner of /** @type {const} */ (['acme', 'globex', 'platform'])) {
    const { trace_id, span_id } = copy(owner, 'for three')
    expect(world.intake.evaluations({ key: KEYS[owner] })).toMatchObject([
      { label: 'for three too', join_on: { span: { trace_id, span_id } } }
    ])
  }
})

test.each(['named by one', 'below one'])(
  "a route's name for its application is not the other's: %s",
  name => {
    expect(copy('acme', name).tags).toContain('ml_app:app of acme')
    expect(copy('globex', name).tags).toContain('ml_app:assistant')
  }
)

test('settings of a route are for its own copy', () => {
  const name = 'masked here, silent there'
  expect(copy('acme', name).meta).toMatchObject({
    input: { value: 'masked for acme' },
    output: { value: `answer of ${name}` }
  })
  expect(copy('globex', name).meta).toMatchObject({ input: {}, output: {} })
  expect(copy('acme', 'masked later').meta.input).toEqual({ value: 'masked for acme' })
  expect(copy('acme', 'refused')).toBeUndefined()
  expect(world.facts.dropped).toEqual({ processor: 1 })
  expect(copy('acme', 'not sampled')._dd).toMatchObject({ sample_rate: '0', sampling_decision: '0' })
  expect(copy('acme', 'nor its child')._dd).toMatchObject({ sample_rate: '0', sampling_decision: '0' })
})
