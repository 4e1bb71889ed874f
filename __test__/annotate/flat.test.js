'use strict'

// Literals are kept as lists, other objects as objects: an event says the same of both, byte for byte.

const fc = require('fast-check')
const { annotateSpan } = require('../../lib/annotate/annotate')
const { Misuse } = require('../../lib/misuse')
const { FlatFields, FlatMessages } = require('../../lib/values/flat')
const { eventText } = require('../support/event-text')
const { CONFIG, annotated, newSpan } = require('./fixture')

/** The same, but of no literal: each object without a prototype. @param {any} value @returns {any} */
function asObjects(value) {
  if (Array.isArray(value)) return value.map(asObjects)
  if (typeof value !== 'object' || value === null || value instanceof Date) return value
  const copy = Object.create(null)
  for (const name of Object.keys(value)) copy[name] = asObjects(value[name])
  return copy
}

/** As applications have it: what another library calls a field is taken for what it means. */
const TOLERANT = new Misuse('warn', { warnRarely() {} })

/** @param {any[]} annotations of one span */
function textOf(...annotations) {
  const span = newSpan('llm')
  for (const annotation of annotations) annotateSpan(span, annotation, TOLERANT)
  return eventText(span, CONFIG)
}

const MESSAGE = { role: 'user', content: 'hello' }

/** @param {number} count */
const fields = count =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`name ${index}`, index]))

test.each([
  ['a message', { inputData: [MESSAGE] }],
  ['one that is no list', { inputData: MESSAGE }],
  ['none', { inputData: [], metadata: {}, metrics: {} }],
  [
    'one with more fields, first',
    { inputData: [{ ...MESSAGE, toolId: '1', toolCalls: [{ name: 'f' }] }, MESSAGE] }
  ],
  [
    'one with more fields, last',
    { outputData: [MESSAGE, MESSAGE, { ...MESSAGE, toolCalls: [{ name: 'f' }] }] }
  ],
  ['one without a text', { outputData: [MESSAGE, { role: 'user' }, MESSAGE] }],
  ['one whose text is none', { outputData: [MESSAGE, { role: 'user', content: null }, 'text', MESSAGE] }],
  [
    'a long role, and a text of two bytes a character',
    { inputData: [{ role: 'r'.repeat(300), content: '契約' }] }
  ],
  ['large texts', { inputData: [MESSAGE, { role: 'user', content: 'é'.repeat(5000) }, MESSAGE] }],
  [
    'values of all kinds',
    { metadata: { a: 1, b: -0, c: 0.5, d: 'x', e: true, f: null, g: Number.NaN, h: 2 ** 40 } }
  ],
  ['values that JSON leaves out', { metadata: { a: undefined, b: 1, c: undefined } }],
  ['values within values', { metadata: { a: { b: [1, { c: 2 }] }, d: 1n, e: () => {}, f: new Date(0) } }],
  ['names like numbers, and odd ones', { metadata: JSON.parse('{"2":1,"1":2,"__proto__":3,"a.b":4,"":5}') }],
  ['long texts and names', { metadata: { a: 'x'.repeat(1001), ['n'.repeat(1001)]: 1 } }],
  ['as many fields as a list has', { metadata: fields(32), metrics: fields(64) }],
  ['more', { metadata: fields(33), metrics: fields(65) }],
  ['one metric under two names', { metrics: { inputTokens: 1, a: 2, input_tokens: 3, prompt_tokens: 4 } }],
  [
    'metrics with details',
    { metrics: { prompt_tokens: 1, prompt_tokens_details: { cached_tokens: 2 }, 'a.b': 1.5 } }
  ]
])('%s', (_, annotation) => {
  expect(textOf(annotation)).toBe(textOf(asObjects(annotation)))
})

