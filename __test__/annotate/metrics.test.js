'use strict'

const { annotateSpan } = require('../../lib/annotate/annotate')
const { annotated, invalid, newSpan, throwing } = require('./fixture')

/** @param {unknown} metrics */
const wire = metrics => annotated('llm', { metrics }).event().metrics

test.each([
  ['inputTokens', 'input_tokens'],
  ['outputTokens', 'output_tokens'],
  ['totalTokens', 'total_tokens'],
  ['cacheReadTokens', 'cache_read_input_tokens'],
  ['cacheWriteTokens', 'cache_write_input_tokens'],
  ['cacheWrite5mTokens', 'ephemeral_5m_input_tokens'],
  ['cacheWrite1hTokens', 'ephemeral_1h_input_tokens'],
  ['reasoningOutputTokens', 'reasoning_output_tokens'],
  ['input_tokens', 'input_tokens'],
  ['constructor', 'constructor'],
  ['a.b.c', 'a_b_c']
])('%s is sent as %s', (name, wireName) => {
  expect(wire({ [name]: 5 })).toEqual({ [wireName]: 5 })
})

test.each([[0], [-1.5], [Number.MAX_VALUE], [Number.MIN_VALUE], [2 ** 53]])('%p is a metric', value => {
  expect(wire({ a: value })).toEqual({ a: value })
})

test.each([
  ['text', '1', '1'],
  ['true', true, 'true'],
  ['a BigInt', 1n, '1'],
  // dd-trace fails to build the text of its error.
  ['a symbol', Symbol('x'), 'Symbol(x)'],
  ['an object', { toString: () => 'evil' }, 'object']
])('%s is none', (_name, value, shown) => {
  expect(() => wire({ a: value })).toThrow(
    invalid(`Value for metric 'a' must be a number, instead got ${shown}`)
  )
})

test('text in place of metrics is refused as dd-trace refuses it', () => {
  expect(() => wire('ab')).toThrow(invalid("Value for metric '0' must be a number, instead got a"))
})

test.each([[5], [true]])('%p in place of metrics is ignored with a warning', metrics => {
  const { event, warnings } = annotated('llm', { metrics })
  expect(event().metrics).toEqual({})
  expect(warnings).toEqual([`metrics must be an object of numbers, got ${typeof metrics}. Ignoring value.`])
})

test.each([[Number.NaN], [Number.POSITIVE_INFINITY], [Number.NEGATIVE_INFINITY]])(
  'a metric of %p is dropped with a warning, the span and its other metrics are sent',
  value => {
    const { event, warnings } = annotated('llm', { metrics: { bad: value, good: 1 } })
    expect(event().metrics).toEqual({ good: 1 })
    expect(warnings).toEqual([`Dropping metric 'bad': ${value} is not a finite number.`])
  }
)

test('a metric that cannot be read is left out, and named', () => {
  const { event } = annotated('llm', { metrics: Object.assign(throwing('bad'), { good: 1 }) })
  expect(event().metrics).toEqual({ good: 1 })
  expect(event().collection_errors).toEqual(['unserializable:metrics.bad'])
})

test('metrics of several annotations add up, the last value of a name counts', () => {
  const span = newSpan('task')
  annotateSpan(span, { metrics: { a: 1, b: 1 } })
  annotateSpan(span, { metrics: { b: 2 } })
  expect(span.metrics).toEqual({ a: 1, b: 2 })
})
