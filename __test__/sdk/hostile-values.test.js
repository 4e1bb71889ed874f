'use strict'

const fc = require('fast-check')
const { ACME, sdk } = require('./setup')

const { open } = sdk()
const RUNS = 3000

const thrower = () => {
  throw new RangeError('from a getter')
}

/**
 * Makers of objects that fight back: each use of them may throw, loop or lie. Makers, because fast-check itself
 * looks into the values it is given.
 */
const hostile = fc.oneof(
  fc.constantFrom(
    () => undefined,
    () => null,
    () => Number.NaN,
    () => -0,
    () => 2n ** 70n,
    () => Symbol('s'),
    () => '\ud800',
    () => 'C:\\users\u2028\u0000',
    () => new Date(Number.NaN),
    () => thrower,
    () => class {},
    () => Object.create(null),
    () => new Map([[{}, 1]]),
    () => new Uint8Array(3),
    () => new Array(2),
    () => new Proxy({}, { get: thrower, has: thrower, ownKeys: thrower, getPrototypeOf: thrower }),
    () => new Proxy([], { get: thrower }),
    () => new Proxy(() => {}, { apply: thrower, get: thrower, getOwnPropertyDescriptor: thrower }),
    revoked,
    () => Object.defineProperty({}, 'message', { get: thrower, enumerable: true }),
    () => Object.defineProperty({}, 'toJSON', { get: thrower, enumerable: true }),
    () => ({ toJSON: thrower }),
    () => ({ toString: thrower, [Symbol.toPrimitive]: thrower }),
    () => ({ [Symbol.asyncIterator]: thrower }),
    () => ({ getReader: thrower, tee: thrower, pipeTo: thrower, locked: false }),
    () => ({ pipe: thrower, read: thrower, once: thrower }),
    circular,
    () => deep(300),
    () => JSON.parse('{"__proto__": {"polluted": true}, "constructor": {"prototype": 1}}')
  ),
  fc
    .object({ maxDepth: 3, withBigInt: true, withDate: true, withMap: true, withNullPrototype: true })
    .map(value => () => value)
)

/** @param {any} value @returns {any} */
function inAnnotation(value) {
  return fc.record(
    {
      inputData: fc.oneof(value, fc.array(value, { maxLength: 3 })),
      outputData: value,
      metadata: fc.oneof(value, fc.dictionary(fc.string(), value, { maxKeys: 3 })),
      metrics: fc.oneof(value, fc.dictionary(fc.string(), value, { maxKeys: 3 })),
      tags: fc.oneof(value, fc.dictionary(fc.string(), value, { maxKeys: 3 })),
      costTags: fc.oneof(value, fc.array(value, { maxLength: 2 })),
      prompt: fc.oneof(value, fc.record({ id: value, template: value }, { requiredKeys: [] })),
      toolDefinitions: fc.oneof(value, fc.array(fc.record({ name: value, schema: value }), { maxLength: 2 })),
      agent: fc.oneof(value, fc.record({ name: value, tools: value }, { requiredKeys: [] }))
    },
    { requiredKeys: [] }
  )
}

const KINDS = fc.constantFrom(
  'llm',
  'agent',
  'workflow',
  'task',
  'tool',
  'embedding',
  'retrieval',
  'experiment'
)

test(`${RUNS} hostile annotations throw coded errors only, and every span is sent`, async () => {
  const { llmobs } = await open({ maxBufferedBytes: 2 ** 30, maxBufferedBytesPerTenant: 2 ** 30 })
  let spans = 0
  fc.assert(
    fc.property(KINDS, inAnnotation(hostile), (kind, recipe) => {
      spans++
      const annotation = made(recipe)
      llmobs.trace({ kind: /** @type {any} */ (kind) }, () => {
        try {
          llmobs.annotate(annotation)
        } catch (error) {
          expect(/** @type {any} */ (error).code).toBe('SPANLANE_INVALID_ANNOTATION')
        }
      })
    }),
    { numRuns: RUNS }
  )
  expect(await llmobs.flush({ timeoutMs: 15_000 })).toMatchObject({
    delivered: spans,
    rejected: 0,
    dropped: 0,
    pending: 0
  })
  expect(/** @type {any} */ ({}).polluted).toBeUndefined()
}, 120_000)

