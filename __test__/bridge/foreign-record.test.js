'use strict'

const fc = require('fast-check')
const { ForeignSpan } = require('../../lib/bridge/foreign-span')
const { HandOver } = require('../../lib/event/hand-over')
const { SpanId, TraceId } = require('../../lib/trace/ids')
const { Lineage } = require('../../lib/trace/lineage')
const { encodeForeignEvent } = require('../../reference/encode-foreign-event')
const { cook, recipe } = require('../encode/hostile-values')
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

/** @param {(() => [event: any, lineage: any, userTags?: any])[]} makers */
async function expectSameTexts(makers) {
  const texts = []
  for (const make of makers) {
    const [expected, submitted] = [make(), make()].map(([event, who, tags]) => ({
      ...{ event, who, tags },
      span: new ForeignSpan(/** @type {any} */ ({}), event, intake.route, who, tags)
    }))
    const { event, who, tags, span } = expected
    texts.push(encodeForeignEvent(event, span.event.meta, who, tags, RULES))
    handOver.submitForeign(0, submitted.span, /** @type {any} */ (RULES), intake.route.laneId)
  }
  expect(await intake.events()).toEqual(texts)
}

test('the core makes of the record of a foreign span the text that the reference makes of it', async () => {
  await expectSameTexts([
    () => [eventWith(), null],
    () => [eventWith(), lineage(), { secret: 'x' }],
    () => [eventWith({ session_id: 's', later: { added: [1n] }, collection_errors: ['one'] }), null],
    () => [eventWith({ start_ns: -5, duration: Number.NaN, metrics: undefined, _dd: undefined }), null],
    () => [
      eventWith({ start_ns: 2n ** 64n - 1n, duration: 2 ** 63, tags: null, meta: undefined }),
      lineage()
    ],
    () => [
      eventWith({ status: 'error', tags: undefined, name: 7 }),
      lineage({ agentAttribution: null, sessionId: null, above: null })
    ]
  ])
})

test.each([[[]], [null], [{}], [0], [''], [[null]]])('and of an experiment about %j', async value => {
  const meta = { 'span.kind': 'experiment', input: value, output: value }
  await expectSameTexts([() => [eventWith({ meta }), null], () => [eventWith({ meta }), lineage()]])
})

test('hostile values in a foreign event give the same text', async () => {
  const drawn = fc.sample(fc.tuple(recipe(), recipe(), fc.boolean()), 300)
  const isSteady = (/** @type {unknown} */ made) =>
    !require('node:util').inspect(made, { depth: 9 }).includes('the global')
  await expectSameTexts(
    drawn
      .filter(([one, two]) => isSteady(one) && isSteady(two))
      .map(([one, two, isTenants]) => () => {
        const meta = { 'span.kind': 'tool', input: { value: cook(one) }, metadata: cook(two) }
        return [eventWith({ meta, later: cook(one) }), isTenants ? lineage() : null]
      })
  )
}, 120_000)
