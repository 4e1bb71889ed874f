'use strict'

const fc = require('fast-check')
const { annotateSpan } = require('../../lib/annotate/annotate')
const { HandOver } = require('../../lib/event/hand-over')
const { SpanId, TraceId, newSpanId, newTraceId } = require('../../lib/trace/ids')
const { encodeSpan } = require('../../reference/encode-span')
const { CONFIG, newSpan } = require('../annotate/fixture')
const { openRawIntake } = require('../support/raw-intake')
const { cook, recipe, recipeOf } = require('./hostile-values')

const RUNS = Number(process.env.SPANLANE_FUZZ_RUNS ?? 1500)
/** Larger ones are trimmed on their way. */
const MAX_CHARACTERS = 1_500_000

/** @type {Awaited<ReturnType<typeof openRawIntake>>} */
let intake
/** @type {HandOver} */
let handOver

beforeAll(async () => {
  intake = await openRawIntake()
  handOver = new HandOver(intake.core)
})
afterAll(() => intake.close())

/**
 * @param {(() => import('../../lib/trace/span').Span)[]} makers each is called twice: some values are harmed by being
 *   looked at
 * @param {object} [config]
 */
async function expectSameTexts(makers, config = CONFIG) {
  const texts = []
  for (const make of makers) {
    const text = encodeSpan(make(), /** @type {any} */ (config))
    if (text.length > MAX_CHARACTERS) continue
    texts.push(text)
    const span = make()
    handOver.submitSpan(0, span, /** @type {any} */ (config), span.lineage, null)
  }
  const events = await intake.events()
  expect(events.length).toBe(texts.length)
  for (const [index, text] of texts.entries()) {
    if (events[index] !== text) throw new Error(firstDifference(text, events[index]))
  }
  return texts.length
}

/**
 * The process's global object says another time whenever it is asked.
 *
 * @param {import('./hostile-values').Recipe} made
 * @returns {boolean}
 */
function isSteady(made) {
  if ('make' in made) return made.make !== 'the global object'
  if ('list' in made) return made.list.every(isSteady)
  return 'plain' in made || Object.values(made.fields).every(isSteady)
}

/**
 * Whole events are too long to read.
 *
 * @param {string} expected
 * @param {string} received
 */
function firstDifference(expected, received) {
  let at = 0
  while (expected[at] === received[at]) at++
  return `expected …${expected.slice(Math.max(0, at - 60), at + 60)}…\nreceived …${received.slice(Math.max(0, at - 60), at + 60)}…`
}

/**
 * @param {string} kind
 * @param {Record<string, any>} fields
 * @param {object} [annotation]
 */
function spanWith(kind, fields, annotation) {
  return () => {
    const span = newSpan(kind, { route: intake.route, ...fields })
    if (annotation !== undefined) annotateSpan(span, annotation)
    return span
  }
}

const LONG = 'Ein längerer Text — mit allem. \ud83d\ude00'
const MESSAGES = [{ role: 'user', content: LONG.repeat(90) }]

test('the core makes of a record the text that the reference makes of the span', async () => {
  const attribution = { pagent_name: 'planner', pagent_span_id: '5' }
  const error = { type: 'E', message: LONG, stack: 'at x' }
  const experiment = { deep: { list: [1.5, -0, 1e300, null, true, undefined, 2 ** 40] } }
  await expectSameTexts([
    spanWith('task', {}),
    spanWith(
      'llm',
      { name: LONG, parentId: '18446744073709551615', sessionId: 's' },
      { inputData: MESSAGES }
    ),
    spanWith(
      'llm',
      { modelName: 'gpt', modelProvider: 'OpenAI' },
      { inputData: 'x', prompt: { id: 'p', template: 't' } }
    ),
    spanWith('llm', {}, { prompt: { id: 'only' } }),
    spanWith(
      'agent',
      { error, agentAttribution: attribution, integration: 'openai' },
      { agent: { framework: 'f' } }
    ),
    spanWith(
      'tool',
      { agentAttribution: { pagent_name: null, pagent_span_id: null } },
      { metadata: { a: { b: [LONG] } } }
    ),
    spanWith('retrieval', {}, { outputData: [{ text: 'd', score: 0.25 }] }),
    spanWith('experiment', { input: experiment, output: [experiment], tags: { experiment_id: 'e' } }),
    spanWith('experiment', { input: 7, output: 'text' }),
    spanWith(
      'embedding',
      { sampleRate: '0.5', samplingDecision: '0', env: 'e', service: 's' },
      { tags: { b: [1, 'x'], c: [] } }
    ),
    spanWith(
      'task',
      { collectionErrors: ['unserializable:metadata'] },
      { metrics: { inputTokens: 1, own: 0.1 } }
    ),
    spanWith(
      'task',
      { startNs: 2n ** 63n - 1n, durationNs: 0n },
      { metadata: { a: 1 }, costTags: ['t'], tags: { t: 'x' } }
    )
  ])
})

