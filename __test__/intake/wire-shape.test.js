'use strict'

const { evaluationsOf, spansOf } = require('../../lib/intake/wire')
const { envelope, metric, spanEvent } = require('../support/wire')

const event = change => [envelope({ spans: [spanEvent(change)] })]
const meta = change => event({ meta: { 'span.kind': 'task', input: {}, output: {}, ...change } })
const metrics = change => ({ data: { type: 'evaluation_metric', attributes: { metrics: [metric(change)] } } })
const feedback = change =>
  metrics({ event_kind: 'feedback', join_on: undefined, span_id: '1', submitter: { id: 'u1' }, ...change })
const U64_MAX = '18446744073709551615'

/** As on the wire: members that are undefined are absent. */
const onWire = body => JSON.parse(JSON.stringify(body))

describe('a span body', () => {
  test.each([
    ['an object', {}, 'body: expected an array, saw an object'],
    ['null', null, 'body: expected an array, saw null'],
    ['an envelope that is none', [1], 'body[0]: expected an object, saw a number'],
    ['a bare event', [spanEvent()], 'body[0].trace_id: expected no such field, saw a string'],
    [
      'another stage',
      [envelope({ '_dd.stage': 'x', spans: [] })],
      'body[0]["_dd.stage"]: expected "raw", saw a string'
    ],
    [
      'another event type',
      [envelope({ event_type: 'log' })],
      'body[0].event_type: expected "span", saw a string'
    ],
    [
      'no tracer version',
      [envelope({ '_dd.tracer_version': '' })],
      'body[0]["_dd.tracer_version"]: expected a non-empty string, saw a string'
    ],
    [
      'another scope',
      [envelope({ '_dd.scope': 'x' })],
      'body[0]["_dd.scope"]: expected "experiments", saw a string'
    ],
    ['no spans', [envelope({})], 'body[0].spans: expected an array, saw nothing'],
    [
      'an empty envelope',
      [envelope({ spans: [] })],
      'body[0].spans: expected exactly one span, saw an array of 0'
    ],
    [
      'two spans in one',
      [envelope({ spans: [spanEvent(), spanEvent()] })],
      'body[0].spans: expected exactly one span, saw an array of 2'
    ],
    ['the second envelope wrong', [...event(), 1], 'body[1]: expected an object, saw a number'],
    ['no name', event({ name: undefined }), 'body[0].spans[0].name: expected a value, saw nothing'],
    [
      'an upper-case trace id',
      event({ trace_id: 'A'.repeat(32) }),
      'body[0].spans[0].trace_id: expected 32 hex digits or a decimal number, saw a string'
    ],
    [
      '31 hex digits',
      event({ trace_id: 'a'.repeat(31) }),
      'body[0].spans[0].trace_id: expected 32 hex digits or a decimal number, saw a string'
    ],
    [
      'a numeric span id',
      event({ span_id: 1 }),
      'body[0].spans[0].span_id: expected a decimal number in a string, saw a number'
    ],
    [
      'a span id of 21 digits',
      event({ span_id: '1'.repeat(21) }),
      'body[0].spans[0].span_id: expected a decimal number in a string, saw a string'
    ],
    [
      'a null parent',
      event({ parent_id: null }),
      'body[0].spans[0].parent_id: expected a decimal number in a string, or "undefined", saw null'
    ],
    [
      'a numeric tag',
      event({ tags: ['a:b', 1] }),
      'body[0].spans[0].tags[1]: expected a string, saw a number'
    ],
    [
      'a broken start',
      event({ start_ns: 1.5 }),
      'body[0].spans[0].start_ns: expected an integer of 0 or more, saw a number'
    ],
    [
      'a negative duration',
      event({ duration: -1 }),
      'body[0].spans[0].duration: expected an integer of 0 or more, saw a number'
    ],
    [
      'another status',
      event({ status: 'OK' }),
      'body[0].spans[0].status: expected one of ok, error, saw a string'
    ],
    [
      'a null metric, once NaN',
      event({ metrics: { a: Number.NaN } }),
      'body[0].spans[0].metrics["a"]: expected a number, saw null'
    ],
    [
      'a metric with a dot',
      event({ metrics: { 'a.b': 1 } }),
      'body[0].spans[0].metrics["a.b"]: expected a name without dots, saw a string'
    ],
    [
      'a numeric session',
      event({ session_id: 1 }),
      'body[0].spans[0].session_id: expected a non-empty string, saw a number'
    ],
    [
      'errors that are no list',
      event({ collection_errors: 'x' }),
      'body[0].spans[0].collection_errors: expected an array, saw a string'
    ],
    ['no _dd', event({ _dd: undefined }), 'body[0].spans[0]._dd: expected a value, saw nothing'],
    [
      'another kind',
      meta({ 'span.kind': 'x' }),
      /^body\[0\]\.spans\[0\]\.meta\["span\.kind"\]: expected one of llm, .*experiment, saw a string$/
    ],
    [
      'an input that is text',
      meta({ input: 'x' }),
      'body[0].spans[0].meta.input: expected an object, saw a string'
    ],
    [
      'no output',
      meta({ output: undefined }),
      'body[0].spans[0].meta.output: expected an object, saw nothing'
    ]
  ])('is refused with %s', (_, body, problem) => {
    const found = spansOf(onWire(body))
    expect(found.events).toBeNull()
    expect(found.problem).toEqual(typeof problem === 'string' ? problem : expect.stringMatching(problem))
  })

  test.each([
    ['nothing in it', []],
    ['a span', event()],
    ['two spans', [...event(), ...event()]],
    ['an experiment scope', [envelope({ '_dd.scope': 'experiments', spans: [spanEvent()] })]],
    [
      'a decimal trace id and the largest span id',
      event({ trace_id: U64_MAX, span_id: U64_MAX, parent_id: U64_MAX })
    ],
    ['zero duration', event({ duration: 0 })],
    ['raw experiment content', meta({ 'span.kind': 'experiment', input: 5, output: [1] })],
    ['members that are new to it', event({ span_links: [], config: {} })]
  ])('is taken with %s', (_, body) => {
    expect(spansOf(onWire(body))).toEqual({ events: body.map(({ spans }) => spans[0]), problem: null })
  })
})

