'use strict'

// What an application annotates by mistake - all rows of a table, a whole file - costs its thread what can be kept of it,
// and not what is there. Nothing here measures time: what is read is counted.

const { annotateSpan } = require('../../lib/annotate/annotate')
const { tagsOf } = require('../../lib/event/tags')
const { fieldText, tagText } = require('../../lib/values/json-rules')
const { CONFIG, annotated, newSpan } = require('../annotate/fixture')
const { eventText } = require('../support/event-text')

/** Far more than is kept. */
const MANY = 30_000
const KEPT = 10_000

/**
 * An object or a list that counts what is asked of it.
 *
 * @param {any} target
 */
function counted(target) {
  const asked = { listings: 0, reads: 0 }
  const value = new Proxy(target, {
    ownKeys(object) {
      asked.listings++
      return Reflect.ownKeys(object)
    },
    get(object, key, receiver) {
      asked.reads++
      return Reflect.get(object, key, receiver)
    }
  })
  return { asked, value }
}

const fields = () =>
  Object.fromEntries(Array.from({ length: MANY }, (_, index) => [`key${index}`, `${index}`]))
const list = (/** @type {(index: number) => unknown} */ make) =>
  Array.from({ length: MANY }, (_, index) => make(index))

/** @type {[string, string, (value: any) => object, string][]} */
const OF_OBJECTS = [
  ['metadata', 'task', metadata => ({ metadata }), 'truncated:metadata'],
  ['metadata below', 'task', value => ({ metadata: { value } }), 'truncated:metadata.value'],
  ['an input that becomes text', 'task', inputData => ({ inputData }), 'truncated:input'],
  ['tags', 'task', tags => ({ tags }), 'truncated:tags'],
  ['variables', 'llm', variables => ({ prompt: { id: 'p', variables } }), 'truncated:prompt.variables'],
  [
    'arguments of a tool call',
    'llm',
    value => ({ inputData: [{ role: 'assistant', toolCalls: [{ name: 't', arguments: value }] }] }),
    'truncated:input.messages[0].toolCalls[0].arguments'
  ]
]

test.each(OF_OBJECTS)(
  '%s of very many fields: listed once, and read as far as is kept',
  (_, kind, options, error) => {
    const { asked, value } = counted(fields())
    const { event, span } = annotated(kind, options(value))
    expect(asked.listings).toBe(1)
    expect(asked.reads).toBeLessThan(KEPT + 50)
    expect(span.collectionErrors).toEqual([error])
    expect(event().collection_errors).toEqual([error])
  }
)

/** @type {[string, string, any[], (value: any) => object, string][]} */
const OF_LISTS = [
  [
    'messages',
    'llm',
    list(() => ({ role: 'user', content: 'hi' })),
    inputData => ({ inputData }),
    'input.messages'
  ],
  [
    'documents',
    'retrieval',
    list(() => ({ text: 'hi' })),
    outputData => ({ outputData }),
    'output.documents'
  ],
  ['numbers', 'experiment', list(index => index), outputData => ({ outputData }), 'output'],
  ['values of a tag', 'task', list(index => `v${index}`), value => ({ tags: { value } }), 'tags.value'],
  ['tools', 'llm', list(() => ({ name: 't' })), toolDefinitions => ({ toolDefinitions }), 'toolDefinitions']
]

test.each(OF_LISTS)('very many %s: read as far as is kept', (_, kind, items, options, place) => {
  const { asked, value } = counted(items)
  const { span } = annotated(kind, options(value))
  expect(asked.reads).toBeGreaterThanOrEqual(KEPT)
  expect(asked.reads).toBeLessThan(KEPT + 50)
  expect(span.collectionErrors).toEqual([`truncated:${place}`])
})

test('lists of one call are read up to 20,000 elements together, whatever they are in', () => {
  let reads = 0
  const values = () =>
    new Proxy(Array(1000).fill('v'), {
      get(target, key, receiver) {
        if (typeof key === 'string' && /^\d+$/.test(key)) reads++
        return Reflect.get(target, key, receiver)
      }
    })
  const tags = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`t${index}`, values()]))
  const { span } = annotated('task', { tags })
  expect(reads).toBe(20_000)
  expect(span.tags?.t19).toEqual(Array(1000).fill('v'))
  // Nothing was read of it; that it was there is told.
  expect(span.collectionErrors?.[0]).toBe('truncated:tags.t20')
  expect(
    tagsOf(span, /** @type {any} */ (CONFIG), span.lineage).filter(tag => tag.endsWith(':v')).length
  ).toBe(20_000)
})

test('a call of its own has a limit of its own', () => {
  const span = newSpan('task')
  for (const name of ['a', 'b', 'c']) annotateSpan(span, { tags: { [name]: Array(9_000).fill('v') } })
  expect(span.collectionErrors).toBeNull()
  expect(
    JSON.parse(eventText(span, CONFIG)).tags.filter((/** @type {string} */ tag) => tag.endsWith(':v')).length
  ).toBe(27_000)
})

test.each([
  ['a', 'v'],
  ['name', 'x'.repeat(1_000_000)],
  ['name', `${'x'.repeat(499_994)}😀${'y'.repeat(600_000)}`],
  ['name', `${'x'.repeat(499_995)}😀${'y'.repeat(600_000)}`],
  ['name', `${'x'.repeat(600_001)}😀${'y'.repeat(499_999)}`],
  ['n'.repeat(600_000), 'y'.repeat(1_000_001)],
  ['', '😀'.repeat(600_000)]
])('a tag is cut as the whole of it would be (%#)', (name, value) => {
  expect(tagText(name, value)).toBe(fieldText(`${name}:${value}`))
})