test('ids are written as the text they stand for', async () => {
  const words = [0, 1, -1, 0x7fffffff, -0x80000000, 0x10000]
  const spanIds = [0, 1, 0x1fffff, 0x200000, 0x7fffffff].flatMap(high =>
    words.map(low => new SpanId(high, low, null))
  )
  const traces = words.flatMap(second => words.map(low => new TraceId(true, second, ~low, low, null)))
  const fields = [
    ...spanIds.map(id => ({ id, above: id })),
    ...traces.map(trace => ({ trace })),
    ...Array.from({ length: 100 }, () => ({ id: newSpanId(), trace: newTraceId(10n ** 18n) })),
    { id: SpanId.of('18446744073709551615'), above: SpanId.of('0'), trace: TraceId.of('not "hex"') }
  ]
  expect(`${new TraceId(true, 1, 2, -1, null)}`).toBe('0000000100000000'.concat('00000002ffffffff'))
  expect(`${new SpanId(0x7fffffff, -1, null)}`).toBe(String(2n ** 63n - 1n))
  await expectSameTexts(fields.map(own => () => newSpan('task', { route: intake.route, ...own })))
})

test('tags are merged as the reference merges them, whatever they are called', async () => {
  const config = {
    ...CONFIG,
    hostTags: [
      ['team', 'core'],
      ['a:b', 'c'],
      ['7', 'x']
    ],
    tenantTags: ['team', 'a:b', '7']
  }
  const tags = [
    { env: 'mine' },
    { 5: 'first' },
    { session_id: 'x' },
    { error_type: 'x', own: LONG },
    { team: [1, 2] }
  ]
  const makers = tags.flatMap(own => [
    spanWith('task', { tags: own, sessionId: 's', error: { type: 'E', message: 'm', stack: '' } }),
    spanWith('task', { tags: own })
  ])
  const many = Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`tag ${index}`, index]))
  makers.push(spanWith('task', { tags: many }), spanWith('task', { tags: { long: 'x'.repeat(5000) } }))
  await expectSameTexts([...makers, ...makers], config)
  await expectSameTexts(makers)
})

test(`${RUNS} spans of random and hostile values give the same text`, async () => {
  const drawn = fc
    .sample(
      fc.record({
        kind: fc.constantFrom('llm', 'agent', 'experiment', 'tool'),
        ...{
          input: recipe(),
          output: recipe(),
          prompt: recipeOf(['id', 'a']),
          metadata: recipeOf(['a', 'b', '0'])
        },
        name: fc.string({ unit: 'binary' }),
        spanId: fc.bigInt({ min: 1n, max: 2n ** 64n - 1n }).map(String)
      }),
      RUNS
    )
    .filter(({ input, output, prompt, metadata }) => [input, output, prompt, metadata].every(isSteady))
  let compared = 0
  for (let index = 0; index < drawn.length; index += 100) {
    const makers = drawn
      .slice(index, index + 100)
      .map(({ kind, input, output, prompt, metadata, ...fields }) => () => {
        const values = {
          input: cook(input),
          output: cook(output),
          prompt: cook(prompt),
          metadata: cook(metadata)
        }
        return newSpan(kind, { route: intake.route, ...fields, ...values })
      })
    compared += await expectSameTexts(makers)
  }
  expect(compared).toBeGreaterThan(drawn.length * 0.9)
}, 120_000)

test('numbers are written as JavaScript writes them', async () => {
  const numbers = fc.sample(fc.oneof(fc.double(), fc.integer(), fc.maxSafeInteger(), fc.float()), 3000)
  const edges = [1e21, 1e20, 1e-6, 1e-7, 123456789012345680000, 5e-324, 2 ** 31, -(2 ** 31), 2 ** 53]
  const list = [...numbers, ...edges, ...edges.map(edge => -edge)]
  await expectSameTexts([spanWith('experiment', { input: list })])
})
