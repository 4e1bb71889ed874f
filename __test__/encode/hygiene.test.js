'use strict'

const { annotateSpan } = require('../../lib/annotate/annotate')
const { capture, runProcessor } = require('../../lib/event/processor')
const { Capture } = require('../../lib/values/capture')
const { CONFIG, newSpan, revokedProxy } = require('../annotate/fixture')
const { eventText } = require('../support/event-text')

/** @param {number} levels */
const nested = (levels, leaf = '1') => JSON.parse(`${'['.repeat(levels)}${leaf}${']'.repeat(levels)}`)

/**
 * What an annotation makes of a value that stays JSON.
 *
 * @param {unknown} value
 * @returns {{ json: any, errors: string[] }}
 */
function sanitised(value) {
  const capture = new Capture()
  return { json: capture.json(value, 'v'), errors: capture.errors }
}

/**
 * What it makes of a value that becomes text.
 *
 * @param {unknown} value
 */
const textOf = value => new Capture().text(value, 'v')

test.each([
  ['a lone high surrogate', 'a\ud800b', 'a\ufffdb'],
  ['a lone low surrogate', 'a\udc00b', 'a\ufffdb'],
  ['surrogates in the wrong order', '\udc00\ud800', '\ufffd\ufffd'],
  ['a pair', '\u{1f600}', '\u{1f600}'],
  ['what JSON escapes', 'C:\\users "\u0000\u001f\n', 'C:\\users "\u0000\u001f\n'],
  ['what JSON leaves alone', '\u007f\u2028\u2029é日', '\u007f\u2028\u2029é日'],
  ['text beyond what is looked at at once', `${'x'.repeat(300)}\ud800`, `${'x'.repeat(300)}\ufffd`]
])('%s', (_name, given, sent) => {
  const span = newSpan('llm', { name: given, error: { type: given, message: given, stack: given } })
  annotateSpan(span, { inputData: given, metadata: { [given]: given }, tags: { [given]: given } })
  const text = eventText(span, CONFIG)
  expect(Buffer.from(text).toString()).toBe(text)
  const { name, tags, meta } = JSON.parse(text)
  expect([name, tags.at(-1), meta.input.messages[0].content, meta.metadata, meta['error.stack']]).toEqual([
    sent,
    `${sent}:${sent}`,
    sent,
    { [sent]: sent },
    sent
  ])
})

describe('nesting', () => {
  test('12 levels are sent as they are, the 13th as text', () => {
    expect(sanitised(nested(12)).json).toEqual(nested(12))
    expect(sanitised(nested(13)).json).toEqual(nested(12, '"[1]"'))
    expect(sanitised(nested(13)).errors).toEqual([])
  })

  test('the levels that the event puts around a value count', () => {
    const depth = (/** @type {any} */ value) => (Array.isArray(value) ? 1 + depth(value[0]) : 0)
    const span = newSpan('llm')
    annotateSpan(span, {
      inputData: [{ toolCalls: [{ arguments: nested(20) }] }],
      toolDefinitions: [{ name: 'f', schema: { a: nested(20) } }],
      metadata: { a: nested(20) }
    })
    const { meta } = JSON.parse(eventText(span, CONFIG))
    const depths = [
      meta.input.messages[0].tool_calls[0].arguments,
      meta.tool_definitions[0].schema.a,
      meta.metadata.a
    ].map(depth)
    // input, messages, message, tool_calls, call; tool_definitions, definition, schema; metadata.
    expect(depths).toEqual([12 - 5, 12 - 3, 12 - 1])
  })

  test('text nests 200 levels deep', () => {
    expect(textOf(nested(200))).toBe(JSON.stringify(nested(200)))
    expect(textOf(nested(201))).toBe(JSON.stringify(nested(200, '"Unserializable value"')))
  })

  test('a chain of 100,000 objects ends', () => {
    let chain = {}
    for (let index = 0; index < 100_000; index++) chain = { chain }
    const { json, errors } = sanitised(chain)
    expect(JSON.stringify(json).length).toBeLessThan(100_000)
    expect(errors).toHaveLength(1)
  })
})

