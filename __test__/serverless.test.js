'use strict'

// A frozen function loses nothing: on AWS Lambda a wrapped handler answers only after delivery, on Vercel the
// request waits until what it submitted is settled.

const { createLLMObs } = require('..')
const { startIntake } = require('../testing')

const VERCEL_CONTEXT = Symbol.for('@vercel/request-context')
const KEY = 'a'.repeat(32)

let intake
let llmobs

beforeEach(async () => {
  intake = await startIntake()
})

afterEach(async () => {
  delete process.env.AWS_LAMBDA_FUNCTION_NAME
  delete process.env.VERCEL
  delete globalThis[VERCEL_CONTEXT]
  await llmobs.shutdown({ timeoutMs: 100 })
  await intake.close()
})

function open(options) {
  llmobs = createLLMObs({ mlApp: 'function', intakeUrl: intake.url, logger: {}, ...options })
}

/** What a platform would do with the answer: freeze at once. What has arrived by then is all there will be. */
async function arrivedWhenFrozen(answer) {
  const settled = await Promise.allSettled([answer])
  return { ...settled[0], arrived: intake.spans().length }
}

function work() {
  return llmobs.withRoutingContext({ ddApiKey: KEY }, () => llmobs.trace({ kind: 'task' }, () => 'done'))
}

describe('withFlush', () => {
  // A linger that no test waits for: without the flush nothing would have arrived.
  beforeEach(() => open({ flushLingerMs: 60_000, flushIntervalMs: 60_000 }))

  test.each([
    ['an async handler', async () => work()],
    ['a sync handler', () => work()]
  ])('%s answers after delivery', async (_name, handler) => {
    const result = await arrivedWhenFrozen(llmobs.withFlush(handler)({}, {}))
    expect(result).toEqual({ status: 'fulfilled', value: 'done', arrived: 1 })
  })

  test.each([
    ['rejects', async () => fail()],
    ['throws', () => fail()]
  ])('a handler that %s still delivers, and its error is the answer', async (_name, handler) => {
    const result = await arrivedWhenFrozen(llmobs.withFlush(handler)({}, {}))
    expect(result).toEqual({ status: 'rejected', reason: new Error('broken'), arrived: 1 })
  })

  function fail() {
    work()
    throw new Error('broken')
  }

  test('a callback handler answers after delivery', async () => {
    const handler = llmobs.withFlush((_event, _context, callback) => {
      work()
      callback(null, 'answer')
    })
    const answer = new Promise(resolve => handler({}, {}, (_error, value) => resolve(value)))
    expect(await arrivedWhenFrozen(answer)).toEqual({ status: 'fulfilled', value: 'answer', arrived: 1 })
  })

  test('the handler keeps its this, its arguments, its name and its length', async () => {
    const self = {
      answer: llmobs.withFlush(async function answer(event, context) {
        return [this === self, event, context]
      })
    }
    expect([self.answer.name, self.answer.length]).toEqual(['answer', 2])
    expect(await self.answer('event', 'context')).toEqual([true, 'event', 'context'])
  })

  test('it waits no longer than the invocation has left', async () => {
    const gate = intake.hold()
    const context = { getRemainingTimeInMillis: () => 150 }
    const result = await arrivedWhenFrozen(llmobs.withFlush(async () => work())({}, context))
    expect(result).toMatchObject({ status: 'fulfilled', value: 'done' })
    gate.release()
  })

  test.each([
    ['the context of a streaming handler', context => [{}, { end() {} }, context]],
    ['a context after more arguments', context => [{}, null, undefined, context]],
    ['a context beside what cannot be read', context => [unreadable(), context]]
  ])('%s is found where it stands', async (_name, argsWith) => {
    const gate = intake.hold()
    let asked = 0
    const context = { getRemainingTimeInMillis: () => ++asked && 150 }
    const handler = llmobs.withFlush(async (_event, stream) => {
      work()
      stream?.end?.()
    })
    const begunMs = performance.now()
    await handler(...argsWith(context))
    expect(asked).toBe(1)
    // Without the context it would be the 5 s of the default.
    expect(performance.now() - begunMs).toBeLessThan(2500)
    gate.release()
  })

  function unreadable() {
    const throws = () => {
      throw new Error('unreadable')
    }
    return new Proxy({}, { get: throws, has: throws })
  }

  test('a streaming handler answers after delivery, also one that is not async', async () => {
    const handler = llmobs.withFlush((_event, stream, _context) => {
      work()
      stream.end()
    })
    const result = await arrivedWhenFrozen(handler({}, { end() {} }, {}))
    expect(result).toEqual({ status: 'fulfilled', value: undefined, arrived: 1 })
  })

  test('the handler keeps what others have marked it with', () => {
    const streaming = Symbol.for('aws.lambda.runtime.handler.streaming')
    const hidden = Symbol('hidden')
    const handler = async (_event, _stream, _context) => {}
    Object.assign(handler, { [streaming]: 'response', config: { memory: 512 } })
    Object.defineProperty(handler, hidden, { value: 'hidden', enumerable: false })
    Object.defineProperty(handler, 'counted', { get: () => 'read anew', enumerable: true })
    const flushing = llmobs.withFlush(handler)
    expect(flushing).not.toBe(handler)
    expect([flushing.name, flushing.length, flushing[streaming], flushing[hidden]]).toEqual([
      'handler',
      3,
      'response',
      'hidden'
    ])
    expect([flushing.config, flushing.counted]).toEqual([handler.config, 'read anew'])
    expect(flushing.constructor.name).toBe('AsyncFunction')
    expect(Object.keys(flushing)).toEqual(Object.keys(handler))
  })

  test('a handler whose marks cannot be read can still be called', async () => {
    const throws = () => {
      throw new Error('unreadable')
    }
    const handler = new Proxy(async () => work(), { ownKeys: throws, getPrototypeOf: throws })
    expect(await arrivedWhenFrozen(llmobs.withFlush(handler)({}, {}))).toMatchObject({
      value: 'done',
      arrived: 1
    })
  })

  test('after shutdown the handler still answers', async () => {
    const handler = llmobs.withFlush(async () => 'done')
    await llmobs.shutdown()
    await expect(handler({}, {})).resolves.toBe('done')
  })

  test.each([undefined, null, 1, {}])('%p is no handler', value => {
    expect(() => llmobs.withFlush(value)).toThrow(
      expect.objectContaining({ name: 'TypeError', code: 'SPANLANE_INVALID_CALLBACK' })
    )
  })
})

