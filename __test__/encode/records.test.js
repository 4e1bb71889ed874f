'use strict'

const fc = require('fast-check')
const { annotateSpan } = require('../../lib/annotate/annotate')
const { HandOver } = require('../../lib/event/hand-over')
const { capture, runProcessor } = require('../../lib/event/processor')
const { SpanId, TraceId, newSpanId, newTraceId } = require('../../lib/trace/ids')
const { CONFIG, newSpan } = require('../annotate/fixture')
const { eventText } = require('../support/event-text')
const { openRawIntake } = require('../support/raw-intake')
const { cook, recipe, recipeOf } = require('./hostile-values')
const { plainText } = require('./plain-event')
const { PlainValues } = require('./plain-value')

const RUNS = Number(process.env.SPANLANE_FUZZ_RUNS ?? 1500)
const TIMEOUT_MS = 60_000 + RUNS * 100
/** Larger ones are trimmed on their way. */
const MAX_CHARACTERS = 1_500_000
/** Larger ones are read by the core alone. */
const MAX_READ_CHARACTERS = 20_000

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
 * @param {import('../../lib/trace/span').Span[]} spans
 * @param {object} [config]
 * @returns {Promise<(any | null)[]>} the events that arrived, parsed; null for those that were too large to compare
 */
async function expectSameTexts(spans, config = CONFIG) {
  const texts = []
  const areSent = []
  for (const span of spans) {
    const text = plainText(span, config)
    areSent.push(text.length <= MAX_CHARACTERS)
    if (text.length > MAX_CHARACTERS) continue
    texts.push(text)
    handOver.submitSpan(0, span, /** @type {any} */ (config), span.lineage, null)
    // What the other tests read is what arrives.
    const read = text.length > MAX_READ_CHARACTERS ? text : eventText(span, config)
    if (read !== text) throw new Error(firstDifference(text, read))
  }
  const events = await intake.events()
  expect(events.length).toBe(texts.length)
  for (const [index, text] of texts.entries()) {
    if (events[index] !== text) throw new Error(firstDifference(text, events[index]))
  }
  let next = 0
  return areSent.map(isSent => (isSent ? JSON.parse(events[next++]) : null))
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
  const span = newSpan(kind, { route: intake.route, ...fields })
  if (annotation !== undefined) annotateSpan(span, annotation)
  return span
}

const LONG = 'Ein längerer Text — mit allem. \ud83d\ude00'
const MESSAGES = [{ role: 'user', content: LONG.repeat(90) }]

test('the core makes of a record the text that an event of its fields has', async () => {
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
    spanWith(
      'experiment',
      { tags: { experiment_id: 'e' } },
      { inputData: experiment, outputData: [experiment] }
    ),
    spanWith('experiment', {}, { inputData: 7, outputData: 'text' }),
    spanWith('experiment', {}, { inputData: null, outputData: false }),
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
  const spanIds = [0, 1, 0x1fffff, 0x200000, 0x7fffffff, -0x80000000, -1].flatMap(high =>
    words.map(low => new SpanId(true, high, low, null))
  )
  const traces = words.flatMap(second => words.map(low => new TraceId(true, second, ~low, low, null)))
  const fields = [
    ...spanIds.map(id => ({ id, above: id })),
    ...traces.map(trace => ({ trace })),
    ...Array.from({ length: 100 }, () => ({ id: newSpanId(), trace: newTraceId(10n ** 18n) })),
    { id: SpanId.of('18446744073709551615'), above: SpanId.of('0'), trace: TraceId.of('not "hex"') }
  ]
  expect(`${new TraceId(true, 1, 2, -1, null)}`).toBe('0000000100000000'.concat('00000002ffffffff'))
  expect(`${new SpanId(true, 0x7fffffff, -1, null)}`).toBe(String(2n ** 63n - 1n))
  for (const hex of ['00000000000000ab', '1234567890abcdef', 'ffffffffffffffff'])
    expect(`${SpanId.ofHex(hex)}`).toBe(String(BigInt(`0x${hex}`)))
  await expectSameTexts(fields.map(own => newSpan('task', { route: intake.route, ...own })))
})

