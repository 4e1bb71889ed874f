'use strict'

const { GLOBEX, KEYS, ACME, sdk } = require('../sdk/setup')

const { open } = sdk()

/** @param {string} what */
const used = what => () => {
  throw new Error(`${what} was used`)
}

/** What environments of tests and of browsers take away or replace. @type {[string, object, string, unknown][]} */
const GLOBALS = [
  ['structuredClone', globalThis, 'structuredClone', undefined],
  ['Buffer', globalThis, 'Buffer', undefined],
  ['URL', globalThis, 'URL', undefined],
  ['Response', globalThis, 'Response', undefined],
  ['performance', globalThis, 'performance', undefined],
  ['queueMicrotask', globalThis, 'queueMicrotask', used('queueMicrotask')],
  ['Date.now', Date, 'now', used('Date.now')],
  ['Date.now of a false time', Date, 'now', () => 0],
  ['Date.now that is no number', Date, 'now', () => 'today'],
  ['process.hrtime', process, 'hrtime', used('process.hrtime')],
  ['process.hrtime.bigint of a false time', process, 'hrtime', { bigint: () => 5n }],
  ['process.nextTick', process, 'nextTick', used('process.nextTick')]
]

test.each(GLOBALS)(
  'without the usual %s nothing is thrown and nothing is lost',
  async (_what, holder, name, value) => {
    const { llmobs, intake, log } = await open()
    const startNs = BigInt(Date.now()) * 1_000_000n
    const usual = /** @type {PropertyDescriptor} */ (Object.getOwnPropertyDescriptor(holder, name))
    Object.defineProperty(holder, name, { configurable: true, writable: true, value })
    try {
      // The copy for the second tenant is its own.
      const targets = [ACME, GLOBEX].map(route => ({
        ...route,
        processor: (/** @type {any} */ span) => span
      }))
      const exported = llmobs.withRoutingContext({ targets }, () =>
        llmobs.trace({ kind: 'llm', name: 'model' }, span => {
          llmobs.annotate({ inputData: 'why', outputData: 'so', metadata: { bytes: new Uint8Array(2) } })
          return llmobs.exportSpan(span)
        })
      )
      llmobs.withRoutingContext(ACME, () =>
        llmobs.submitEvaluation(exported, { label: 'good', metricType: 'score', value: 1 })
      )
    } finally {
      Object.defineProperty(holder, name, usual)
    }
    await llmobs.flush()
    expect(log.lines).toEqual([])
    for (const key of [KEYS.acme, KEYS.globex]) {
      const [span] = intake.spans({ key })
      expect(span).toMatchObject({ name: 'model', meta: { output: { messages: [{ content: 'so' }] } } })
      expect(BigInt(span.start_ns)).toBeGreaterThanOrEqual(startNs - 10_000_000n)
    }
    expect(intake.evaluations()).toHaveLength(1)
  }
)
