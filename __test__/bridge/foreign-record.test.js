'use strict'

const fc = require('fast-check')
const { ForeignSpan } = require('../../lib/bridge/foreign-span')
const { HandOver } = require('../../lib/event/hand-over')
const { SpanId, TraceId } = require('../../lib/trace/ids')
const { Lineage } = require('../../lib/trace/lineage')
const { cook, recipe } = require('../encode/hostile-values')
const { PlainValues } = require('../encode/plain-value')
const { openRawIntake } = require('../support/raw-intake')

const RULES = { hostTags: [['team', 'core']], tenantTags: ['team'] }
const LONG = 'Ein längerer Text — mit allem. '.repeat(20)

/** @type {Awaited<ReturnType<typeof openRawIntake>>} */
let intake
/** @type {HandOver} */
let handOver

beforeAll(async () => {
  intake = await openRawIntake()
  handOver = new HandOver(intake.core)
})
afterAll(() => intake.close())

/** @param {Record<string, any>} [change] */
function eventWith(change) {
  return {
    ...{ trace_id: 'f'.repeat(32), span_id: '7', parent_id: 'undefined', name: 'chat' },
    tags: ['env:prod', 'team:core', 'secret:x', 'session_id:s', 'ml_app:theirs'],
    ...{ start_ns: 1_790_000_000_000_000_000, duration: 1234.4, status: 'ok' },
    meta: {
      'span.kind': 'llm',
      input: { messages: [{ role: 'user', content: LONG }], prompt: { id: 'p' } },
      output: { messages: [{ role: 'assistant', content: 'x' }] },
      agent_attribution: { pagent_name: 'theirs', pagent_span_id: '1' },
      model_name: 'gpt'
    },
    metrics: { input_tokens: 1, 'own.metric': 0.1, bad: Number.NaN },
    _dd: { span_id: '7', trace_id: 'e'.repeat(32), apm_trace_id: 'e'.repeat(32) },
    ...change
  }
}

/** @param {object} [change] */
const lineage = change =>
  Object.assign(new Lineage(intake.route), {
    ...{ trace: TraceId.of('a'.repeat(32)), above: SpanId.of('12'), mlApp: 'ours', sessionId: 'theirs' },
    ...{ sampleRate: '1', samplingDecision: '0' },
    agentAttribution: { pagent_name: 'planner', pagent_span_id: '3' },
    ...change
  })

/**
 * @param {[event: any, lineage: any, userTags?: any][]} given
 * @returns {Promise<string[]>} the texts that arrive
 */
function sent(given) {
  for (const [event, who, tags] of given) {
    const span = new ForeignSpan(/** @type {any} */ ({}), event, intake.route, who, tags)
    handOver.submitForeign(0, span, /** @type {any} */ (RULES), intake.route.laneId)
  }
  return intake.events()
}

test('the event of the default route arrives as dd-trace made it, but for what JSON cannot hold', async () => {
  const [text, withMore, odd] = await sent([
    [eventWith(), null],
    [eventWith({ session_id: 's', later: { added: [1n] }, collection_errors: ['one'] }), null],
    [eventWith({ start_ns: -5, duration: Number.NaN, metrics: undefined, _dd: undefined }), null]
  ])
  const { metrics, ...event } = eventWith()
  expect(text).toBe(
    JSON.stringify({ ...event, duration: 1234, metrics: undefined }).replace(
      '"_dd"',
      '"metrics":{"input_tokens":1,"own_metric":0.1},"_dd"'
    )
  )
  const more = { session_id: 's', later: { added: ['Unserializable value'] } }
  expect(withMore).toBe(
    `${text.slice(0, -1)},${JSON.stringify({ ...more, collection_errors: ['one', 'unserializable:later.added[0]'] }).slice(1)}`
  )
  expect(odd).toContain('"start_ns":-5,"duration":0,')
  expect(odd).toMatch(/"metrics":\{\},"_dd":\{\}\}$/)
})

