'use strict'

const { annotateSpan } = require('../../lib/annotate/annotate')
const { SpanId, TraceId } = require('../../lib/trace/ids')
const { Lineage } = require('../../lib/trace/lineage')
const { CONFIG, newSpan } = require('../annotate/fixture')
const { eventText, metricText } = require('../support/event-text')

/** @param {Record<string, any>} [options] */
const tenantRoute = (options = {}) => /** @type {any} */ ({ isDefault: false, options })
const defaultRoute = () => /** @type {any} */ ({ isDefault: true, options: {} })

/**
 * @param {import('../../lib/trace/span').Span} span
 * @param {object} [config]
 */
const parsed = (span, config = {}) => JSON.parse(eventText(span, { ...CONFIG, ...config }))

test('an event has its fields in the order of dd-trace', () => {
  const span = newSpan('llm', {
    ...{ parentId: '6', sessionId: 's', modelName: 'gpt', modelProvider: 'OpenAI', durationNs: 42n },
    ...{ sampleRate: '1', samplingDecision: '1', error: { type: 'E', message: 'm', stack: 'at x' } },
    ...{ agentAttribution: { pagent_name: 'planner', pagent_span_id: '5' }, integration: 'openai' }
  })
  annotateSpan(span, {
    ...{ inputData: 'hi', outputData: 'yo', prompt: {}, metadata: { a: 1 }, metrics: { inputTokens: 1 } },
    ...{ tags: { t: 'x', experiment_id: 'e' }, costTags: ['t'], toolDefinitions: [{ name: 'f' }] }
  })
  expect(eventText(span, CONFIG)).toBe(
    '{"trace_id":"ffffffffffffffffffffffffffffffff","span_id":"7","parent_id":"6","name":"answer","tags":[' +
      '"version:1.2.3","env:test","service:checkout","source:integration","ml_app:shop","ddtrace.version:spanlane-0.0.0",' +
      '"error:1","language:javascript","error_type:E","session_id:s","integration:openai","t:x","experiment_id:e",' +
      '"prompt_tracking_instrumentation_method:annotated"],' +
      '"start_ns":1790000000000000123,"duration":42,"status":"error","meta":{"span.kind":"llm",' +
      '"input":{"messages":[{"content":"hi","role":""}],"prompt":{"id":"shop_unnamed-prompt",' +
      '"_dd_context_variable_keys":["context"],"_dd_query_variable_keys":["question"]}},' +
      '"output":{"messages":[{"content":"yo","role":""}]},"model_name":"gpt","model_provider":"openai",' +
      '"metadata":{"a":1,"_dd":{"cost_tags":["t"]}},"tool_definitions":[{"name":"f"}],' +
      '"agent_attribution":{"pagent_name":"planner","pagent_span_id":"5"},' +
      '"error.message":"m","error.type":"E","error.stack":"at x"},"metrics":{"input_tokens":1},' +
      '"_dd":{"span_id":"7","trace_id":"ffffffffffffffffffffffffffffffff","sample_rate":"1","sampling_decision":"1",' +
      '"apm_trace_id":"ffffffffffffffffffffffffffffffff","scope":"experiments"},"session_id":"s"}'
  )
})

test('an event without annotations has the fields that are always there', () => {
  expect(parsed(newSpan('task'), { service: null, env: null, version: null })).toEqual({
    trace_id: 'f'.repeat(32),
    span_id: '7',
    parent_id: 'undefined',
    name: 'answer',
    tags: [
      ...[
        'version:',
        'env:',
        'service:',
        'source:integration',
        'ml_app:shop',
        'ddtrace.version:spanlane-0.0.0'
      ],
      ...['error:0', 'language:javascript']
    ],
    start_ns: 1_790_000_000_000_000_000,
    duration: 0,
    status: 'ok',
    meta: { 'span.kind': 'task', input: {}, output: {} },
    metrics: {},
    _dd: { span_id: '7', trace_id: 'f'.repeat(32), apm_trace_id: 'f'.repeat(32) }
  })
})

test.each([
  ['llm', true],
  ['embedding', true],
  ['agent', false],
  ['workflow', false],
  ['task', false],
  ['tool', false],
  ['retrieval', false],
  ['experiment', false]
])('a span of kind %s names a model: %p', (kind, hasModel) => {
  const { meta } = parsed(newSpan(kind))
  expect(meta['span.kind']).toBe(kind)
  expect([meta.model_name, meta.model_provider]).toEqual(
    hasModel ? ['custom', 'custom'] : [undefined, undefined]
  )
})

test.each([
  [0n, '0'],
  [1_790_000_000_000_000_001n, '1790000000000000001'],
  [2n ** 53n + 1n, '9007199254740993'],
  [2n ** 63n - 1n, '9223372036854775807']
])('%p ns are sent as exactly that integer', (ns, text) => {
  const encoded = eventText(newSpan('task', { startNs: ns, durationNs: ns }), CONFIG)
  expect(encoded).toContain(`"start_ns":${text},"duration":${text},`)
})