describe('size', () => {
  test.each([
    [10_000, 10_000, undefined, []],
    [10_001, 10_001, '1 entries dropped', ['truncated:v']]
  ])('a list of %p entries is sent with %p', (length, sent, last, errors) => {
    const { json, errors: noted } = sanitised(Array(length).fill(0))
    expect([json.length, noted]).toEqual([sent, errors])
    expect(json.at(-1)).toEqual(last ?? 0)
  })

  test('an object ends at 10,000 entries', () => {
    const { json, errors } = sanitised(
      Object.fromEntries(Array.from({ length: 10_002 }, (_, index) => [`k${index}`, 0]))
    )
    expect([Object.keys(json).length, json['[dropped]'], errors]).toEqual([
      10_001,
      '2 entries dropped',
      ['truncated:v']
    ])
  })

  test('a typed array and a Buffer end there too, without a key for each of their bytes', () => {
    const bytes = new Uint8Array(50_000_000)
    expect(sanitised(bytes).json['[dropped]']).toBe('49990000 entries dropped')
    expect(sanitised(Buffer.from(bytes.buffer)).json.data.at(-1)).toBe('49990000 entries dropped')
  })

  test('references that share and share again end', () => {
    let doubled = ['x']
    for (let index = 0; index < 60; index++) doubled = [...[doubled, doubled]]
    const { json, errors } = sanitised(doubled)
    expect(JSON.stringify(json).length).toBeLessThan(10_000_000)
    expect(errors.every(error => error.startsWith('truncated:v['))).toBe(true)
  })

  test('text that no event can hold loses its middle', () => {
    const { json, errors } = sanitised({ a: `begin${'x'.repeat(16_000_000)}end` })
    expect([json.a.slice(0, 6), json.a.slice(-4)]).toEqual(['beginx', 'xend'])
    // The name of the property is a character too.
    expect(json.a).toContain('[10 characters dropped]')
    expect(errors).toEqual(['truncated:v.a'])
  })

  test('names, errors and tags end at a million characters', () => {
    const long = 'x'.repeat(1_000_001)
    const span = newSpan('task', { name: long, error: { type: 'E', message: long, stack: long } })
    annotateSpan(span, { tags: { t: Array(100).fill(long) } })
    const text = eventText(span, CONFIG)
    expect(JSON.parse(text).name).toContain('[1 characters dropped]')
    expect(text.length).toBeLessThan(13_000_000)
  })
})

describe('values as JSON.stringify writes them', () => {
  class Money {
    amount = 5
    get currency() {
      return 'EUR'
    }
  }
  class Coded {
    toJSON(/** @type {string} */ key) {
      return { key }
    }
  }
  const self = {
    a: 1,
    toJSON() {
      return this
    }
  }
  test.each([
    ['a class instance', new Money()],
    ['toJSON of a class', { x: new Coded(), list: [new Coded()] }],
    ['toJSON that answers with itself', { self }],
    [
      'toJSON that answers with undefined',
      { a: { toJSON: () => undefined }, list: [{ toJSON: () => undefined }] }
    ],
    ['toJSON that is no function', { toJSON: 5 }],
    ['a function with toJSON', { f: Object.assign(() => {}, { toJSON: () => 'f' }) }],
    ['Dates', [new Date(0), new Date(Number.NaN)]],
    ['boxed values', [Object('x'), Object(5), Object(false)]],
    ['collections', [new Map([[1, 2]]), new Set([1]), new WeakMap()]],
    ['errors and expressions', [new Error('x'), /x/]],
    [
      'typed arrays',
      [new Uint8Array([1, 2]), new Float32Array([0.5, Number.NaN]), new DataView(new ArrayBuffer(2))]
    ],
    ['a Buffer', Buffer.from('hi')],
    ['holes and undefined', [undefined, 1]],
    ['numbers', [0, -0, 1e21, 1e-7, Number.NaN, Number.POSITIVE_INFINITY]],
    ['a URL', new URL('http://localhost/')],
    ['an object without prototype', Object.assign(Object.create(null), { a: 1 })],
    [
      'accessors',
      {
        get a() {
          return 1
        }
      }
    ],
    ['hidden properties', Object.defineProperty({ [Symbol('s')]: 1 }, 'hidden', { value: 1 })],
    ['a Proxy', new Proxy({ a: 1 }, {})]
  ])('%s', (_name, value) => {
    expect(textOf({ value })).toBe(JSON.stringify({ value }))
    expect(sanitised({ value }).json).toEqual(JSON.parse(JSON.stringify({ value })))
  })

  test('but for buffers without a view, of which a note stands there', () => {
    expect(textOf({ value: new ArrayBuffer(2) })).toBe('{"value":"[ArrayBuffer]"}')
  })

  test('values of another realm', () => {
    const value = require('node:vm').runInNewContext(
      '({ a: [1, new Date(0)], s: new String("x"), m: new Map(), big: 1n })'
    )
    expect(sanitised(value)).toEqual({
      json: { a: [1, '1970-01-01T00:00:00.000Z'], s: 'x', m: {}, big: 'Unserializable value' },
      errors: ['unserializable:v.big']
    })
  })

  test('a toJSON that the application gives to BigInt is used', () => {
    const prototype = /** @type {any} */ (BigInt.prototype)
    prototype.toJSON = function () {
      return `${this}n`
    }
    try {
      expect(sanitised({ a: 5n })).toEqual({ json: { a: '5n' }, errors: [] })
    } finally {
      delete prototype.toJSON
    }
  })
})