describe('a detected platform', () => {
  test('on Lambda nothing lingers and no connection is kept for the next invocation', async () => {
    process.env.AWS_LAMBDA_FUNCTION_NAME = 'answer'
    open()
    const handler = llmobs.withFlush(async () => work())
    await handler({}, {})
    await handler({}, {})
    expect(intake.requests.map(({ connection }) => connection)).toHaveLength(2)
    expect(new Set(intake.requests.map(({ connection }) => connection)).size).toBe(2)
  })

  test('elsewhere connections are kept', async () => {
    open()
    for (let count = 0; count < 2; count++) {
      work()
      await llmobs.flush()
    }
    expect(new Set(intake.requests.map(({ connection }) => connection)).size).toBe(1)
  })

  test('on Vercel a request is kept until what it submitted is settled, once for many spans', async () => {
    process.env.VERCEL = '1'
    open()
    const promises = []
    globalThis[VERCEL_CONTEXT] = { get: () => request }
    const request = { waitUntil: promise => promises.push(promise) }
    work()
    work()
    expect(promises).toHaveLength(1)
    expect(await arrivedWhenFrozen(Promise.all(promises))).toMatchObject({ status: 'fulfilled', arrived: 2 })
    work()
    expect(promises).toHaveLength(2)
    expect(await arrivedWhenFrozen(Promise.all(promises))).toMatchObject({ status: 'fulfilled', arrived: 3 })
  })

  test.each([
    ['no request', undefined],
    ['another shape', { get: () => ({}) }],
    [
      'one that throws',
      {
        get: () => {
          throw new Error('gone')
        }
      }
    ]
  ])('on Vercel %s changes nothing', async (_name, context) => {
    process.env.VERCEL = '1'
    open()
    globalThis[VERCEL_CONTEXT] = context
    expect(work()).toBe('done')
    await llmobs.flush()
    expect(intake.spans()).toHaveLength(1)
  })
})