test.each([
  ['an agent known by id', { pagent_name: null, pagent_span_id: '5' }],
  ['an agent known by name', { pagent_name: 'a', pagent_span_id: null }]
])('%s is attributed with null for the rest', (_name, agentAttribution) => {
  expect(parsed(newSpan('llm', { agentAttribution })).meta.agent_attribution).toEqual(agentAttribution)
})

test('an error without a stack has none on the wire', () => {
  const { meta, status } = parsed(newSpan('task', { error: { type: 'string', message: 'm', stack: '' } }))
  expect([status, meta]).toEqual([
    'error',
    { 'span.kind': 'task', input: {}, output: {}, 'error.message': 'm', 'error.type': 'string' }
  ])
})

describe('host tags', () => {
  const host = {
    hostTags: [
      ['team', 'core'],
      ['region', 'eu'],
      ['env', 'ignored']
    ],
    tenantTags: ['region']
  }
  const first = (/** @type {any} */ route, count = 4) =>
    parsed(newSpan('task', { route }), host).tags.slice(0, count)

  test.each([
    ['no route', null],
    ['the default route', defaultRoute()]
  ])('with %s all are sent; what the configuration says wins over them, in their place', (_name, route) => {
    expect(first(route)).toEqual(['team:core', 'region:eu', 'env:test', 'version:1.2.3'])
  })

  test('a tenant sees those that tenantTags names', () => {
    expect(first(tenantRoute(), 3)).toEqual(['region:eu', 'version:1.2.3', 'env:test'])
  })
})

test('tags of the application take the place of those with the same key', () => {
  const span = newSpan('task')
  annotateSpan(span, { tags: { env: 'mine', language: '', source: ['a', 'b'] } })
  expect(parsed(span).tags).toEqual([
    ...['version:1.2.3', 'env:mine', 'service:checkout', 'source:a', 'source:b', 'ml_app:shop'],
    ...['ddtrace.version:spanlane-0.0.0', 'error:0', 'language:']
  ])
})

test('service and env of the span win over those of the configuration', () => {
  const { tags } = parsed(newSpan('task', { service: 'billing', env: 'eu' }))
  expect(tags).toEqual(expect.arrayContaining(['service:billing', 'env:eu']))
})

describe('captureContent: false', () => {
  test.each(['llm', 'embedding', 'retrieval', 'task', 'experiment'])(
    'nothing of what a span of kind %s heard or said leaves',
    kind => {
      const span = newSpan(kind, { route: tenantRoute({ captureContent: false }) })
      annotateSpan(span, { inputData: 'secret', outputData: 'secret', metadata: { a: 1 } })
      if (kind === 'llm') annotateSpan(span, { prompt: { template: 'secret' } })
      const text = eventText(span, CONFIG)
      expect(text).not.toContain('secret')
      expect(JSON.parse(text).meta).toMatchObject({ input: {}, output: {}, metadata: { a: 1 } })
    }
  )

  test('true and undefined keep it', () => {
    for (const captureContent of [true, undefined]) {
      const span = newSpan('task', { route: tenantRoute({ captureContent }) })
      annotateSpan(span, { inputData: 'kept' })
      expect(parsed(span).meta.input).toEqual({ value: 'kept' })
    }
  })
})

test('a copy for a further target is the same event of another trace', () => {
  const span = newSpan('llm', { sessionId: 'own' })
  annotateSpan(span, { inputData: 'hi', metrics: { a: 1 } })
  const copy = new Lineage(tenantRoute())
  Object.assign(copy, {
    trace: TraceId.of('2'.repeat(32)),
    above: SpanId.of('9'),
    mlApp: 'other',
    sampleRate: '0.5',
    samplingDecision: '0'
  })
  const [own, other] = [parsed(span), JSON.parse(eventText(span, CONFIG, copy))]
  expect(other).toEqual({
    ...own,
    trace_id: copy.traceId,
    parent_id: '9',
    tags: own.tags
      .filter((/** @type {string} */ tag) => !tag.startsWith('session_id:'))
      .map((/** @type {string} */ tag) => tag.replace('ml_app:shop', 'ml_app:other')),
    _dd: {
      span_id: '7',
      trace_id: copy.traceId,
      apm_trace_id: copy.traceId,
      sample_rate: '0.5',
      sampling_decision: '0'
    },
    session_id: undefined
  })
})

test('the content of a prompt is sent also where the input was never annotated', () => {
  const span = newSpan('llm')
  annotateSpan(span, { prompt: { id: 'p' } })
  expect(parsed(span).meta.input).toEqual({ prompt: expect.objectContaining({ id: 'p' }) })
})

test('a metric is written as it is', () => {
  expect(metricText({ label: 'l', score_value: 0.5, reasoning: undefined, tags: ['a:b'] })).toBe(
    '{"label":"l","score_value":0.5,"tags":["a:b"]}'
  )
})
