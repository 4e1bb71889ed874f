'use strict'

const fc = require('fast-check')
const { ACME, GLOBEX, sdk } = require('./setup')

const { open } = sdk()

/** Calls that take these arguments in any order, number and combination. */
const METHODS = [
  'init',
  'enable',
  'disable',
  'trace',
  'wrap',
  'decorate',
  'annotate',
  'annotationContext',
  'exportSpan',
  'registerProcessor',
  'deregisterProcessor',
  'submitEvaluation',
  'submitFeedback',
  'withRoutingContext',
  'routingContext',
  'route',
  'currentRoute',
  'bindRoutingContext',
  'bindStream',
  'inject',
  'extract',
  'rotate',
  'verifyRoute',
  'flush',
  'shutdown',
  'stats'
]

/** Calls that say something about spans, and run no function. */
const TELEMETRY = ['annotate', 'exportSpan', 'submitEvaluation', 'submitFeedback', 'inject', 'stats']

const argument = fc.oneof(
  { arbitrary: fc.constantFrom(ACME, GLOBEX, { targets: [ACME, 'default'] }), weight: 3 },
  {
    arbitrary: fc.constantFrom({ kind: 'task' }, { kind: 'llm' }, { kind: 'other' }, { timeoutMs: 0 }),
    weight: 3
  },
  {
    arbitrary: fc.constantFrom(
      () => 'ran',
      async () => 'ran',
      (_span, done) => done?.()
    ),
    weight: 4
  },
  {
    arbitrary: fc.constantFrom({ traceId: '1', spanId: '2' }, { label: 'q', metricType: 'score', value: 1 }),
    weight: 2
  },
  {
    arbitrary: fc.constantFrom(undefined, null, 0, -1, Number.NaN, '', 'text', true, 5n, Symbol('s')),
    weight: 3
  },
  { arbitrary: fc.anything({ maxDepth: 2 }), weight: 2 }
)

const call = fc.tuple(fc.constantFrom(...METHODS), fc.array(argument, { maxLength: 3 }))

/** What an error thrown by the library looks like; what the application's own functions throw is its own. */
const CODED = expect.objectContaining({ code: expect.stringMatching(/^SPANLANE_[A-Z_]+$/) })

test.each(/** @type {const} */ (['warn', 'throw']))(
  'any sequence of calls with any arguments throws coded errors only, and the counters add up: %s',
  async onMisuse => {
    const { llmobs } = await open({ onMisuse })
    const any = /** @type {any} */ (llmobs)
    /** @type {Promise<unknown>[]} */
    const promises = []

    /** @param {[string, unknown[]][]} calls */
    function run([first, ...rest]) {
      if (first === undefined) return
      const [name, args] = first
      // The rest runs inside what the call runs, so that contexts and spans nest in every way.
      const given = args.map(value => (typeof value === 'function' ? () => run(rest) : value))
      try {
        const result = any[name](...given)
        if (result instanceof Promise) promises.push(result)
      } catch (error) {
        expect(error).toEqual(CODED)
        if (onMisuse === 'warn') expect(TELEMETRY).not.toContain(name)
      }
      run(rest.slice(1))
    }

    fc.assert(
      fc.property(fc.array(call, { maxLength: 5 }), calls =>
        run(calls.filter(([name]) => name !== 'shutdown'))
      ),
      { numRuns: 1000 }
    )
    fc.assert(fc.property(fc.array(call, { maxLength: 3 }), run), { numRuns: 200 })

    for (const settled of await Promise.allSettled(promises)) {
      if (settled.status === 'rejected') expect(settled.reason).toEqual(CODED)
    }
    await llmobs.shutdown()
    const { submitted, delivered, rejected, dropped, held } = llmobs.stats().total
    expect(submitted).toBe(delivered + rejected + dropped + held)
    expect(held).toBe(0)
  },
  60_000
)
