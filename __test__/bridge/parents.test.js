'use strict'

const { KEYS, programs } = require('./setup')

const { run } = programs()

/** @type {Awaited<ReturnType<typeof run>>} */
let world
/** @param {keyof typeof KEYS} owner @param {string} name */
const copy = (owner, name) => world.intake.spans({ key: KEYS[owner] }).find(span => span.name === name)

beforeAll(async () => {
  world = await run('parents')
})

test.each([
  'below the span',
  'below the exported',
  'called in globex',
  'exported in acme',
  'without a route',
  'wrapped',
  'decorated'
])('%s: it belongs to the tenant of its parent, and to its trace', name => {
  const { acme } = world.spans
  expect(world.places[name]).toBe('acme@datadoghq.eu')
  expect(world.spans[name]).toMatchObject({ trace_id: acme.trace_id, parent_id: acme.span_id })
})

test('a wrapped function gets its arguments and its owner, and its result is passed on', () => {
  expect(world.facts.called).toEqual(['self', 'in'])
})

test('so do the spans below it', () => {
  for (const [name, parent] of [
    ['and below it', 'below the span'],
    ['and below that', 'below the exported']
  ]) {
    expect(world.places[name]).toBe('acme@datadoghq.eu')
    expect(world.spans[name]).toMatchObject({
      trace_id: world.spans.acme.trace_id,
      parent_id: world.spans[parent].span_id
    })
  }
})

test('a span gives its child session, ml app and agent; an exported one only its ids', () => {
  const inherited = world.spans['below the span']
  expect(inherited).toMatchObject({
    session_id: 'session of acme',
    meta: { agent_attribution: { pagent_name: 'acme', pagent_span_id: world.spans.acme.span_id } }
  })
  expect(inherited.tags).toContain('ml_app:app of acme')
  expect(world.spans['below the exported']).not.toHaveProperty('session_id')
})

test('a parent of another tenant than the context is counted, and the context stays for what follows', () => {
  const [before, calm, counted] = world.facts.mismatches
  expect([before, calm - before, counted - calm]).toEqual([0, 0, 4])
  expect(world.places['after them']).toBe('globex@us5.datadoghq.com')
  expect(world.spans['after them'].parent_id).toBe('undefined')
})

test.each(['acme exported in globex', 'ours exported in globex', 'unknown in globex', 'no ids in globex'])(
  "what exportSpan returned does not decide in another tenant's context: %s",
  name => {
    expect(world.places[name]).toBe('globex@us5.datadoghq.com')
    expect(world.spans[name].parent_id).toBe('undefined')
    expect([world.spans.acme.trace_id, world.spans.ours.trace_id]).not.toContain(world.spans[name].trace_id)
  }
)

test('nor for what is below it', () => {
  expect(world.places['and below it in globex']).toBe('globex@us5.datadoghq.com')
  expect(world.spans['and below it in globex'].parent_id).toBe(world.spans['acme exported in globex'].span_id)
  const told = world.facts.warnings.filter(text =>
    /another tenant was named inside a routing context/.test(text)
  )
  expect(told).toHaveLength(1)
})

test("the application's own spans are parents of its own", () => {
  const { ours } = world.spans
  for (const name of ['ours called in globex', 'below ours']) {
    const span = world.spans[name]
    expect(world.places[name]).toBe('platform@datadoghq.com')
    // In early versions what exportSpan returns names the APM trace, which is another one.
    const isInTrace = !/^5\.(83|100)\./.test(world.facts.version) || span.trace_id === ours.trace_id
    expect([span.trace_id === ours.trace_id, span.parent_id]).toEqual([
      isInTrace,
      isInTrace ? ours.span_id : 'undefined'
    ])
  }
  expect(world.spans['ours called in globex'].parent_id).toBe(ours.span_id)
})

test('a span that Spanlane started before attach is a parent too', () => {
  const { early } = world.spans
  expect(world.places['below early']).toBe('acme@datadoghq.eu')
  expect(world.spans['below early']).toMatchObject({ trace_id: early.trace_id, parent_id: early.span_id })
})

test('below a span of two targets: in each the trace that it has there', () => {
  for (const owner of /** @type {const} */ (['acme', 'globex'])) {
    const parent = copy(owner, 'both')
    expect(copy(owner, 'below both')).toMatchObject({
      trace_id: parent.trace_id,
      parent_id: parent.span_id
    })
  }
  expect(copy('acme', 'both').trace_id).not.toBe(copy('globex', 'both').trace_id)
})

test('a parent that nobody knows any more has no route; something else is refused', () => {
  expect(world.facts.dropped).toEqual({ no_route: 1 })
  expect(world.facts.errors).toEqual(
    world.facts.errors.map(() =>
      expect.objectContaining({ code: 'SPANLANE_INVALID_SPAN', name: 'TypeError' })
    )
  )
  expect(world.spans['with null'].parent_id).toBe('undefined')
})