test('tags are merged whatever they are called', async () => {
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

/** Where hostile values are said: what annotates a span, and what that has to become. */
const SAID = {
  experiment: {
    annotation: (/** @type {any} */ { input, output, metadata }) => ({
      inputData: input,
      outputData: output,
      metadata
    }),
    meta: (/** @type {PlainValues} */ values, /** @type {any} */ { input, output, metadata }) => ({
      input: rawText(values, input, 'input'),
      output: rawText(values, output, 'output'),
      metadata: values.text(metadata, 'metadata')
    })
  },
  tool: {
    annotation: (/** @type {any} */ { input, output, metadata }) => ({
      inputData: input,
      outputData: output,
      metadata
    }),
    meta: (/** @type {PlainValues} */ values, /** @type {any} */ { input, output, metadata }) => ({
      input: valueText(values, input, 'input'),
      output: valueText(values, output, 'output'),
      metadata: values.text(metadata, 'metadata')
    })
  },
  llm: {
    annotation: (/** @type {any} */ { input, output, metadata }) => ({
      inputData: [{ role: 'user', content: 'x', toolCalls: [{ arguments: { a: input } }] }],
      toolDefinitions: [{ name: 'f', schema: { a: [output] } }],
      metadata
    }),
    meta: (/** @type {PlainValues} */ values, /** @type {any} */ { input, output, metadata }) => {
      const args = values.text({ a: input }, 'input.messages[0].toolCalls[0].arguments', 12 - 5)
      const ofMetadata = values.text(metadata, 'metadata')
      const schema = values.text({ a: [output] }, 'toolDefinitions[0].schema', 12 - 2)
      return {
        input: `{"messages":[{"role":"user","content":"x","tool_calls":[{"arguments":${args}}]}]}`,
        metadata: ofMetadata,
        tool_definitions: `[{"name":"f","schema":${schema}}]`
      }
    }
  }
}

/** What stands for a value as text, not as the JSON text of a text. */
const NOTES = ['"Unserializable value"', '"[ArrayBuffer]"', '"[SharedArrayBuffer]"']

/**
 * @param {PlainValues} values
 * @param {unknown} value what an experiment is about
 * @param {string} place
 */
function rawText(values, value, place) {
  const isShort = value === null || typeof value === 'boolean' || typeof value === 'string'
  return (isShort ? new PlainValues() : values).text(value, place) ?? '{}'
}

/**
 * @param {PlainValues} values
 * @param {unknown} value what a span says as text
 * @param {string} place
 */
function valueText(values, value, place) {
  if (!value) return '{}'
  if (typeof value === 'string') return `{"value":${new PlainValues().text(value, place)}}`
  const text = values.text(value, place, Number.POSITIVE_INFINITY)
  if (text === undefined) return '{}'
  return `{"value":${NOTES.includes(text) ? text : JSON.stringify(text)}}`
}

test(
  `${RUNS} spans of random and hostile values say what these are as JSON`,
  async () => {
    const drawn = fc
      .sample(
        fc.record({
          kind: fc.constantFrom('experiment', 'tool', 'llm'),
          ...{ input: recipe(), output: recipe(), metadata: recipeOf(['a', 'b', '0']) },
          name: fc.string({ unit: 'binary' }),
          spanId: fc.bigInt({ min: 1n, max: 2n ** 64n - 1n }).map(String)
        }),
        RUNS
      )
      .filter(({ input, output, metadata }) => [input, output, metadata].every(isSteady))
    let compared = 0
    for (let index = 0; index < drawn.length; index += 100) {
      const made = drawn.slice(index, index + 100).map(({ kind, name, spanId, ...recipes }) => {
        // Cooked for each: some values are harmed by being looked at.
        const cooked = () =>
          Object.fromEntries(Object.entries(recipes).map(([key, made]) => [key, cook(made)]))
        const { annotation, meta } = SAID[kind]
        const values = new PlainValues()
        const expected = meta(values, cooked())
        return {
          span: spanWith(kind, { name, spanId }, annotation(cooked())),
          expected,
          errors: values.errors
        }
      })
      const events = await expectSameTexts(made.map(({ span }) => span))
      for (const [at, { expected, errors }] of made.entries()) {
        if (events[at] === null) continue
        compared++
        const { meta, collection_errors: noted = [] } = events[at]
        expect(noted).toEqual(errors)
        for (const [name, text] of Object.entries(expected)) {
          if (text === undefined) continue
          const [wanted, sent] = [JSON.stringify(JSON.parse(text)), JSON.stringify(meta[name])]
          if (wanted !== sent) throw new Error(firstDifference(wanted, sent))
        }
      }
    }
    expect(compared).toBeGreaterThan(drawn.length * 0.9)
  },
  TIMEOUT_MS
)

test('what a processor leaves is made of the same rules, whatever it is', async () => {
  const drawn = fc.sample(fc.tuple(recipe(), recipe()), 300).filter(recipes => recipes.every(isSteady))
  const made = drawn.map(([input, output]) => {
    const span = spanWith('llm', {}, { inputData: 'hi', outputData: 'yo' })
    const processor = (/** @type {any} */ shown) => {
      shown.input = [{ role: 'user', content: cook(input) }]
      shown.output[0].content = cook(output)
      return shown
    }
    expect(runProcessor(span, span, CONFIG, processor)).toBe(true)
    capture(span)
    const values = new PlainValues()
    const messages = [
      values.text({ messages: [{ role: 'user', content: cook(input) }] }, 'input'),
      values.text({ messages: [{ content: cook(output), role: '' }] }, 'output')
    ]
    return { span, messages, errors: values.errors }
  })
  const events = await expectSameTexts(made.map(({ span }) => span))
  for (const [at, { messages, errors }] of made.entries()) {
    if (events[at] === null) continue
    const { meta, collection_errors: noted = [] } = events[at]
    expect(noted).toEqual(errors)
    const sent = [meta.input, meta.output].map(content => JSON.stringify(content))
    expect(sent).toEqual(messages.map(text => JSON.stringify(JSON.parse(/** @type {string} */ (text)))))
  }
}, 60_000)

describe('more than one event may hold', () => {
  /** @param {number} count @param {string} prefix */
  const many = (count, prefix) =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`${prefix}${index}`, index]))

  test('metadata of several annotations ends where that of one does', () => {
    const span = newSpan('task')
    for (const prefix of ['a', 'b']) annotateSpan(span, { metadata: many(6000, prefix) })
    const { meta, collection_errors: errors } = JSON.parse(eventText(span, CONFIG))
    expect(Object.keys(meta.metadata).length).toBe(10_002)
    expect(meta.metadata['[dropped]']).toBe('1999 entries dropped')
    expect(errors).toEqual(['truncated:metadata'])
    expect(span.collectionErrors).toBeNull()
  })

  test('a list that was cut when it was said is not cut again', () => {
    const span = newSpan('experiment')
    annotateSpan(span, { inputData: Array(11_000).fill(0), metadata: { list: Array(11_000).fill(0) } })
    const { meta, collection_errors: errors } = JSON.parse(eventText(span, CONFIG))
    expect([meta.input.length, meta.input.at(-1)]).toEqual([10_001, '1000 entries dropped'])
    expect([meta.metadata.list.length, meta.metadata.list.at(-1)]).toEqual([10_001, '1000 entries dropped'])
    expect(errors).toEqual(['truncated:input', 'truncated:metadata.list'])
  })

  test('texts that cannot be sent together keep as much of each as could be sent, whoever said them first', () => {
    const span = newSpan('llm')
    const said = (/** @type {string} */ letter) => [{ role: 'user', content: letter.repeat(9_000_000) }]
    annotateSpan(span, { inputData: said('x'), outputData: said('y'), metadata: { short: 'z'.repeat(1000) } })
    const { meta, collection_errors: errors } = JSON.parse(eventText(span, CONFIG))
    for (const { content } of [meta.input.messages[0], meta.output.messages[0]]) {
      const [, begin, dropped, end] =
        /^([xy]+)\[\.\.\. (\d+) bytes removed \.\.\.\]([xy]+)$/.exec(content) ?? []
      expect(begin.length + Number(dropped) + end.length).toBe(9_000_000)
      // Half of what the short texts leave, and the margin of a cut.
      expect(begin.length + end.length).toBe((5_000_000 - 1000 - 8) / 2 + 64)
    }
    expect(meta.metadata.short).toBe('z'.repeat(1000))
    // What the core cuts, it notes itself.
    expect(errors).toBeUndefined()
  })

  test('all values together end at 200,000', () => {
    const span = newSpan('experiment')
    const list = () => Array.from({ length: 90 }, () => Array(1500).fill(0))
    annotateSpan(span, { inputData: list() })
    annotateSpan(span, { outputData: list() })
    const { meta, collection_errors: errors } = JSON.parse(eventText(span, CONFIG))
    expect(meta.input).toEqual(list())
    expect(meta.output.flat().length).toBeLessThan(70_000)
    expect(errors).toEqual(expect.arrayContaining(['truncated:output']))
  })
})

test('numbers are written as JavaScript writes them', async () => {
  const numbers = fc.sample(fc.oneof(fc.double(), fc.integer(), fc.maxSafeInteger(), fc.float()), 3000)
  const edges = [1e21, 1e20, 1e-6, 1e-7, 123456789012345680000, 5e-324, 2 ** 31, -(2 ** 31), 2 ** 53]
  const list = [...numbers, ...edges, ...edges.map(edge => -edge)]
  await expectSameTexts([spanWith('experiment', {}, { inputData: list })])
})
