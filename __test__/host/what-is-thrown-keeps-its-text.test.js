'use strict'

const { sdk, thrownBy } = require('../sdk/setup')

const { open } = sdk()

/** @param {unknown[]} values */
async function thrown(values) {
  const { llmobs, spans } = await open()
  for (const [index, value] of values.entries()) {
    const throwing = () =>
      llmobs.trace({ kind: 'task', name: `${index}` }, () => {
        throw value
      })
    expect(thrownBy(throwing) === value).toBe(true)
  }
  const ended = await spans()
  return values.map((_, index) => ended[index].meta)
}

class Refusal {
  constructor() {
    this.status = 429
    this.reason = 'slow down'
  }
}

test('what is no Error is told as text', async () => {
  const values = [
    { status: 429, error: { message: 'slow down' } },
    new Response('', { status: 429, statusText: 'slow down' }),
    new Map([['reason', 'slow down']]),
    new Set(['slow down']),
    new Refusal(),
    ['slow down'],
    Object.assign(Object.create(null), { reason: 'slow down' }),
    { message: { reason: 'slow down' } },
    { message: 'slow down' },
    'slow down',
    new String('slow down'),
    { toJSON: () => 'slow down' }
  ]
  for (const meta of await thrown(values)) expect(meta['error.message']).toContain('slow down')
})

test('its text has an end', async () => {
  const values = [
    'x'.repeat(100_000),
    { text: 'x'.repeat(100_000) },
    new Set(Array.from({ length: 10_000 }, (_, i) => i))
  ]
  for (const meta of (await thrown(values)).slice(1)) expect(meta['error.message'].length).toBeLessThan(5000)
})

test('causes and lists of errors are below the stack, as deep as they say something', async () => {
  const root = new Error('quota used up')
  const cycle = new Error('cycle')
  cycle.cause = new Error('back', { cause: cycle })
  const deep = Array.from({ length: 20 }).reduce(
    (cause, _, index) => new Error(`level ${index}`, { cause }),
    root
  )
  const many = new AggregateError(
    Array.from({ length: 40 }, (_, index) => new Error(`try ${index}`)),
    'all failed'
  )
  const [one, text, list, inner, back, cut, bounded] = await thrown([
    new Error('call failed', { cause: root }),
    new Error('call failed', { cause: { code: 'E42' } }),
    new AggregateError([new Error('first'), root], 'all failed'),
    new AggregateError([new Error('first', { cause: root })], 'all failed'),
    cycle,
    deep,
    many
  ])
  for (const meta of [one, list, inner]) expect(meta['error.stack']).toContain('quota used up')
  expect(one['error.message']).toBe('call failed')
  expect(text['error.stack']).toContain('E42')
  expect(back['error.stack'].match(/Error: back/g)).toHaveLength(1)
  expect(cut['error.stack']).toContain('level 15')
  expect(cut['error.stack']).not.toContain('level 10\n')
  expect(bounded['error.stack']).toContain('try 9')
  expect(bounded['error.stack']).not.toContain('try 10')
  expect(bounded['error.stack']).toContain('30 more')
})

test('an error without causes has its own stack and nothing else', async () => {
  const error = new Error('plain')
  const [meta] = await thrown([error])
  expect(meta['error.stack']).toBe(error.stack)
})

test('an error that fights back does no harm', async () => {
  const refuse = () => JSON.parse('{')
  const hostile = new Error('hostile')
  for (const field of ['cause', 'errors', 'stack', 'name'])
    Object.defineProperty(hostile, field, { get: refuse })
  const odd = Object.assign(new Error('odd'), { errors: new Proxy([], { get: refuse }), cause: Symbol('s') })
  const [first, second] = await thrown([hostile, odd])
  expect([first['error.message'], second['error.message']]).toEqual(['hostile', 'odd'])
})
