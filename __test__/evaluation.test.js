'use strict'

const { buildEvaluations } = require('../lib/evaluate/evaluation')
const { buildFeedbacks } = require('../lib/evaluate/feedback')
const { revokedProxy, throwing } = require('./annotate/fixture')
const { metricText } = require('./support/event-text')

const CONFIG = { mlApp: 'shop', tracerVersion: 'spanlane-0.0.0' }
const SPAN = { traceId: 'f'.repeat(32), spanId: '7' }

/** A right submission of each stream; cases change one part of it. */
const STREAMS = {
  evaluation: {
    code: 'SPANLANE_INVALID_EVALUATION',
    metric: 'evaluation metric',
    data: 'Evaluation metric data',
    types: '"categorical", "score", "boolean" or "json"',
    noMlApp:
      'ML App name is required for sending evaluation metrics. Evaluation metric data will not be sent.',
    build: (/** @type {any} */ options, config = CONFIG) =>
      JSON.parse(
        metricText(
          ...buildEvaluations(SPAN, { label: 'l', metricType: 'score', value: 1, ...options }, config)
        )
      )
  },
  feedback: {
    code: 'SPANLANE_INVALID_FEEDBACK',
    metric: 'feedback metric',
    data: 'Feedback data',
    types: '"categorical", "score", "boolean", "json" or "text"',
    noMlApp: 'ML App name is required for sending feedback. Feedback data will not be sent.',
    build: (/** @type {any} */ options, config = CONFIG) =>
      JSON.parse(
        metricText(
          ...buildFeedbacks(
            { label: 'l', metricType: 'score', value: 1, spanId: '7', submitter: { id: 'u' }, ...options },
            config
          )
        )
      )
  }
}

/**
 * @param {keyof typeof STREAMS} stream
 * @param {string} message
 */
const invalid = (stream, message) =>
  expect.objectContaining({ name: 'TypeError', code: STREAMS[stream].code, message })

test('an evaluation has its fields in the order of dd-trace', () => {
  const options = {
    ...{ label: 'helpfulness', metricType: 'categorical', value: 'good', tags: { a: 'b' }, mlApp: 'other' },
    ...{ timestampMs: 5, reasoning: 'because', assessment: 'pass', metadata: { a: 1 } }
  }
  expect(metricText(...buildEvaluations(SPAN, options, { ...CONFIG, otelEnabled: true }))).toBe(
    `{"event_kind":"evaluation","join_on":{"span":{"span_id":"7","trace_id":"${SPAN.traceId}"}},"label":"helpfulness",` +
      '"metric_type":"categorical","ml_app":"other","categorical_value":"good","timestamp_ms":5,' +
      '"tags":["ddtrace.version:spanlane-0.0.0","ml_app:other","a:b","source:otel"],' +
      '"reasoning":"because","metadata":{"a":1},"assessment":"pass"}'
  )
})

test('a feedback has its fields in the order of dd-trace', () => {
  const options = {
    ...{
      label: 'stars',
      metricType: 'text',
      value: 'nice',
      tags: { a: 'b' },
      timestampMs: 5,
      reasoning: 'r'
    },
    ...{ sessionId: 's', submitter: { id: 'u', type: 'user' }, assessment: 'fail', metadata: { not: 'sent' } }
  }
  expect(metricText(...buildFeedbacks(options, { ...CONFIG, otelEnabled: true }))).toBe(
    '{"event_kind":"feedback","session_id":"s","label":"stars","metric_type":"text","ml_app":"shop","text_value":"nice",' +
      '"timestamp_ms":5,"tags":["ddtrace.version:spanlane-0.0.0","ml_app:shop","a:b"],"submitter":{"id":"u","type":"user"},' +
      '"reasoning":"r","assessment":"fail"}'
  )
})