test.each([
  ['a BigInt', { a: 1n }, 'v.a'],
  ['a symbol', { a: [Symbol('x')] }, 'v.a[0]'],
  ['a function', { a: { b: () => {} } }, 'v.a.b'],
  ['a class', { a: class {} }, 'v.a'],
  ['a boxed BigInt', { a: Object(1n) }, 'v.a'],
  ['a revoked Proxy', { a: revokedProxy() }, 'v.a'],
  [
    'toJSON that throws',
    {
      a: {
        toJSON() {
          throw new Error('x')
        }
      }
    },
    'v.a'
  ],
  [
    'a toJSON getter that throws',
    {
      a: {
        get toJSON() {
          throw new Error('x')
        }
      }
    },
    'v.a'
  ],
  ['toJSON that answers with a BigInt', { a: { toJSON: () => 1n } }, 'v.a'],
  ['a BigInt in a typed array', { a: new BigInt64Array(1) }, 'v.a[0]']
])('%s is replaced and named', (_name, value, place) => {
  const { json, errors } = sanitised(value)
  expect(JSON.stringify(json)).toContain('"Unserializable value"')
  expect(errors).toEqual([`unserializable:${place}`])
})

test('the place of an error has an end', () => {
  const { errors } = sanitised({ ['k'.repeat(1000)]: 1n })
  expect(errors).toEqual([`unserializable:v.${'k'.repeat(198)}`])
})

test('what a processor leaves behind is written as safely as what was annotated', () => {
  const span = newSpan('llm')
  annotateSpan(span, { inputData: 'hi', outputData: 'yo', prompt: {} })
  const processor = (/** @type {any} */ shown) => {
    shown.input = [
      {
        role: 'user',
        content: 1n,
        get bad() {
          throw new Error('x')
        }
      }
    ]
    shown.output = [() => {}]
    return shown
  }
  expect(runProcessor(span, span, CONFIG, processor)).toBe(true)
  capture(span)
  const { meta, collection_errors: errors } = JSON.parse(eventText(span, CONFIG))
  expect(meta.input.messages).toEqual([
    { role: 'user', content: 'Unserializable value', bad: 'Unserializable value' }
  ])
  expect(meta.output.messages).toEqual(['Unserializable value'])
  expect(errors).toEqual([
    'unserializable:input.messages[0].content',
    'unserializable:input.messages[0].bad',
    'unserializable:output.messages[0]'
  ])
})

test('what a processor leaves of an experiment may be anything, also nothing', () => {
  const left = (/** @type {unknown} */ content) => {
    const span = newSpan('experiment')
    annotateSpan(span, { inputData: 'hi', outputData: null })
    const processor = (/** @type {any} */ shown) => {
      shown.input[0].content = content
      return shown
    }
    expect(runProcessor(span, span, CONFIG, processor)).toBe(true)
    capture(span)
    return JSON.parse(eventText(span, CONFIG))
  }
  expect(left(() => {}).meta).toMatchObject({ input: 'Unserializable value', output: null })
  expect(left(() => {}).collection_errors).toEqual(['unserializable:input'])
  for (const nothing of [undefined, null, { toJSON: () => undefined }]) {
    expect(left(nothing).meta).toMatchObject({ input: {}, output: null })
  }
})

test("deep in a recursion a span is still told, or the failure is the caller's to count", () => {
  const span = newSpan('task')
  annotateSpan(span, { metadata: { a: nested(10) } })
  const outcomes = new Set()
  const recurse = () => {
    try {
      recurse()
    } finally {
      try {
        outcomes.add(typeof JSON.parse(eventText(span, CONFIG)).span_id)
      } catch (error) {
        outcomes.add(/** @type {Error} */ (error).constructor)
      }
    }
  }
  expect(recurse).toThrow(RangeError)
  expect([...outcomes].every(outcome => outcome === 'string' || outcome === RangeError)).toBe(true)
  expect(outcomes).toContain('string')
})
