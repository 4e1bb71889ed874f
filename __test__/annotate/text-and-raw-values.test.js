'use strict'

const { annotated, revokedProxy, throwing } = require('./fixture')

const TEXT_KINDS = ['agent', 'workflow', 'task', 'tool']

/** @type {Record<string, any>} */
const cycle = { a: 1 }
cycle.self = cycle

describe.each(TEXT_KINDS)('%s', kind => {
  test.each([
    ['text', 'as it is "quoted"', 'as it is "quoted"'],
    ['an object', { a: [1, null, { b: 'x' }] }, '{"a":[1,null,{"b":"x"}]}'],
    ['a number', 5, '5'],
    ['true', true, 'true'],
    ['a Date', new Date(0), '"1970-01-01T00:00:00.000Z"'],
    ['undefined in an object', { a: undefined, b: 1 }, '{"b":1}'],
    ['a cycle', cycle, '{"a":1,"self":"Unserializable value"}'],
    ['a BigInt', 1n, 'Unserializable value'],
    ['a symbol', Symbol('x'), 'Unserializable value'],
    ['a function', () => {}, 'Unserializable value'],
    ['a revoked Proxy', revokedProxy(), 'Unserializable value'],
    ['a throwing getter', throwing('x'), '{"x":"Unserializable value"}']
  ])('sends %s as text', (_name, data, value) => {
    const { event } = annotated(kind, { inputData: data, outputData: data })
    expect(event().meta.input).toEqual({ value })
    expect(event().meta.output).toEqual({ value })
  })

  test.each([[''], [0], [false], [null], [undefined], [Number.NaN], [0n]])('ignores %p', data => {
    const { event } = annotated(kind, { inputData: data, outputData: data })
    expect([event().meta.input, event().meta.output]).toEqual([{}, {}])
  })
})

test('text may nest deeper than an event', () => {
  const nested = JSON.parse(`${'['.repeat(100)}1${']'.repeat(100)}`)
  expect(annotated('task', { inputData: nested }).event().meta.input.value).toBe(JSON.stringify(nested))
})

test.each([
  ['a string', 'x', 'x'],
  ['an empty string', '', ''],
  ['zero', 0, 0],
  ['false', false, false],
  ['null', null, null],
  ['a structure', { a: [1, { b: null }] }, { a: [1, { b: null }] }],
  ['a Date', new Date(0), '1970-01-01T00:00:00.000Z'],
  ['a function', () => {}, 'Unserializable value'],
  ['a BigInt', 1n, 'Unserializable value'],
  ['a cycle', cycle, { a: 1, self: 'Unserializable value' }]
])('an experiment keeps %s as JSON', (_name, data, value) => {
  const { event } = annotated('experiment', { inputData: data, outputData: data })
  expect(event().meta.input).toEqual(value)
  expect(event().meta.output).toEqual(value)
})

test('an experiment without data has an empty input and output', () => {
  const { event } = annotated('experiment', { inputData: undefined })
  expect([event().meta.input, event().meta.output]).toEqual([{}, {}])
})

test('a later annotation replaces input and output, each alone', () => {
  const { annotateSpan } = require('../../lib/annotate/annotate')
  const { span, event } = annotated('task', { inputData: 'in', outputData: 'out' })
  annotateSpan(span, { outputData: 'better' })
  expect(event().meta.input).toEqual({ value: 'in' })
  expect(event().meta.output).toEqual({ value: 'better' })
})
