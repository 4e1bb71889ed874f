'use strict'

const { annotateSpan } = require('../../lib/annotate/annotate')
const { annotated, invalid, newSpan, revokedProxy, throwing } = require('./fixture')

const EMPTY = 'Tool definitions must be a non-empty array.'

test.each([
  ['a name', [{ name: 'f' }], [{ name: 'f' }]],
  [
    'everything',
    [
      {
        name: 'f',
        description: 'd',
        schema: { type: 'object', properties: { a: { type: 'string' } } },
        version: '1'
      }
    ],
    [
      {
        name: 'f',
        description: 'd',
        schema: { type: 'object', properties: { a: { type: 'string' } } },
        version: '1'
      }
    ]
  ],
  [
    'empty fields',
    [{ name: 'f', description: '', schema: {}, version: '' }],
    [{ name: 'f', description: '', schema: {}, version: '' }]
  ],
  ['unknown fields', [{ name: 'f', strict: true }], [{ name: 'f' }]]
])('accepts %s, on a span of any kind', (_name, toolDefinitions, wire) => {
  for (const kind of ['llm', 'agent', 'task']) {
    const { event, warnings } = annotated(kind, { toolDefinitions })
    expect(event().meta.tool_definitions).toEqual(wire)
    expect(warnings).toEqual([])
  }
})

test.each([
  ['an object', { name: 'f' }],
  ['text', 'f'],
  ['false', false],
  ['an empty list', []],
  ['a list of nothing right', [null, 5, {}, { name: '' }, { name: 5 }]],
  ['a revoked Proxy', revokedProxy()]
])('refuses %s', (_name, toolDefinitions) => {
  expect(() => annotated('llm', { toolDefinitions })).toThrow(invalid(EMPTY))
})

test.each([[undefined], [null]])('%p defines nothing', toolDefinitions => {
  expect(annotated('llm', { toolDefinitions }).span.toolDefinitions).toBeNull()
})

test('a wrong definition or field is left out with a warning, the right ones stay', () => {
  const { event, warnings } = annotated('llm', {
    toolDefinitions: [
      'x',
      { name: 5 },
      { name: 'f', description: 5, schema: [], version: 1 },
      { name: 'g', schema: null }
    ]
  })
  expect(event().meta.tool_definitions).toEqual([{ name: 'f' }, { name: 'g' }])
  expect(warnings).toEqual([
    'Tool definition at index 0 must be an object. Skipping.',
    'Tool definition at index 1 must have a non empty string "name". Skipping.',
    'Tool definition "description" at index 2 must be a string. Skipping field.',
    'Tool definition "schema" at index 2 must be a plain object. Skipping field.',
    'Tool definition "version" at index 2 must be a string. Skipping field.'
  ])
})

test('a schema with values that JSON cannot hold stays, the value is replaced', () => {
  const { event } = annotated('llm', {
    toolDefinitions: [{ name: 'f', schema: { a: 1n, ...{ b: 2 } } }, throwing('name')]
  })
  expect(event().meta.tool_definitions).toEqual([{ name: 'f', schema: { a: 'Unserializable value', b: 2 } }])
  expect(event().collection_errors).toEqual([
    'unserializable:toolDefinitions[0].schema.a',
    'unserializable:toolDefinitions[1].name'
  ])
})

test('the last list counts', () => {
  const span = newSpan('llm')
  annotateSpan(span, { toolDefinitions: [{ name: 'f' }] })
  annotateSpan(span, { toolDefinitions: [{ name: 'g' }] })
  expect(span.toolDefinitions).toEqual([{ name: 'g' }])
})
