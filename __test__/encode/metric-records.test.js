'use strict'

const { inspect } = require('node:util')
const fc = require('fast-check')
const { foreignMetric } = require('../../lib/bridge/foreign-span')
const { buildEvaluations } = require('../../lib/evaluate/evaluation')
const { buildFeedbacks } = require('../../lib/evaluate/feedback')
const { HandOver } = require('../../lib/event/hand-over')
const { CONFIG, newSpan } = require('../annotate/fixture')
const { metricText } = require('../support/event-text')
const { openRawIntake } = require('../support/raw-intake')
const { cook, recipe, recipeOf } = require('./hostile-values')
const { PlainValues } = require('./plain-value')

const RUNS = Number(process.env.SPANLANE_FUZZ_RUNS ?? 600)
/** Larger ones are trimmed on their way. */
const MAX_CHARACTERS = 1_500_000
const SPAN = { traceId: 'f'.repeat(32), spanId: '7' }
const LONG = 'Ein längerer Text — mit allem. \ud83d\ude00 "\\ '

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
 * @param {any[]} metrics plain
 * @param {string[]} [texts] what each has to arrive as
 * @returns {Promise<number>} metrics that were compared
 */
async function expectSameTexts(metrics, texts = metrics.map(metric => JSON.stringify(wellFormed(metric)))) {
  const small = texts.filter(text => text.length <= MAX_CHARACTERS)
  for (const [index, text] of texts.entries()) {
    if (text.length > MAX_CHARACTERS) continue
    handOver.submitMetric(intake.route.laneId, metrics[index])
    expect(metricText(metrics[index]) === text).toBe(true)
  }
  const expected = small.join(',')
  const received = await intake.metrics()
  let at = 0
  while (at < expected.length && expected[at] === received[at]) at++
  // Whole bodies are too long to read.
  expect(received.slice(at - 80, at + 80)).toBe(expected.slice(at - 80, at + 80))
  expect(received.length).toBe(expected.length)
  return small.length
}

/** @param {any} value @returns {any} */
function wellFormed(value) {
  if (typeof value === 'string') return /** @type {any} */ (value).toWellFormed()
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(wellFormed)
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [wellFormed(key), wellFormed(item)]))
}

/**
 * Metrics of another tracer, whose values are anything.
 *
 * @param {(() => any)[]} makers each is called twice: some values are harmed by being looked at
 * @param {string | null} [traceId]
 * @returns {Promise<number>} metrics that were compared
 */
function expectSafe(makers, traceId = null) {
  const metrics = makers.map(make => foreignMetric(make(), traceId))
  const texts = makers.map(make => {
    const { span_id, trace_id, ...rest } = make()
    // The intake's first version named the span in the metric itself.
    const named = { join_on: { span: { span_id, trace_id: traceId ?? trace_id } }, ...rest }
    return /** @type {string} */ (
      new PlainValues().text({ event_kind: 'evaluation', ...named }, '', Number.POSITIVE_INFINITY)
    )
  })
  return expectSameTexts(metrics, texts)
}

/** @param {number} levels */
const nested = levels => JSON.parse(`${'['.repeat(levels)}1${']'.repeat(levels)}`)

test('evaluations and feedback arrive as the text of what was built', async () => {
  const evaluation = (/** @type {object} */ options) =>
    buildEvaluations(
      SPAN,
      { label: 'l', metricType: 'score', value: 0.1, timestampMs: 5, ...options },
      CONFIG
    )[0]
  const feedback = (/** @type {object} */ options) =>
    buildFeedbacks(
      { label: 'l', metricType: 'text', value: LONG, timestampMs: 5, submitter: { id: 'u' }, ...options },
      CONFIG
    )[0]
  await expectSameTexts([
    evaluation({}),
    evaluation({ value: -0, reasoning: LONG.repeat(50), assessment: 'pass', tags: { a: LONG, b: 1 } }),
    evaluation({
      metricType: 'boolean',
      value: false,
      metadata: { at: new Date(0), deep: { list: [LONG] } }
    }),
    evaluation({ metricType: 'categorical', value: 'a\ud800b' }),
    evaluation({ metricType: 'json', value: { toJSON: () => ({ said: 'so' }) } }),
    evaluation({ metricType: 'json', value: { a: nested(11), b: nested(20) }, metadata: { a: nested(300) } }),
    evaluation({ metricType: 'json', value: { ids: new Uint8Array(3), big: 10n, not: Number.NaN } }),
    feedback({ spanId: '7' }),
    feedback({ sessionId: LONG, submitter: { id: 'u', type: 'user' }, reasoning: 'x'.repeat(400_000) }),
    feedback({ traceId: SPAN.traceId, metricType: 'json', value: { list: Array(9_999).fill('é') } })
  ])
})

test('the nesting of what another tracer submits is kept, up to 200 levels', async () => {
  const ofLevels = (/** @type {number} */ levels) => ({ label: 'l', json_value: nested(levels) })
  // The metric itself is a level.
  await expectSafe([12, 13, 50, 199, 200, 300].map(levels => () => ofLevels(levels)))
  handOver.submitMetric(intake.route.laneId, foreignMetric(ofLevels(199), null))
  handOver.submitMetric(intake.route.laneId, foreignMetric(ofLevels(200), null))
  const [deepest, tooDeep] = JSON.parse(`[${await intake.metrics()}]`)
  expect(deepest.json_value).toEqual(nested(199))
  expect(JSON.stringify(tooDeep.json_value)).toContain('Unserializable value')
})