test('any annotation', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 70 })
  const message = fc.record(
    { role: text, content: fc.oneof(text, fc.constant(null)), toolId: text },
    { requiredKeys: ['role'], noNullPrototype: true }
  )
  const annotation = fc.record(
    {
      inputData: fc.array(message, { maxLength: 4 }),
      outputData: fc.oneof(fc.array(message, { maxLength: 3 }), text),
      metadata: fc.dictionary(text, fc.jsonValue({ maxDepth: 2, noUnicodeString: false }), {
        maxKeys: 40,
        noNullPrototype: true
      }),
      metrics: fc.dictionary(text, fc.double({ noNaN: true, noDefaultInfinity: true }), {
        noNullPrototype: true
      })
    },
    { requiredKeys: [], noNullPrototype: true }
  )
  const several = fc.array(annotation, { minLength: 1, maxLength: 2 })
  fc.assert(
    fc.property(several, given => {
      expect(textOf(...given)).toBe(textOf(...given.map(asObjects)))
    }),
    { numRuns: 150 }
  )
})

test('who asks the span gets objects, which are its own from then on', () => {
  const { span, event } = annotated('llm', {
    inputData: [MESSAGE],
    outputData: [MESSAGE],
    metadata: { a: 1 },
    metrics: { inputTokens: 1 }
  })
  expect([span.saidInput, span.saidOutput].every(said => said instanceof FlatMessages)).toBe(true)
  expect([span.saidMetadata, span.saidMetrics].every(said => said instanceof FlatFields)).toBe(true)
  expect([span.input, span.output]).toEqual([{ messages: [MESSAGE] }, { messages: [MESSAGE] }])
  expect([span.metadata, span.metrics]).toEqual([{ a: 1 }, { input_tokens: 1 }])
  span.input.messages[0].content = 'masked'
  expect(event().meta.input.messages).toEqual([{ role: 'user', content: 'masked' }])
})

test('a getter runs once, also one after which a list cannot be kept', () => {
  let runs = 0
  const counted = {
    role: 'user',
    get content() {
      return `text ${++runs}`
    }
  }
  const metadata = {
    get a() {
      return ++runs
    },
    b: { c: 1 },
    d: 'x'.repeat(2000)
  }
  const { event } = annotated('llm', {
    inputData: [counted, { role: 'tool', content: '', toolId: '1' }],
    metadata
  })
  expect(event().meta.input.messages[0].content).toBe('text 1')
  expect(event().meta.metadata.a).toBe(2)
  expect(runs).toBe(2)
})

test('a Proxy that cannot be walked through is none, and says nothing of how', () => {
  const trap = () => {
    throw new Error('hostile trap')
  }
  for (const handler of [{ ownKeys: trap }, { getOwnPropertyDescriptor: trap }, { get: trap }]) {
    const { event, warnings } = annotated('llm', { metadata: new Proxy({ a: 1 }, handler) }, 'warn')
    const plain = annotated('llm', { metadata: new Proxy(asObjects({ a: 1 }), handler) }, 'warn')
    expect(event()).toEqual(plain.event())
    expect(warnings).toEqual(plain.warnings)
  }
})

test('an object of very many fields is read as any other', () => {
  const metadata = fields(10_002)
  expect(textOf({ metadata }) === textOf({ metadata: asObjects(metadata) })).toBe(true)
})

test('a getter that adds fields adds none to what is read', () => {
  /** @type {any} */
  const metadata = {
    get a() {
      for (let index = 0; index < 40; index++) metadata[`more ${index}`] = index
      return 1
    },
    b: 2
  }
  expect(annotated('llm', { metadata }).event().meta.metadata).toEqual({ a: 1, b: 2 })
})

test('a text that is longer than an event is cut in a list as in an object', () => {
  const annotation = {
    inputData: [MESSAGE, { role: 'user', content: 'x'.repeat(4_000_000) }],
    outputData: [{ role: 'assistant', content: 'y'.repeat(3_000_000) }],
    metadata: { a: 'z'.repeat(900) }
  }
  expect(textOf(annotation) === textOf(asObjects(annotation))).toBe(true)
})
