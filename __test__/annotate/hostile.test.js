'use strict'

const fc = require('fast-check')
const { annotateSpan } = require('../../lib/annotate/annotate')
const { buildEvaluations } = require('../../lib/evaluate/evaluation')
const { buildFeedbacks } = require('../../lib/evaluate/feedback')
const { cook, recipe, recipeOf } = require('../encode/hostile-values')
const { CONFIG, newSpan } = require('./fixture')
const { eventText, metricText } = require('../support/event-text')

const RUNS = Number(process.env.SPANLANE_FUZZ_RUNS ?? 2000)
/** One call about one object: anything slower blocks an application. */
const SLOWEST_MS = 1000
const TIMEOUT_MS = 60_000 + RUNS * 10

const KINDS = ['llm', 'agent', 'workflow', 'task', 'tool', 'embedding', 'retrieval', 'experiment']
const OPTIONS = [
  ...[
    'inputData',
    'outputData',
    'metadata',
    'metrics',
    'tags',
    'costTags',
    'prompt',
    'toolDefinitions',
    'agent'
  ]
]
const ITEM_FIELDS = [
  ...[
    'role',
    'content',
    'toolCalls',
    'toolResults',
    'toolId',
    'audioParts',
    'imageParts',
    'text',
    'name',
    'score'
  ]
]
const METRIC_FIELDS = [
  ...['label', 'metricType', 'value', 'tags', 'mlApp', 'timestampMs', 'reasoning', 'assessment', 'metadata']
]

/**
 * @param {() => void} call
 * @returns {any} what it threw, undefined when it did not
 */
function thrownBy(call) {
  const start = performance.now()
  try {
    call()
    return undefined
  } catch (error) {
    return error
  } finally {
    expect(performance.now() - start).toBeLessThan(SLOWEST_MS)
  }
}

const annotation = fc.oneof(
  recipeOf(OPTIONS),
  fc.record({
    fields: fc.record({ inputData: fc.record({ list: fc.array(recipeOf(ITEM_FIELDS), { maxLength: 3 }) }) })
  }),
  fc.record({ fields: fc.record({ metadata: recipe(), tags: recipe() }) }),
  recipe()
)

test(
  `${RUNS} hostile annotations: each is refused with its code and changes nothing, or is sent as JSON`,
  () => {
    const count = { refused: 0, sent: 0 }
    const property = fc.property(fc.constantFrom(...KINDS), annotation, (kind, made) => {
      const options = cook(made)
      const span = newSpan(kind)
      const before = { ...span }
      const error = thrownBy(() => annotateSpan(span, options))
      if (error === undefined) {
        count.sent++
      } else {
        count.refused++
        expect(error).toMatchObject({ name: 'TypeError', code: 'SPANLANE_INVALID_ANNOTATION' })
        expect({ ...span }).toEqual(before)
      }
      let text = ''
      const failure = thrownBy(() => {
        text = eventText(span, CONFIG)
      })
      expect(failure).toBeUndefined()
      expect(Buffer.from(text).toString()).toBe(text)
      expect(JSON.parse(text)).toMatchObject({ span_id: '7', meta: { 'span.kind': kind } })
    })
    fc.assert(property, { numRuns: RUNS })
    expect(Math.min(count.refused, count.sent)).toBeGreaterThan(RUNS / 20)
  },
  TIMEOUT_MS
)

test(
  `${RUNS} hostile evaluations: each is refused with its code, or is sent as JSON`,
  () => {
    const count = { refused: 0, sent: 0 }
    const right = () => ({
      label: 'l',
      metricType: 'json',
      value: { a: 1 },
      submitter: { id: 'u' },
      spanId: '7'
    })
    const change = fc.oneof(
      recipeOf([...METRIC_FIELDS, 'span', 'submitter']),
      recipeOf(['value', 'tags', 'metadata'])
    )
    const property = fc.property(fc.boolean(), change, (isFeedback, made) => {
      const options = Object.assign(right(), cook(made))
      let text = ''
      const error = thrownBy(() => {
        text = metricText(
          ...(isFeedback
            ? buildFeedbacks(options, CONFIG)
            : buildEvaluations({ traceId: '1', spanId: '2' }, options, CONFIG))
        )
      })
      if (error === undefined) {
        count.sent++
        expect(JSON.parse(text)).toMatchObject({
          event_kind: isFeedback ? 'feedback' : 'evaluation',
          metric_type: expect.any(String)
        })
      } else {
        count.refused++
        expect(error.code).toBe(isFeedback ? 'SPANLANE_INVALID_FEEDBACK' : 'SPANLANE_INVALID_EVALUATION')
      }
    })
    fc.assert(property, { numRuns: RUNS })
    expect(Math.min(count.refused, count.sent)).toBeGreaterThan(RUNS / 20)
  },
  TIMEOUT_MS
)