test('fields of another tracer that are missing or strange give the same text', async () => {
  const old = { span_id: '1', trace_id: '2', label: 'old', score_value: 1, later: undefined }
  const named = { join_on: { span: { span_id: '1', trace_id: '2' } }, label: 'l' }
  await expectSafe([() => old], null)
  await expectSafe([() => old], 'e'.repeat(32))
  expect(foreignMetric({ ...named, event_kind: 'evaluation' }, 'e'.repeat(32))).toEqual({
    event_kind: 'evaluation',
    join_on: { span: { span_id: '1', trace_id: 'e'.repeat(32) } },
    label: 'l'
  })
  expect(foreignMetric({ event_kind: 'feedback', session_id: 's' }, 'e'.repeat(32))).toEqual({
    event_kind: 'feedback',
    session_id: 's'
  })
  await expectSafe([
    () => ({ ...named, a: () => {}, b: Symbol('b'), c: 1n, d: [undefined, Number.NaN] }),
    () => ({ ...named, toJSON: () => 'only this' }),
    () => ({ ...named, x: 'y'.repeat(300_000), z: '界'.repeat(300_000) })
  ])
})

test(`${RUNS} metrics of random and hostile values give the same text`, async () => {
  const drawn = fc
    .sample(fc.tuple(recipe(), recipeOf(['label', 'tags', 'a b', '0']), fc.string({ unit: 'binary' })), RUNS)
    // The process's global object says another time whenever it is asked.
    .filter(made => !inspect(made, { depth: 12 }).includes('the global'))
  let compared = 0
  for (let index = 0; index < drawn.length; index += 50) {
    const makers = drawn.slice(index, index + 50).map(([one, many, text]) => () => ({
      join_on: {},
      [text]: cook(one),
      ...cook(many)
    }))
    compared += await expectSafe(makers)
  }
  expect(compared).toBeGreaterThan(drawn.length * 0.9)
}, 120_000)

test('a metric that says it is nothing is counted, and harms none beside it', async () => {
  const nothing = foreignMetric({ label: 'l', toJSON: () => undefined }, null)
  expect(nothing).toBeUndefined()
  handOver.submitMetric(intake.route.laneId, { label: 'before' })
  handOver.submitMetric(intake.route.laneId, nothing)
  handOver.submitMetric(intake.route.laneId, { label: 'after' })
  expect(await intake.metrics()).toBe('{"label":"before"},{"label":"after"}')
  expect(intake.core.stats().total).toMatchObject({
    submitted: 3,
    delivered: 2,
    droppedByReason: { internal_error: 1 }
  })
})

test('spans and metrics of one thread keep their order, each in its own stream', async () => {
  const numbers = Array.from({ length: 300 }, (_, number) => number)
  for (const number of numbers) {
    const filling = 'x'.repeat(number % 40 === 0 ? 150_000 : 10)
    const span = newSpan('experiment', { route: intake.route, spanId: String(number), output: filling })
    handOver.submitSpan(0, span, CONFIG, span.lineage, null)
    handOver.submitMetric(intake.route.laneId, { number, filling })
  }
  const metrics = JSON.parse(`[${await intake.metrics()}]`)
  expect(metrics.map((/** @type {any} */ metric) => metric.number)).toEqual(numbers)
  expect((await intake.events()).map(text => Number(JSON.parse(text).span_id))).toEqual(numbers)
})

test('more than one event may hold is cut', () => {
  const build = (/** @type {object} */ options) =>
    buildEvaluations(
      SPAN,
      { label: 'l', metricType: 'json', timestampMs: 5, value: {}, ...options },
      CONFIG
    )[0]
  const { json_value: value } = JSON.parse(metricText(build({ value: { list: Array(11_000).fill(0) } })))
  expect([value.list.length, value.list.at(-1)]).toEqual([10_001, '1000 entries dropped'])
  const { reasoning, label } = JSON.parse(metricText(build({ reasoning: 'x'.repeat(17_000_000) })))
  expect([reasoning.length < 5_001_000, label]).toEqual([true, 'l'])
  expect(reasoning.replace(/x+/g, 'x')).toMatch(/^x\[\.\.\. 12\d{6} bytes removed \.\.\.\]x$/)
})

test('a getter that submits a metric while its own is read harms neither', async () => {
  const outer = {
    label: 'outer',
    join_on: {},
    get nested() {
      handOver.submitMetric(intake.route.laneId, { label: 'inner', text: 'x'.repeat(3000) })
      return ['seen']
    }
  }
  handOver.submitMetric(intake.route.laneId, foreignMetric(outer, null))
  expect(JSON.parse(`[${await intake.metrics()}]`)).toEqual([
    { label: 'inner', text: 'x'.repeat(3000) },
    { event_kind: 'evaluation', label: 'outer', join_on: {}, nested: ['seen'] }
  ])
})
