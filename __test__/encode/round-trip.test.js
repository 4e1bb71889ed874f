'use strict'

const fc = require('fast-check')
const { annotateSpan } = require('../../lib/annotate/annotate')
const { CONFIG, newSpan } = require('../annotate/fixture')
const { plainEvent } = require('./plain-event')
const { eventText } = require('../support/event-text')

const RUNS = Number(process.env.SPANLANE_FUZZ_RUNS ?? 2000)

/** Text as users write it: any code unit, and what has broken encoders before. */
const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map(unit => String.fromCharCode(unit)) }),
  fc.constantFrom('C:\\users', '\ud800', '\\u0041', '\u2028', '\u{1f600}', '"', '\u0000', 'x'.repeat(300))
)
/** Keys an object keeps in the order they are given in, and that stay different when they are sanitised. */
const key = text.filter(name => !/^\d+$/.test(name) && name !== '__proto__' && name.isWellFormed())

const value = fc.letrec(tie => ({
  value: fc.oneof(
    { maxDepth: 15 },
    {
      weight: 3,
      arbitrary: fc.oneof(text, fc.double(), fc.boolean(), fc.constant(null), fc.constant(undefined))
    },
    {
      weight: 1,
      arbitrary: fc.oneof(
        fc.date(),
        fc.bigInt(),
        fc.constant(() => {})
      )
    },
    { weight: 2, arbitrary: fc.array(tie('value'), { maxLength: 3, depthSize: 'max' }) },
    {
      weight: 2,
      arbitrary: fc.dictionary(key, tie('value'), { maxKeys: 3, noNullPrototype: true, depthSize: 'max' })
    }
  )
})).value
const fields = fc.dictionary(key, value, { maxKeys: 4, noNullPrototype: true })
const ns = fc.bigInt({ min: 0n, max: 2n ** 63n - 1n })
const maybe = (/** @type {fc.Arbitrary<any>} */ arbitrary) => fc.option(arbitrary, { nil: null })

const spanFields = fc.record({
  ...{
    name: text,
    mlApp: text,
    sessionId: maybe(text),
    modelName: maybe(text),
    modelProvider: maybe(fc.string())
  },
  ...{
    parentId: maybe(fc.bigInt({ min: 1n, max: 2n ** 64n - 1n }).map(String)),
    startNs: ns,
    durationNs: ns
  },
  error: maybe(fc.record({ type: text.filter(Boolean), message: text, stack: text })),
  sampleRate: maybe(fc.constantFrom('1', '0.5')),
  samplingDecision: maybe(fc.constantFrom('0', '1'))
})
const shared = {
  metadata: fields,
  metrics: fc.dictionary(key, fc.double(), { maxKeys: 4, noNullPrototype: true }),
  tags: fc.dictionary(key, fc.oneof(text, fc.integer(), fc.boolean()), { maxKeys: 4, noNullPrototype: true })
}
const messages = fc.array(fc.record({ role: text, content: text }), { minLength: 1, maxLength: 4 })
const annotation = fc.oneof(
  fc.record({
    kind: fc.constant('llm'),
    given: fc.record({ ...shared, inputData: messages, outputData: messages })
  }),
  fc.record({
    kind: fc.constantFrom('agent', 'workflow', 'task', 'tool'),
    given: fc.record({ ...shared, inputData: fc.oneof(text, fields), outputData: fc.oneof(text, fields) })
  })
)

test(
  `${RUNS} random events are UTF-8 JSON, and say what the reference says`,
  () => {
    const property = fc.property(spanFields, annotation, (identity, { kind, given }) => {
      const span = newSpan(kind, identity)
      annotateSpan(span, given)
      const text = eventText(span, CONFIG)
      expect(Buffer.from(text).toString()).toBe(text)
      expect(JSON.parse(text)).toEqual(plainEvent(span, given, CONFIG))
      expect(text).toContain(`"start_ns":${span.startNs},"duration":${span.durationNs},`)
    })
    fc.assert(property, { numRuns: RUNS })
  },
  60_000 + RUNS * 10
)
