'use strict'

const { annotateSpan } = require('../../lib/annotate/annotate')
const { annotated, newSpan, revokedProxy, throwing } = require('./fixture')

/** @param {unknown} metadata */
const wire = metadata => annotated('task', { metadata }).event().meta.metadata

/** @type {Record<string, any>} */
const cycle = { a: 1 }
cycle.self = cycle
const shared = { x: 1 }

test.each([
  ['an empty object', {}, {}],
  ['JSON values', { a: [1, 'x', null, { b: true }] }, { a: [1, 'x', null, { b: true }] }],
  // dd-trace sends {}.
  ['a Date', { at: new Date(0) }, { at: '1970-01-01T00:00:00.000Z' }],
  ['NaN', { a: Number.NaN }, { a: null }],
  ['a function', { a: () => {} }, { a: 'Unserializable value' }],
  ['a BigInt', { a: 1n }, { a: 'Unserializable value' }],
  ['a cycle', cycle, { a: 1, self: 'Unserializable value' }],
  // dd-trace replaces the second one.
  ['one object twice', { a: shared, b: shared }, { a: { x: 1 }, b: { x: 1 } }],
  ['a throwing getter', throwing('a'), { a: 'Unserializable value' }],
  ['a list', ['a'], { 0: 'a' }]
])('may hold %s', (_name, metadata, expected) => {
  expect(wire(metadata)).toEqual(expected)
})

test('a key such as __proto__ is one like any other', () => {
  const metadata = JSON.parse('{"__proto__":{"a":1},"constructor":2}')
  const { event } = annotated('task', { metadata })
  expect(JSON.stringify(event().meta.metadata)).toBe('{"__proto__":{"a":1},"constructor":2}')
})

test('annotations add up; undefined takes a key back', () => {
  const span = newSpan('task')
  annotateSpan(span, { metadata: { a: 1, b: 2, c: 3 } })
  annotateSpan(span, { metadata: { b: undefined, c: 4 } })
  expect(span.metadata).toEqual({ a: 1, c: 4 })
})

test.each([['text'], [5], [true], [Symbol('x')], [() => {}], [1n], [new Date(0)]])(
  '%p in place of metadata is ignored with a warning',
  metadata => {
    const { span, warnings } = annotated('task', { metadata })
    expect(span.metadata).toBeNull()
    expect(warnings).toEqual([`metadata must be an object, got ${typeof metadata}. Ignoring value.`])
  }
)

test('metadata that cannot be read at all is named', () => {
  const { span, event } = annotated('task', { metadata: revokedProxy() })
  expect(span.metadata).toBeNull()
  expect(event().collection_errors).toEqual(['unserializable:metadata'])
})

test('what the application says in _dd stays beside what the SDK says there', () => {
  const { event } = annotated('task', { metadata: { _dd: { mine: 1 } }, tags: { t: 1 }, costTags: ['t'] })
  expect(event().meta.metadata._dd).toEqual({ mine: 1, cost_tags: ['t'] })
})

test.each([['text'], [5], [['a']], [null]])('_dd given as %p makes room for what the SDK says there', _dd => {
  const { event } = annotated('task', { metadata: { _dd }, tags: { t: 1 }, costTags: ['t'] })
  expect(event().meta.metadata._dd).toEqual({ cost_tags: ['t'] })
})
