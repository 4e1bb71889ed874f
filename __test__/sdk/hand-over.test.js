'use strict'

const { Worker } = require('node:worker_threads')
const { HandOver } = require('../../lib/event/hand-over')
const { TraceId } = require('../../lib/trace/ids')
const { annotateSpan } = require('../../lib/annotate/annotate')
const { CONFIG, newSpan } = require('../annotate/fixture')
const { plainText } = require('../encode/plain-event')
const { openRawIntake } = require('../support/raw-intake')
const { intakes } = require('../support/intake')
const { KEYS } = require('./setup')

const { start } = intakes()

/** @type {Awaited<ReturnType<typeof openRawIntake>>} */
let intake
/** @type {HandOver} */
let handOver

beforeEach(async () => {
  intake = await openRawIntake()
  handOver = new HandOver(intake.core)
})
afterEach(() => intake.close())

/**
 * @param {number} number
 * @param {unknown} output
 */
function numbered(number, output) {
  return newSpan('experiment', { route: intake.route, spanId: String(number), output })
}

/** @param {import('../../lib/trace/span').Span} span */
function submit(span) {
  handOver.submitSpan(0, span, CONFIG, span.lineage, null)
}

test('a burst of spans of all sizes in one tick arrives whole, each once', async () => {
  const texts = []
  // Twice as many bytes in memory: the largest are larger than the ring, and all of them several times its size.
  const large = new Map([
    [100, 300_000],
    [300, 1_200_000],
    [301, 700_000],
    [302, 900_000],
    [800, 1_000_001]
  ])
  const sizes = [10, 1000, 30, 2500, 300, 20_000, 1, 60]
  for (let number = 0; number < 900; number++) {
    const size = large.get(number) ?? sizes[number % sizes.length]
    const span = numbered(number, (number % 2 ? 'é' : 'x').repeat(size))
    submit(span)
    texts.push(plainText(span, CONFIG))
  }
  const events = await intake.events()
  expect(events.length).toBe(texts.length)
  expect(new Set(events)).toEqual(new Set(texts))
  expect(intake.core.stats().total).toMatchObject({ submitted: 900, delivered: 900, dropped: 0 })
}, 60_000)

test('spans of one thread are submitted in the order they ended in', async () => {
  for (let number = 0; number < 500; number++)
    submit(numbered(number, 'x'.repeat(number % 50 === 0 ? 150_000 : 10)))
  const ids = (await intake.events()).map(text => Number(JSON.parse(text).span_id))
  expect(ids).toEqual(Array.from({ length: 500 }, (_, number) => number))
})

test('spans larger than the ring come in their order, whatever they are made of', async () => {
  const texts = []
  const outputs = [
    'x'.repeat(2_600_000),
    ['契'.repeat(1_100_000)],
    'small',
    ['é'.repeat(1_200_000), 'é'.repeat(300_000)],
    // It outgrows the ring with its third part, and goes on.
    Array.from({ length: 6 }, (_, index) => 'x'.repeat(700_000 + index)),
    ['x', '契'.repeat(50_000), 'x'.repeat(2_500_000)]
  ]
  for (let round = 0; round < 3; round++) {
    // Of one tick, so that each has memory of its own; then again, in memory that was used before.
    for (const [index, output] of outputs.entries()) {
      const span = numbered(10 * round + index, output)
      submit(span)
      texts.push(plainText(span, CONFIG))
    }
    const events = await intake.events()
    expect(events.map(text => JSON.parse(text).span_id)).toEqual(texts.map(text => JSON.parse(text).span_id))
    expect(events.every((text, index) => text === texts[index])).toBe(true)
    texts.length = 0
  }
  expect(intake.core.stats().total).toMatchObject({ submitted: 18, delivered: 18, dropped: 0 })
}, 60_000)

test('a span that cannot be written to its end takes nothing of its size along', async () => {
  const large = 'x'.repeat(3_000_000)
  for (let number = 0; number < 10; number++) {
    const broken = numbered(number, large)
    Object.defineProperty(broken, 'saidMetrics', {
      get() {
        throw new RangeError('Maximum call stack size exceeded')
      }
    })
    submit(broken)
  }
  const whole = numbered(100, large)
  submit(whole)
  const events = await intake.events()
  expect(events.length).toBe(11)
  expect(events[10] === plainText(whole, CONFIG)).toBe(true)
  for (const text of events.slice(0, 10)) expect(text.length).toBeLessThan(1000)
})

