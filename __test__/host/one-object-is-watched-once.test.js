'use strict'

const { EventEmitter } = require('node:events')
const { PassThrough } = require('node:stream')
const { setImmediate: turn } = require('node:timers/promises')
const { createLLMObs } = require('../..')
const { ACME, sdk } = require('../sdk/setup')

const { open } = sdk()
const TASK = { kind: /** @type {const} */ ('task'), name: 'work' }
const CALLS = 3000
const ROOMY = { maxBufferedBytes: 2 ** 28, maxBufferedBytesPerTenant: 2 ** 27 }

class Messages extends EventEmitter {
  async *[Symbol.asyncIterator]() {
    yield 1
  }
}

/** @type {[string, () => any, (it: any) => any][]} */
const OBJECTS = [
  // biome-ignore lint/suspicious/noThenProperty: a thenable is what is tested
  ['a thenable', () => ({ then: resolve => resolve(1) }), async it => await it],
  ['a promise', () => Promise.resolve(1), async it => await it],
  [
    'a promise of a subclass',
    () => new (class extends Promise {})(resolve => resolve(1)),
    async it => await it
  ],
  ['an async iterable', () => ({ [Symbol.asyncIterator]: () => steps() }), drained],
  ['an iterator that is its own iterable', () => steps(), drained],
  ['a generator', () => [1].values().constructor && counting(), it => [...it]],
  ['a web stream', () => ReadableStream.from(['x']), drained],
  ['a web stream, teed', () => ReadableStream.from(['x']), it => Promise.all(it.tee().map(drained))],
  ['a web stream, piped', () => ReadableStream.from(['x']), it => it.pipeTo(new WritableStream())],
  ['a Node stream', () => new PassThrough(), it => drained(it.end('x'))],
  ['an emitter that can be iterated', () => new Messages(), drained],
  ['a Response', () => new Response('x'), it => it.text()]
]

describe.each(OBJECTS)('%s, returned by thousands of calls', (_what, make, use) => {
  test('does its work once and in constant time, and every span ends', async () => {
    const { llmobs } = await open(ROOMY)
    const it = make()
    const call = llmobs.wrap(TASK, () => it)
    call()
    const shape = shapeOf(it)
    const results = new Set([call()])
    for (let index = 2; index < CALLS; index++) {
      results.add(index % 3 === 0 ? llmobs.trace(TASK, () => it) : llmobs.withRoutingContext(ACME, call))
    }
    expect(results.size).toBe(1)
    expect(shapeOf(it)).toEqual(shape)
    const [result] = results
    await use(result)
    await turn()
    await turn()
    expect([llmobs.stats().openSpans, llmobs.stats().total.submitted]).toEqual([0, CALLS])
  })
})

test('one that is awaited at each call costs the same at the last', async () => {
  const { llmobs } = await open(ROOMY)
  let works = 0
  const shared = {
    // biome-ignore lint/suspicious/noThenProperty: a thenable is what is tested
    then(resolve) {
      works++
      resolve(new Error().stack?.split('\n').length)
    }
  }
  const get = llmobs.wrap(TASK, () => shared)
  const depths = new Set()
  for (let index = 0; index < 1000; index++) depths.add(await get())
  expect([works, depths.size]).toEqual([1000, 1])
})

test('a promise that is passed on through many calls is one promise', async () => {
  const { llmobs } = await open(ROOMY)
  const first = llmobs.trace(TASK, async () => 1)
  let promise = first
  for (let index = 1; index < CALLS; index++) promise = llmobs.trace(TASK, () => promise)
  expect(promise).toBe(first)
  expect(await promise).toBe(1)
  expect(llmobs.stats().openSpans).toBe(0)
})

test('two instances that return one object both end their spans', async () => {
  const { llmobs, intake } = await open()
  const other = createLLMObs({ intakeUrl: intake.url, mlApp: 'other', apiKey: 'e'.repeat(32), logger: {} })
  for (const [, make, use] of OBJECTS) {
    const it = make()
    await use(llmobs.trace(TASK, () => other.trace(TASK, () => it)))
    await turn()
    await turn()
    expect([llmobs.stats().openSpans, other.stats().openSpans]).toEqual([0, 0])
  }
  await other.shutdown()
})

/** What the object shows of being watched. @param {any} it */
function shapeOf(it) {
  const names = typeof it.eventNames === 'function' ? it.eventNames() : []
  // Without symbols: Node numbers promises by them.
  return [Object.getOwnPropertyNames(it), names.map(name => it.listenerCount(name))]
}

async function drained(iterable) {
  for await (const _ of iterable);
}

async function* steps() {
  yield 1
}

function* counting() {
  yield 1
}
