'use strict'

const { annotateSpan } = require('../../lib/annotate/annotate')
const { annotated, newSpan, revokedProxy, throwing } = require('./fixture')

/** @param {unknown} tags */
const wire = tags =>
  annotated('task', { tags })
    .event()
    .tags.filter((/** @type {string} */ tag) => tag.startsWith('t:'))

test.each([
  ['text', 'x', ['t:x']],
  ['a number', 5, ['t:5']],
  ['false', false, ['t:false']],
  ['null, which is none', null, []],
  ['undefined, which is none', undefined, []],
  ['a BigInt', 10n, ['t:10']],
  ['a list', ['a', 5, null], ['t:a', 't:5']],
  ['a list of nothing', [null, undefined], []],
  ['an empty list', [], ['t:']],
  ['a list in a list', [['a', null, 'b', ['c']], 'd'], ['t:a,,b,["c"]', 't:d']],
  ['a list without end', [Object.assign([], { length: 2 ** 32 - 1 })], [`t:${','.repeat(9999)}`]],
  ['bytes', Uint8Array.of(1, 2), ['t:{"0":1,"1":2}']],
  ['the longest BigInt', 2n ** 256n - 1n, [`t:${2n ** 256n - 1n}`]],
  ['a longer BigInt', 2n ** 256n, ['t:Unserializable value']],
  ['a comma', 'a,b', ['t:a,b']],
  ['a URL', new URL('http://localhost/a'), ['t:http://localhost/a']],
  // dd-trace sends [object Object].
  ['an object', { a: 1 }, ['t:{"a":1}']],
  // dd-trace drops the span.
  ['a symbol', Symbol('x'), ['t:Unserializable value']],
  ['a function', () => {}, ['t:Unserializable value']],
  ['a revoked Proxy', revokedProxy(), ['t:Unserializable value']],
  [
    'an object that cannot be printed',
    {
      toString() {
        throw new Error('hostile')
      }
    },
    ['t:Unserializable value']
  ]
])('a tag may be %s', (_name, value, tags) => {
  expect(wire({ t: value })).toEqual(tags)
})

test.each([['a:b'], [5], [true]])('%p in place of tags is ignored with a warning', tags => {
  const { span, warnings } = annotated('task', { tags })
  expect(span.tags).toEqual({})
  expect(warnings).toEqual([`tags must be an object, got ${typeof tags}. Ignoring value.`])
})

test('a tag that cannot be read is replaced, and named', () => {
  const { event } = annotated('task', { tags: throwing('t') })
  expect(event().tags).toContain('t:Unserializable value')
  expect(event().collection_errors).toEqual(['unserializable:tags.t'])
})

test('tags of several annotations add up; a later value of a key takes the place of the former', () => {
  const span = newSpan('task')
  annotateSpan(span, { tags: { a: 1, b: 2 } })
  annotateSpan(span, { tags: { a: 3, c: 4 } })
  expect(Object.entries(span.tags ?? {})).toEqual([
    ['a', 3],
    ['b', 2],
    ['c', 4]
  ])
})

describe('cost tags', () => {
  test('name tags of the span or of the same call', () => {
    const span = newSpan('llm')
    annotateSpan(span, { tags: { team: 'a' } })
    annotateSpan(span, { tags: { user: 'b' }, costTags: ['team', 'user', 'team'] })
    annotateSpan(span, { tags: { plan: 'c' }, costTags: ['user', 'plan'] })
    expect(span.costTags).toEqual(['team', 'user', 'plan'])
  })

  test('are sent beside the metadata', () => {
    const { event } = annotated('llm', {
      tags: { team: 'a' },
      costTags: ['team'],
      metadata: { region: 'eu' }
    })
    expect(event().meta.metadata).toEqual({ region: 'eu', _dd: { cost_tags: ['team'] } })
  })

  test('that name no tag, or are no names, are left out with a warning', () => {
    const { span, warnings } = annotated('llm', { tags: { team: 'a' }, costTags: ['team', 'user', 5] })
    expect(span.costTags).toEqual(['team'])
    expect(warnings).toEqual([
      'costTags entry "user" must reference a key present in span tags. Skipping entry.',
      'costTags entries must be strings. Skipping entry.'
    ])
  })

  test.each([['team'], [{ team: true }], [false], [revokedProxy()]])(
    '%# in place of a list is ignored with a warning',
    costTags => {
      const { span, warnings } = annotated('llm', { tags: { team: 'a' }, costTags })
      expect(span.costTags).toBeNull()
      expect(warnings).toEqual(['costTags must be an array of strings. Ignoring value.'])
    }
  )

  test('cannot name a tag of a polluted prototype', () => {
    const { span } = annotated('llm', { tags: { team: 'a' }, costTags: ['toString', '__proto__'] })
    expect(span.costTags).toBeNull()
  })
})
