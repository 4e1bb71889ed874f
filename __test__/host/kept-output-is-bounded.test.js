'use strict'

const { sdk } = require('../sdk/setup')

const { open } = sdk()
const WORKFLOW = { kind: /** @type {const} */ ('workflow'), name: 'stream' }
const LIMIT = 5_000_000

/**
 * @param {Iterable<unknown>} chunks
 * @param {any} [options]
 */
async function outputOf(chunks, options = WORKFLOW) {
  const { llmobs, spans } = await open()
  for await (const _ of llmobs.wrap(options, async function* () {
    yield* chunks
  })());
  return (await spans())[options.name]
}

test('texts are one text, values one list, in order', async () => {
  expect((await outputOf(['Hel', 'lo'])).meta.output.value).toBe('Hello')
  expect((await outputOf([{ a: 1 }, 'b', null, undefined, 2])).meta.output.value).toBe(
    '[{"a":1},"b",null,null,2]'
  )
  const experiment = await outputOf([{ a: 1 }, 'b'], { kind: 'experiment', name: 'trial' })
  expect(experiment.meta.output).toEqual([{ a: 1 }, 'b'])
})

test.each([
  ['Buffers', () => Buffer.alloc(1000)],
  ['typed arrays', () => new Float64Array(125)],
  ['ArrayBuffers', () => new ArrayBuffer(1000)],
  ['DataViews', () => new DataView(new ArrayBuffer(1000))]
])('%s are counted', async (_what, make) => {
  expect((await outputOf([make(), make(), make()])).meta.output.value).toBe(
    '[binary: 3000 bytes in 3 chunks]'
  )
})

test('bytes among other chunks are told at the end, bytes inside them in place', async () => {
  expect((await outputOf(['a', Buffer.alloc(3), { audio: Buffer.alloc(5) }])).meta.output.value).toBe(
    '["a",{"audio":"[binary: 5 bytes]"},"[binary: 3 bytes in 1 chunk]"]'
  )
})

test('a chunk changed after it was given is told as it was given', async () => {
  const { llmobs, spans } = await open()
  const shared = { step: 1 }
  for await (const _ of llmobs.wrap(WORKFLOW, async function* () {
    yield shared
    shared.step = 2
    yield shared
  })());
  expect((await spans()).stream.meta.output.value).toBe('[{"step":1},{"step":2}]')
})

test.each([
  ['texts', 'x'.repeat(100_000)],
  ['texts of two bytes a character', 'ä'.repeat(100_000)],
  ['values', { text: 'x'.repeat(100_000) }]
])('of more than 5 MB of %s the beginning is kept, and said so', async (_what, chunk) => {
  const { meta, collection_errors: errors } = await outputOf(Array.from({ length: 80 }, () => chunk))
  const bytes = Buffer.byteLength(meta.output.value)
  expect(bytes).toBeGreaterThan(LIMIT * 0.9)
  expect(bytes).toBeLessThanOrEqual(LIMIT)
  expect(errors).toContain('truncated:output')
})

test('a million empty chunks are no gigabyte', async () => {
  function* nothing() {
    for (let index = 0; index < 1_000_000; index++) yield ''
  }
  const { llmobs, spans } = await open()
  globalThis.gc?.()
  const before = process.memoryUsage().heapUsed
  for (const _ of llmobs.wrap(WORKFLOW, nothing)());
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(100 * 2 ** 20)
  expect((await spans()).stream.status).toBe('ok')
})

test('a stream that breaks keeps what it gave', async () => {
  const { llmobs, spans } = await open()
  const steps = llmobs.wrap(WORKFLOW, async function* () {
    yield 'so '
    yield 'far'
    throw new Error('cut off')
  })()
  await expect(
    (async () => {
      for await (const _ of steps);
    })()
  ).rejects.toThrow('cut off')
  expect((await spans()).stream).toMatchObject({ status: 'error', meta: { output: { value: 'so far' } } })
})