test('a getter that finishes another span while its own is annotated harms neither', async () => {
  const inner = numbered(2, { list: ['inner', 'x'.repeat(3000)] })
  const outer = numbered(1, null)
  annotateSpan(outer, {
    outputData: {
      before: 'x'.repeat(1000),
      get nested() {
        submit(inner)
        return 'seen'
      },
      after: ['y'.repeat(1000)]
    }
  })
  submit(outer)
  submit(numbered(3, 'after both'))
  const said = { before: 'x'.repeat(1000), nested: 'seen', after: ['y'.repeat(1000)] }
  const expected = [inner, numbered(1, said), numbered(3, 'after both')]
  expect(await intake.events()).toEqual(expected.map(span => plainText(span, CONFIG)))
})

test('what was handed over is counted at once', () => {
  submit(numbered(1, 'x'))
  expect(intake.core.held()).toBe(1)
  submit(numbered(2, 'x'))
  expect(intake.core.stats().total.submitted).toBe(2)
})

test('a span without stack to write it says that it happened', async () => {
  const hostile = new Proxy([], {
    get() {
      throw new RangeError('Maximum call stack size exceeded')
    }
  })
  const span = numbered(1, 'x')
  Object.defineProperty(span, 'collectionErrors', { value: hostile })
  submit(span)
  const [text] = await intake.events()
  expect(JSON.parse(text)).toMatchObject({
    span_id: '1',
    meta: { output: {} },
    collection_errors: ['internal_error']
  })
})

test('copies for several targets say the same as one written alone', async () => {
  const { SharedPart } = require('../../lib/event/span-record')
  const span = numbered(1, ['界'.repeat(40), 'x'])
  const other = numbered(2, 'not written')
  const shared = new SharedPart()
  handOver.submitSpan(0, span, CONFIG, span.lineage, shared)
  other.lineage.trace = TraceId.of('e'.repeat(31))
  handOver.submitSpan(0, span, CONFIG, other.lineage, shared)
  const [first, second] = (await intake.events()).map(text => JSON.parse(text))
  expect(second).toEqual({
    ...first,
    trace_id: 'e'.repeat(31),
    _dd: { ...first._dd, trace_id: 'e'.repeat(31), apm_trace_id: 'e'.repeat(31) }
  })
})

test('a worker that is terminated while it writes a large span leaves nothing of it', async () => {
  const remote = await start()
  const program = `
    const { parentPort } = require('node:worker_threads')
    const { createLLMObs } = require(${JSON.stringify(require.resolve('../..'))})
    const llmobs = createLLMObs({ intakeUrl: ${JSON.stringify(remote.url)}, mlApp: 'shop', apiKey: ${JSON.stringify(KEYS.platform)} })
    const large = 'x'.repeat(3_000_000)
    llmobs.trace({ kind: 'task', name: 'before' }, span => llmobs.annotate(span, { inputData: large }))
    llmobs.trace({ kind: 'llm', name: 'half' }, span => {
      llmobs.annotate(span, { outputData: large })
      // What comes after the output in the record.
      Object.defineProperty(span, 'saidMetrics', { value: { get endless() { parentPort.postMessage('writing'); for (;;) {} } } })
    })`
  const worker = new Worker(program, { eval: true })
  await new Promise(resolve => worker.once('message', resolve))
  await worker.terminate()
  await remote.waitFor(1)
  submit(numbered(1, 'x'.repeat(3_000_000)))
  expect((await intake.events()).length).toBe(1)
  expect(remote.spans().map(span => span.name)).toEqual(['before'])
})

test('a worker that is terminated leaves every span it finished', async () => {
  const remote = await start()
  const program = `
    const { parentPort } = require('node:worker_threads')
    const { createLLMObs } = require(${JSON.stringify(require.resolve('../..'))})
    const llmobs = createLLMObs({ intakeUrl: ${JSON.stringify(remote.url)}, mlApp: 'shop', apiKey: ${JSON.stringify(KEYS.platform)} })
    for (let number = 0; number < 300; number++) llmobs.trace({ kind: 'task', name: 'work ' + number }, () => {})
    parentPort.postMessage('done')
    for (;;) {}`
  const worker = new Worker(program, { eval: true })
  await new Promise(resolve => worker.once('message', resolve))
  await worker.terminate()
  await remote.waitFor(300)
  expect(new Set(remote.spans().map(span => span.name)).size).toBe(300)
})