describe.each(/** @type {(keyof typeof STREAMS)[]} */ (['evaluation', 'feedback']))('%s', stream => {
  const { build, metric, data, types, noMlApp } = STREAMS[stream]

  test.each([
    ['score', 0.5],
    ['score', 0],
    ['score', -1],
    ['Score', 1],
    ['categorical', ''],
    ['boolean', false],
    ['BOOLEAN', true],
    ['json', {}],
    ['json', { a: [1] }]
  ])('a value of type %s may be %p', (metricType, value) => {
    expect(build({ metricType, value })).toMatchObject({
      metric_type: metricType.toLowerCase(),
      [`${metricType.toLowerCase()}_value`]: value
    })
  })

  const wrongValues = /** @type {[string, unknown[], string][]} */ ([
    // dd-trace accepts numbers that JSON has no text for, and sends null.
    [
      'score',
      ['1', null, undefined, 1n, Number.NaN, Number.POSITIVE_INFINITY],
      'value must be a number for a score metric.'
    ],
    ['categorical', [1, null, {}], 'value must be a string for a categorical metric.'],
    ['boolean', [0, 'true', null], 'value must be a boolean for a boolean metric'],
    ['json', [null, [], 'x', 1, new Date(0), revokedProxy()], 'value must be a JSON object for a json metric']
  ])
  test.each(
    wrongValues.flatMap(([metricType, values, message]) => values.map(value => [metricType, value, message]))
  )('a value of type %s is not case %#', (metricType, value, message) => {
    expect(() => build({ metricType, value })).toThrow(invalid(stream, /** @type {string} */ (message)))
  })

  test.each([[undefined], [null], [''], ['number'], [5], [{}], [throwing('x')]])(
    'a metric type is not case %#',
    metricType => {
      expect(() => build({ metricType })).toThrow(invalid(stream, `metricType must be one of ${types}`))
    }
  )

  test.each([[undefined], [null], [''], [0], [false], [{}], [() => {}], [Symbol('x')]])(
    'a label is not %p',
    label => {
      expect(() => build({ label })).toThrow(
        invalid(stream, `label must be the specified name of the ${metric}`)
      )
    }
  )

  test('a label that is a number is sent as text', () => {
    expect(build({ label: 5 }).label).toBe('5')
  })

  test.each([
    [1, 1],
    [1.6, 2],
    [1_790_000_000_000, 1_790_000_000_000]
  ])('a timestamp of %p is sent as %p', (timestampMs, sent) => {
    expect(build({ timestampMs }).timestamp_ms).toBe(sent)
  })

  test.each([[undefined], [null], [0], ['']])('a timestamp of %p is now', timestampMs => {
    const before = Date.now()
    const { timestamp_ms: sent } = build({ timestampMs })
    expect(sent).toBeGreaterThanOrEqual(before)
    expect(sent).toBeLessThanOrEqual(Date.now())
  })

  test.each([[-1], ['5'], [5n], [Number.POSITIVE_INFINITY], [new Date(0)]])(
    'a timestamp is not %p',
    timestampMs => {
      expect(() => build({ timestampMs })).toThrow(
        invalid(stream, `timestampMs must be a non-negative integer. ${data} will not be sent`)
      )
    }
  )

  test.each([['pass'], ['fail']])('an assessment may be %p', assessment => {
    expect(build({ assessment }).assessment).toBe(assessment)
  })

  test.each([['Pass'], [''], [true]])('an assessment is not %p', assessment => {
    expect(() => build({ assessment })).toThrow(invalid(stream, 'assessment must be pass or fail'))
  })

  test.each([[5], [{}], [false]])('a reasoning is not %p', reasoning => {
    expect(() => build({ reasoning })).toThrow(invalid(stream, 'reasoning must be a string'))
  })

  test('what is null is not sent', () => {
    const sent = build({ assessment: null, reasoning: null, metadata: null, tags: null })
    expect(Object.keys(sent)).not.toEqual(expect.arrayContaining(['assessment']))
    expect([sent.reasoning, sent.metadata, sent.tags]).toEqual([
      undefined,
      undefined,
      ['ddtrace.version:spanlane-0.0.0', 'ml_app:shop']
    ])
  })

  test('tags are text', () => {
    const tags = {
      a: 'x',
      b: 5,
      c: null,
      d: undefined,
      e: ['x', 'y'],
      f: new URL('http://localhost/'),
      g: { h: 1 },
      ml_app: 'mine'
    }
    expect(build({ tags }).tags).toEqual([
      ...['ddtrace.version:spanlane-0.0.0', 'ml_app:mine', 'a:x', 'b:5', 'e:x,y'],
      ...['f:http://localhost/', 'g:{"h":1}']
    ])
  })

  test.each([['a:b'], [['a']], [5], [true]])('tags are not %p', tags => {
    expect(() => build({ tags })).toThrow(
      invalid(stream, `Failed to parse tags. Tags for ${metric}s must be strings`)
    )
  })

  test('a missing mlApp is refused', () => {
    expect(() => build({}, { ...CONFIG, mlApp: null })).toThrow(invalid(stream, noMlApp))
    expect(build({ mlApp: 'given' }, { ...CONFIG, mlApp: null }).ml_app).toBe('given')
    expect(build({ mlApp: '' }).ml_app).toBe('shop')
  })

  test('values that JSON cannot hold are replaced', () => {
    const value = { big: 1n, ...{ fine: 1 } }
    expect(build({ metricType: 'json', value }).json_value).toEqual({ big: 'Unserializable value', fine: 1 })
    expect(build({ tags: throwing('t') }).tags.at(-1)).toBe('t:Unserializable value')
  })

  test('options that are none are refused like missing ones', () => {
    for (const options of [undefined, null, 5, 'x']) {
      const submit = () =>
        stream === 'evaluation' ? buildEvaluations(SPAN, options, CONFIG) : buildFeedbacks(options, CONFIG)
      expect(submit).toThrow(expect.objectContaining({ code: STREAMS[stream].code }))
    }
  })
})

test('only an evaluation has metadata, and only an object', () => {
  const { build } = STREAMS.evaluation
  expect(build({ metadata: { a: 1n } }).metadata).toEqual({ a: 'Unserializable value' })
  for (const metadata of ['x', [], 5, new Date(0)]) {
    expect(() => build({ metadata })).toThrow(invalid('evaluation', 'metadata must be a JSON object'))
  }
})

