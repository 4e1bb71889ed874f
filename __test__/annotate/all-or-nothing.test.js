'use strict'

const { annotateFromContext, annotateSpan } = require('../../lib/annotate/annotate')
const { annotated, invalid, newSpan } = require('./fixture')

const RIGHT = {
  inputData: 'in',
  outputData: 'out',
  metadata: { a: 1, bad: 1n },
  metrics: { inputTokens: 1 },
  tags: { t: 1 },
  costTags: ['t'],
  prompt: { id: 'p' },
  toolDefinitions: [{ name: 'f' }]
}

/** One wrong option of each that can be wrong. */
const WRONG = {
  inputData: 5,
  outputData: [5],
  metrics: { a: '1' },
  prompt: 'p',
  toolDefinitions: []
}

test.each(Object.keys(WRONG))('a wrong %s changes nothing, though everything else is right', name => {
  const span = newSpan('llm')
  const before = { ...span }
  expect(() => annotateSpan(span, { ...RIGHT, [name]: Reflect.get(WRONG, name) })).toThrow(
    expect.objectContaining({ code: 'SPANLANE_INVALID_ANNOTATION' })
  )
  expect({ ...span }).toEqual(before)
  annotateSpan(span, RIGHT)
  expect(span).not.toEqual(before)
})

test.each(Object.keys(WRONG))('where nothing is to throw, a wrong %s is left out, and nothing else', name => {
  const [{ span: right }, { span, misuse }] = [
    annotated('llm', { ...RIGHT, [name]: undefined }, 'warn'),
    annotated('llm', { ...RIGHT, [name]: Reflect.get(WRONG, name) }, 'warn')
  ]
  const said = (
    /** @type {any} */ { input, output, metadata, metrics, tags, costTags, prompt, toolDefinitions }
  ) =>
    JSON.stringify({
      input,
      output,
      metadata,
      metrics: metrics ?? {},
      tags,
      costTags,
      prompt,
      toolDefinitions
    })
  expect(said(span)).toBe(said(right))
  expect(misuse).toEqual({ SPANLANE_INVALID_ANNOTATION: 1 })
})

test.each([[undefined], [null], [5], ['text'], [() => {}]])('%p in place of options is refused', options => {
  expect(() => annotated('llm', options)).toThrow(invalid('No options provided for annotation.'))
})

test('an option that cannot be read is named, the others are applied', () => {
  const options = {
    get inputData() {
      throw new Error('hostile getter')
    },
    outputData: 'kept'
  }
  const { event } = annotated('task', options)
  expect([event().meta.input, event().meta.output]).toEqual([{}, { value: 'kept' }])
  expect(event().collection_errors).toEqual(['unserializable:inputData'])
})

test('later changes of what was passed do not reach the span', () => {
  const given = {
    inputData: [{ role: 'user', content: 'hi', toolCalls: [{ name: 'f', arguments: { a: 1 } }] }],
    metadata: { a: { b: 1 } },
    tags: { t: ['x'] },
    metrics: { m: 1 },
    prompt: { variables: { v: '1' } },
    toolDefinitions: [{ name: 'f', schema: { a: 1 } }]
  }
  const { event } = annotated('llm', given)
  const before = event()
  given.inputData[0].content = 'changed'
  given.inputData[0].toolCalls[0].arguments.a = 2
  given.metadata.a.b = 2
  given.tags.t.push('y')
  given.metrics.m = 2
  given.prompt.variables.v = '2'
  given.toolDefinitions[0].schema.a = 2
  expect(event()).toEqual(before)
})

test('a span never changes what was passed', () => {
  const metadata = Object.freeze({ a: 1 })
  const { span } = annotated('task', { metadata })
  annotateSpan(span, { metadata: { b: 2 } })
  expect(metadata).toEqual({ a: 1 })
})

test('every getter runs once', () => {
  /** @type {string[]} */
  const reads = []
  const counted = (/** @type {Record<string, any>} */ fields, /** @type {string} */ name) => {
    const object = {}
    for (const [key, value] of Object.entries(fields)) {
      Object.defineProperty(object, key, {
        enumerable: true,
        get() {
          reads.push(`${name}.${key}`)
          return value
        }
      })
    }
    return object
  }
  const { event } = annotated('llm', {
    inputData: [
      counted(
        {
          role: 'tool',
          content: 'x',
          toolId: '1',
          toolCalls: [counted({ name: 'f', arguments: counted({ a: 1 }, 'arguments') }, 'toolCall')],
          toolResults: [counted({ result: 'r', name: 'n' }, 'toolResult')],
          imageParts: [counted({ mimeType: 'a/b', content: 'x' }, 'part')]
        },
        'message'
      )
    ],
    metadata: counted({ a: counted({ b: 1 }, 'inner') }, 'metadata'),
    metrics: counted({ m: 1 }, 'metrics'),
    tags: counted({ t: 1 }, 'tags'),
    prompt: counted({ id: 'p', template: [counted({ role: 'user', content: 'x' }, 'item')] }, 'prompt'),
    toolDefinitions: [counted({ name: 'f', schema: counted({ a: 1 }, 'schema') }, 'definition')]
  })
  event()
  event()
  expect(reads.filter((read, index) => reads.indexOf(read) !== index)).toEqual([])
  expect(reads.length).toBeGreaterThan(15)
})

test('a context that is wrong is refused like an annotation, and nothing given is nothing', () => {
  expect(() => annotateFromContext(newSpan('llm'), { prompt: 5 })).toThrow(
    invalid('Prompt must be an object.')
  )
  const span = newSpan('llm')
  const before = { ...span }
  annotateFromContext(span, undefined)
  expect({ ...span }).toEqual(before)
})

test('the list of collection errors ends at 20', () => {
  const metadata = Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`k${index}`, 1n]))
  const { span, event } = annotated('task', { metadata })
  annotateSpan(span, { tags: { t: Symbol('x') } })
  expect(event().collection_errors).toHaveLength(20)
  expect(event().collection_errors[19]).toBe('unserializable:metadata.k19')
})
