'use strict'

const { annotateSpan } = require('../../lib/annotate/annotate')
const { buildEvaluations } = require('../../lib/evaluate/evaluation')
const { buildFeedbacks } = require('../../lib/evaluate/feedback')
const { CONFIG, newSpan } = require('../annotate/fixture')
const { eventText, metricText } = require('../support/event-text')

const OPTIONS = () => ({
  inputData: [
    { role: 'user', content: 'hi' },
    { toolCalls: [{ name: 'f', arguments: { a: [1, new Date(0)] } }] }
  ],
  outputData: 'yo',
  metadata: { a: { b: [1, new Map()] } },
  metrics: { inputTokens: 1 },
  tags: { t: ['a', 'b'] },
  costTags: ['t'],
  prompt: { template: [{ role: 'user', content: 'x' }], variables: { v: '1' } },
  toolDefinitions: [{ name: 'f', schema: { type: 'object' } }]
})

const newSpans = () => [
  newSpan('llm'),
  newSpan('agent', { agentAttribution: { pagent_name: 'a', pagent_span_id: '1' } }),
  newSpan('task')
]

/**
 * Every body the encoder makes: a span of each shape, an evaluation and a feedback.
 *
 * @param {import('../../lib/trace/span').Span[]} spans
 */
function bodies([llm, agent, task] = newSpans()) {
  annotateSpan(llm, OPTIONS())
  annotateSpan(agent, {
    inputData: { a: [1] },
    agent: { name: 'x', tools: [{ name: 'f', parameters: { q: { type: 't' } } }] }
  })
  const metric = { label: 'l', timestampMs: 5, tags: { a: 1 } }
  return [
    eventText(llm, CONFIG),
    eventText(agent, CONFIG),
    eventText(task, CONFIG),
    metricText(
      ...buildEvaluations(
        { traceId: '1', spanId: '2' },
        { ...metric, metricType: 'json', value: { a: [1] } },
        CONFIG
      )
    ),
    metricText(
      ...buildFeedbacks(
        { ...metric, spanId: '2', metricType: 'score', value: 1, submitter: { id: 'u' } },
        CONFIG
      )
    )
  ]
}

const NAMES = [
  ...[
    'toJSON',
    'then',
    'get',
    'set',
    'value',
    'enumerable',
    'writable',
    'role',
    'content',
    'toolCalls',
    'toolResults'
  ],
  ...[
    'audioParts',
    'arguments',
    'inputData',
    'outputData',
    'metadata',
    'metrics',
    'tags',
    'costTags',
    'prompt',
    'agent'
  ],
  ...[
    'toolDefinitions',
    'id',
    'version',
    'template',
    'variables',
    'schema',
    'description',
    'captureContent',
    '_dd'
  ],
  ...[
    'name',
    'score',
    'label',
    'mlApp',
    'submitter',
    'span',
    'traceId',
    'sessionId',
    'assessment',
    'reasoning',
    'type'
  ],
  ...[
    'error',
    'experiment_id',
    'parameters',
    'required',
    'properties',
    'modelSettings',
    'warnRarely',
    'apiKey',
    'site',
    'raw'
  ]
]

const OWNERS = [Object, Array, String, Number, Boolean, Function, Promise, Map, Set, Date, Error]

/**
 * @param {object} prototype
 * @param {string} name
 * @param {PropertyDescriptor} descriptor
 * @param {() => void} check
 */
function polluted(prototype, name, descriptor, check) {
  const before = Object.getOwnPropertyDescriptor(prototype, name)
  Object.defineProperty(prototype, name, { __proto__: null, ...descriptor, configurable: true })
  try {
    check()
  } finally {
    if (before === undefined) Reflect.deleteProperty(prototype, name)
    else Object.defineProperty(prototype, name, { __proto__: null, ...before })
  }
}

test.each(OWNERS)('no property put on %p.prototype changes a body', owner => {
  const clean = bodies()
  for (const name of NAMES) {
    if (Object.hasOwn(owner.prototype, name)) continue
    for (const evil of ['evil', () => 'evil', { evil: true }]) {
      // Enumerable, as a careless merge leaves it.
      polluted(
        owner.prototype,
        name,
        { __proto__: null, value: evil, writable: true, enumerable: true },
        () => {
          const changed = bodies()
          // Judged outside the pollution, and named when it fails.
          if (changed.some((body, index) => body !== clean[index]))
            throw new Error(`${owner.name}.prototype.${name}`)
        }
      )
    }
  }
})

test('an accessor on Object.prototype that throws costs nothing', () => {
  const clean = bodies()
  for (const name of NAMES) {
    const spans = newSpans()
    /** @type {string[]} */
    let found = []
    const descriptor = {
      get() {
        throw new Error('polluted')
      },
      set() {
        throw new Error('polluted')
      }
    }
    polluted(Object.prototype, name, Object.assign(Object.create(null), descriptor), () => {
      found = bodies(spans)
    })
    expect({ name, found }).toEqual({ name, found: clean })
  }
})