test('the event of a tenant says who the span is there, and nothing of the host', async () => {
  const [text, wide, bare] = await sent([
    [eventWith(), lineage(), { secret: 'x' }],
    [eventWith({ start_ns: 2n ** 64n - 1n, duration: 2 ** 63, tags: null, meta: undefined }), lineage()],
    [
      eventWith({ status: 'error', tags: undefined, name: 7 }),
      lineage({ agentAttribution: null, sessionId: null, above: null })
    ]
  ])
  const { meta, ...event } = eventWith()
  const { agent_attribution: _, ...own } = meta
  expect(JSON.parse(text)).toEqual({
    ...event,
    ...{ trace_id: 'a'.repeat(32), parent_id: '12', duration: 1234, session_id: 'theirs' },
    tags: ['env:prod', 'team:core', 'secret:x', 'ml_app:ours', 'session_id:theirs'],
    meta: { ...own, agent_attribution: { pagent_name: 'planner', pagent_span_id: '3' } },
    metrics: { input_tokens: 1, own_metric: 0.1 },
    _dd: {
      ...{ span_id: '7', trace_id: 'a'.repeat(32), apm_trace_id: 'a'.repeat(32) },
      ...{ sample_rate: '1', sampling_decision: '0' }
    }
  })
  expect(Object.keys(JSON.parse(text))).toEqual([...Object.keys(eventWith()), 'session_id'])
  expect(wide).toContain('"start_ns":18446744073709551615,"duration":9223372036854775808,')
  expect(JSON.parse(wide)).toMatchObject({
    tags: [],
    meta: { agent_attribution: { pagent_name: 'planner' } }
  })
  expect(JSON.parse(bare)).toMatchObject({ name: '7', status: 'error', tags: [] })
  expect(bare).not.toMatch(/agent_attribution|session_id/)
})

test.each([[[]], [null], [{}], [0], [''], [[null]]])(
  'an experiment is about %j, for everybody',
  async value => {
    const meta = { 'span.kind': 'experiment', input: value, output: value }
    for (const text of await sent([
      [eventWith({ meta }), null],
      [eventWith({ meta }), lineage()]
    ])) {
      expect(JSON.parse(text).meta).toMatchObject({ input: value, output: value })
    }
  }
)

test('hostile values in a foreign event are what they are as JSON', async () => {
  const drawn = fc.sample(fc.tuple(recipe(), recipe(), fc.boolean()), 300)
  const isSteady = (/** @type {unknown} */ made) =>
    !require('node:util').inspect(made, { depth: 9 }).includes('the global')
  const steady = drawn.filter(([one, two]) => isSteady(one) && isSteady(two))
  const texts = await sent(
    steady.map(([one, two, isTenants]) => {
      const meta = { 'span.kind': 'tool', input: { value: cook(one) }, metadata: cook(two) }
      return [eventWith({ meta, later: cook(one) }), isTenants ? lineage() : null]
    })
  )
  expect(texts.length).toBe(steady.length)
  for (const [index, [one, two]] of steady.entries()) {
    const values = new PlainValues()
    const members = [
      ['input', values.text({ value: cook(one) }, 'input')],
      ['metadata', values.text(cook(two), 'metadata')],
      ['later', values.text(cook(one), 'later')]
    ]
    const { meta, later, collection_errors: errors = [] } = JSON.parse(texts[index])
    const found = { ...meta, later }
    for (const [name, text] of members) {
      const wanted = text === undefined ? undefined : JSON.stringify(JSON.parse(text))
      expect(JSON.stringify(found[/** @type {string} */ (name)]) === wanted).toBe(true)
    }
    expect(errors).toEqual(values.errors)
  }
}, 120_000)

test('a getter that finishes another span while one is read harms neither', async () => {
  const inner = new ForeignSpan(
    /** @type {any} */ ({}),
    eventWith({ span_id: '2' }),
    intake.route,
    null,
    undefined
  )
  const metadata = {
    get nested() {
      handOver.submitForeign(0, inner, /** @type {any} */ (RULES), intake.route.laneId)
      return 'seen'
    }
  }
  const [first, second] = await sent([[eventWith({ span_id: '1', meta: { metadata } }), null]])
  expect(first).toContain('"span_id":"2"')
  expect(JSON.parse(second)).toMatchObject({ span_id: '1', meta: { metadata: { nested: 'seen' } } })
})