test('a value nests 12 levels deep, like those of a span', () => {
  const nested = (/** @type {number} */ levels, leaf = '1') =>
    JSON.parse(`${'{"a":'.repeat(levels)}${leaf}${'}'.repeat(levels)}`)
  const { build } = STREAMS.evaluation
  expect(build({ metricType: 'json', value: nested(12) }).json_value).toEqual(nested(12))
  expect(build({ metricType: 'json', value: nested(13) }).json_value).toEqual(
    nested(12, JSON.stringify('{"a":1}'))
  )
})

test('a label with a dot is one of an evaluation only', () => {
  expect(STREAMS.evaluation.build({ label: 'a.b' }).label).toBe('a.b')
  expect(() => STREAMS.feedback.build({ label: 'a.b' })).toThrow(
    invalid('feedback', 'label value must not contain a "."')
  )
})

test('only feedback may be free text', () => {
  expect(STREAMS.feedback.build({ metricType: 'text', value: 'x' }).text_value).toBe('x')
  expect(() => STREAMS.feedback.build({ metricType: 'text', value: 5 })).toThrow(
    invalid('feedback', 'value must be a string for a text metric')
  )
})

test.each([
  [undefined],
  [null],
  [{}],
  [{ traceId: '1' }],
  [{ spanId: '1' }],
  [{ traceId: '', spanId: '1' }],
  ['7'],
  [throwing('traceId')]
])('an evaluation of the span in case %# is refused', context => {
  expect(() => buildEvaluations(context, { label: 'l', metricType: 'score', value: 1 }, CONFIG)).toThrow(
    invalid(
      'evaluation',
      'spanId and traceId must both be specified for the given evaluation metric to be submitted.'
    )
  )
})

describe('the target of a feedback', () => {
  const submit = (/** @type {any} */ target) => STREAMS.feedback.build({ spanId: undefined, ...target })
  const ONE =
    'Exactly one of `span`, `spanId`, `traceId`, `sessionId` or `feedbackJoinKey` must be specified to submit feedback.'
  const SPAN_TEXT =
    '`span` must be an object containing a non-empty string spanId. ' +
    '`llmobs.exportSpan()` can be used to generate this object from a given span.'

  test.each([
    [{ span: SPAN }, { span_id: '7' }],
    [{ spanId: '8' }, { span_id: '8' }],
    [{ traceId: 't' }, { trace_id: 't' }],
    [{ sessionId: 's' }, { session_id: 's' }],
    [{ feedbackJoinKey: 'k' }, { feedback_join_key: 'k' }],
    [{ spanId: '8', traceId: null }, { span_id: '8' }]
  ])('%j is sent as %j', (target, sent) => {
    const {
      event_kind: kind,
      label,
      metric_type: type,
      ml_app: app,
      score_value: value,
      timestamp_ms: ms,
      tags,
      submitter,
      ...rest
    } = submit(target)
    expect([kind, label, type, app, value, typeof ms, tags.length, submitter]).toEqual([
      'feedback',
      'l',
      'score',
      'shop',
      1,
      'number',
      2,
      { id: 'u' }
    ])
    expect(rest).toEqual(sent)
  })

  test.each([
    [{}, ONE],
    [{ spanId: '7', traceId: 't' }, ONE],
    [{ span: SPAN, spanId: '7' }, ONE],
    [{ span: {} }, SPAN_TEXT],
    [{ span: '7' }, SPAN_TEXT],
    [{ span: { spanId: 7 } }, SPAN_TEXT],
    [{ spanId: 7 }, '`spanId` must be a non-empty string'],
    [{ spanId: '' }, '`spanId` must be a non-empty string'],
    [{ traceId: 7 }, '`traceId` must be a non-empty string'],
    [{ sessionId: {} }, '`sessionId` must be a non-empty string'],
    [{ feedbackJoinKey: true }, '`feedbackJoinKey` must be a non-empty string']
  ])('%j is refused', (target, message) => {
    expect(() => submit(target)).toThrow(invalid('feedback', message))
  })
})

test.each([
  [undefined, 'submitter must be an object containing a non-empty string id'],
  [null, 'submitter must be an object containing a non-empty string id'],
  ['u', 'submitter must be an object containing a non-empty string id'],
  [{}, 'submitter must be an object containing a non-empty string id'],
  [{ id: '' }, 'submitter must be an object containing a non-empty string id'],
  [{ id: 5 }, 'submitter must be an object containing a non-empty string id'],
  [{ id: 'u', type: 5 }, 'submitter.type must be a string']
])('feedback of the submitter %j is refused', (submitter, message) => {
  expect(() => STREAMS.feedback.build({ submitter })).toThrow(invalid('feedback', message))
})

test('a submitter has a type when it is given one', () => {
  expect(STREAMS.feedback.build({ submitter: { id: 'u', type: null, more: 1 } }).submitter).toEqual({
    id: 'u'
  })
})
