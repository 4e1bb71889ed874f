'use strict'

const { annotated, invalid, throwing } = require('./fixture')

/** The two places documents go, and the text beside them. */
const SIDES = /** @type {const} */ ([
  ['embedding', 'inputData', 'input', 'outputData', 'output'],
  ['retrieval', 'outputData', 'output', 'inputData', 'input']
])

describe.each(SIDES)('%s', (kind, option, field, textOption, textField) => {
  const wire = (/** @type {unknown} */ documents) =>
    annotated(kind, { [option]: documents }).event().meta[field]

  test.each([
    ['a string', 'one', [{ text: 'one' }]],
    ['one document', { text: 'one' }, [{ text: 'one' }]],
    ['an empty text', [{ text: '' }], [{ text: '' }]],
    [
      'whole documents',
      ['a', { text: 'b', name: 'n', id: '1', score: 0.5 }],
      [{ text: 'a' }, { text: 'b', name: 'n', id: '1', score: 0.5 }]
    ],
    ['null fields', [{ text: 'a', name: null, id: null, score: null }], [{ text: 'a' }]],
    ['a score of 0', [{ text: 'a', score: 0 }], [{ text: 'a', score: 0 }]]
  ])('accepts %s', (_name, given, documents) => {
    expect(wire(given)).toEqual({ documents })
  })

  test.each([
    ['a number', 5, 'Documents must be a string, object, or list of objects.'],
    ['no text', [{}], 'Document text must be a string.'],
    ['a text of another type', [{ text: 5 }], 'Document text must be a string.'],
    ['a name of another type', [{ text: 'a', name: 5 }], '"Document name" must be a string.'],
    ['an id of another type', [{ text: 'a', id: 5 }], '"Document ID" must be a string.'],
    ['a score of another type', [{ text: 'a', score: '0.5' }], '"Document score" must be a number.']
  ])('refuses %s', (_name, given, message) => {
    expect(() => wire(given)).toThrow(invalid(message))
  })

  test('a document that cannot be read is replaced, and named', () => {
    const { event } = annotated(kind, { [option]: ['a', throwing('text')] })
    expect(event().meta[field].documents).toEqual([{ text: 'a' }, { text: 'Unserializable value' }])
    expect(event().collection_errors).toEqual([`unserializable:${field}.documents[1].text`])
  })

  test('the other side is text', () => {
    const { event } = annotated(kind, { [textOption]: { size: 3 } })
    expect(event().meta[textField]).toEqual({ value: '{"size":3}' })
  })
})