describe('an evaluation body', () => {
  test.each([
    ['an array', [], 'body: expected an object, saw an array of 0'],
    ['no data', {}, 'data: expected an object, saw nothing'],
    ['another type', { data: { type: 'x' } }, 'data.type: expected "evaluation_metric", saw a string'],
    [
      'no metrics',
      { data: { type: 'evaluation_metric', attributes: {} } },
      'data.attributes.metrics: expected an array, saw nothing'
    ],
    [
      'another event kind',
      metrics({ event_kind: 'x' }),
      'metrics[0].event_kind: expected one of evaluation, feedback, saw a string'
    ],
    ['no span', metrics({ join_on: {} }), 'metrics[0].join_on.span: expected an object, saw nothing'],
    [
      'a numeric span id',
      metrics({ join_on: { span: { trace_id: '1', span_id: 1 } } }),
      'metrics[0].join_on.span.span_id: expected a decimal number in a string, saw a number'
    ],
    ['an empty label', metrics({ label: '' }), 'metrics[0].label: expected a non-empty string, saw a string'],
    [
      'no ml_app',
      metrics({ ml_app: undefined }),
      'metrics[0].ml_app: expected a non-empty string, saw nothing'
    ],
    [
      'a broken time',
      metrics({ timestamp_ms: 1.5 }),
      'metrics[0].timestamp_ms: expected an integer of 0 or more, saw a number'
    ],
    [
      'text as a metric type',
      metrics({ metric_type: 'text', text_value: 'x' }),
      'metrics[0].metric_type: expected one of categorical, score, boolean, json, saw a string'
    ],
    [
      'a value of another type',
      metrics({ score_value: 'x' }),
      'metrics[0].score_value: expected a number, saw a string'
    ],
    [
      'the value of another metric type',
      metrics({ metric_type: 'boolean' }),
      'metrics[0].boolean_value: expected a boolean, saw nothing'
    ],
    [
      'json that is a list',
      metrics({ metric_type: 'json', json_value: [] }),
      'metrics[0].json_value: expected an object, saw an array of 0'
    ],
    [
      'feedback on nothing',
      feedback({ span_id: undefined }),
      'metrics[0]: expected exactly one of span_id, trace_id, session_id, feedback_join_key, saw an array of 0'
    ],
    [
      'feedback on two things',
      feedback({ trace_id: 'x' }),
      'metrics[0]: expected exactly one of span_id, trace_id, session_id, feedback_join_key, saw an array of 2'
    ],
    [
      'feedback of nobody',
      feedback({ submitter: {} }),
      'metrics[0].submitter.id: expected a non-empty string, saw nothing'
    ]
  ])('is refused with %s', (_, body, problem) => {
    expect(evaluationsOf(onWire(body))).toEqual({ events: null, problem })
  })

  test.each([
    ['score', metrics({})],
    ['category', metrics({ metric_type: 'categorical', categorical_value: '' })],
    ['boolean', metrics({ metric_type: 'boolean', boolean_value: false })],
    ['json', metrics({ metric_type: 'json', json_value: {} })],
    ['feedback text', feedback({ metric_type: 'text', text_value: 'good' })],
    ['feedback on a session', feedback({ span_id: undefined, session_id: 's' })]
  ])('is taken with a %s', (_, body) => {
    const sent = onWire(body)
    expect(evaluationsOf(sent)).toEqual({ events: sent.data.attributes.metrics, problem: null })
  })
})

test('what is wrong is named without quoting what was said', () => {
  const body = onWire(event({ name: { prompt: 'the secret prompt' } }))
  expect(JSON.stringify(spansOf(body))).not.toContain('secret')
})