test(`${RUNS} hostile results, errors and arguments change nothing for the caller`, async () => {
  const { llmobs } = await open({ maxBufferedBytes: 2 ** 30, maxBufferedBytesPerTenant: 2 ** 30 })
  fc.assert(
    fc.property(KINDS, hostile, hostile, (kind, make, makeOther) => {
      const value = make()
      const other = makeOther()
      const options = /** @type {any} */ ({ kind })
      const wrapped = llmobs.wrap(options, (/** @type {any[]} */ ...args) => {
        // A function among the arguments is a callback, and is replaced by one.
        expect(args.length === 2 && (typeof args[1] === 'function' || Object.is(args[1], other))).toBe(true)
        return value
      })
      expect(
        Object.is(
          llmobs.trace(options, () => value),
          value
        )
      ).toBe(true)
      expect(Object.is(wrapped(value, other), value)).toBe(true)
      let thrown
      try {
        llmobs.trace(options, () => {
          throw value
        })
      } catch (error) {
        thrown = error
      }
      expect(Object.is(thrown, value)).toBe(true)
    }),
    { numRuns: RUNS }
  )
  const { dropped, rejected, pending } = await llmobs.flush({ timeoutMs: 15_000 })
  expect([dropped, rejected, pending]).toEqual([0, 0, 0])
}, 120_000)

test('hostile processors drop their own span only', async () => {
  const { llmobs } = await open()
  let answer
  llmobs.registerProcessor(span => {
    const given = answer
    answer = undefined
    if (given === undefined) return span
    span.input = given
    span.output = [given, { content: given }]
    return span
  })
  let spans = 0
  fc.assert(
    fc.property(KINDS, hostile, (kind, make) => {
      const value = make()
      const isAwaited = typeof value === 'object' && value !== null && isThenable(value)
      if (isAwaited) return
      for (const given of [value, undefined]) {
        spans++
        llmobs.trace({ kind: /** @type {any} */ (kind) }, () => {
          answer = given
          llmobs.annotate({ inputData: 'in', outputData: 'out' })
        })
      }
    }),
    { numRuns: 500 }
  )
  const report = await llmobs.flush({ timeoutMs: 15_000 })
  expect(report.delivered + report.dropped).toBe(spans)
  expect(report.delivered).toBeGreaterThanOrEqual(spans / 2)
  expect(Object.keys(llmobs.stats().total.droppedByReason)).toEqual(report.dropped > 0 ? ['processor'] : [])
}, 120_000)

test('a getter that calls back into the API is served', async () => {
  const { llmobs, spans } = await open()
  llmobs.trace({ kind: 'task', name: 'outer' }, () => {
    const reentrant = {
      get inner() {
        llmobs.withRoutingContext(ACME, () =>
          llmobs.trace({ kind: 'tool', name: 'from the getter' }, () => {})
        )
        llmobs.flush()
        return llmobs.stats().total.held
      }
    }
    llmobs.annotate({ metadata: reentrant })
  })
  expect(Object.keys(await spans()).sort()).toEqual(['from the getter', 'outer'])
})

/**
 * @param {any} recipe makers in arrays and objects
 * @returns {any} what they make, in the same places
 */
function made(recipe) {
  if (typeof recipe === 'function') return recipe()
  if (Array.isArray(recipe)) return recipe.map(made)
  return Object.fromEntries(Object.entries(recipe).map(([key, value]) => [key, made(value)]))
}

function revoked() {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}

function circular() {
  const value = { list: [] }
  value.self = value
  value.list.push(value.list)
  return value
}

/** @param {number} depth */
function deep(depth) {
  let value = {}
  for (let level = 0; level < depth; level++) value = { value }
  return value
}

/** @param {any} value */
function isThenable(value) {
  try {
    return typeof value.then === 'function'
  } catch {
    return false
  }
}
