'use strict'

const { setImmediate: turn } = require('node:timers/promises')
const { sdk, thrownBy } = require('./setup')

const { open } = sdk()
const TASK = { kind: 'task', name: 'work' }

describe('a span lasts as long as its function', () => {
  test('a value: it ends at return, and the value is returned', async () => {
    const { llmobs, spans } = await open()
    const value = { any: 'thing' }
    let span
    expect(
      llmobs.trace(TASK, given => {
        span = given
        expect(span.finished).toBe(false)
        return value
      })
    ).toBe(value)
    expect(span.finished).toBe(true)
    expect((await spans()).work).toMatchObject({ status: 'ok', duration: expect.any(Number) })
  })

  test('a throw: it is recorded and thrown on, the very error', async () => {
    const { llmobs, spans } = await open()
    const error = new RangeError('too far')
    expect(
      thrownBy(() =>
        llmobs.trace(TASK, () => {
          throw error
        })
      )
    ).toBe(error)
    const { work } = await spans()
    expect(work.status).toBe('error')
    expect(work.meta).toMatchObject({
      'error.type': 'RangeError',
      'error.message': 'too far',
      'error.stack': error.stack
    })
    expect(work.tags).toEqual(expect.arrayContaining(['error:1', 'error_type:RangeError']))
  })

  test.each([
    ['text', 'broken', { 'error.type': 'string', 'error.message': 'broken' }],
    ['nothing', undefined, { 'error.type': 'undefined', 'error.message': '' }],
    ['an object with a code', { code: 'E1' }, { 'error.type': 'Error', 'error.message': 'E1' }],
    [
      'an error that cannot be read',
      Object.defineProperty({}, 'message', {
        get() {
          throw new Error('no')
        }
      }),
      { 'error.type': 'Error', 'error.message': '' }
    ]
  ])('a throw of %s is a failure too', async (_what, thrown, meta) => {
    const { llmobs, spans } = await open()
    expect(
      thrownBy(() =>
        llmobs.trace(TASK, () => {
          throw thrown
        })
      )
    ).toBe(thrown)
    expect((await spans()).work).toMatchObject({ status: 'error', meta })
  })

  test('a promise: it ends on settling, and one promise that follows it is returned', async () => {
    const { llmobs, spans } = await open()
    let resolve
    const promise = new Promise(settle => {
      resolve = settle
    })
    let span
    const returned = llmobs.trace(TASK, given => {
      span = given
      return promise
    })
    expect(Object.getPrototypeOf(returned)).toBe(Promise.prototype)
    expect(llmobs.trace({ ...TASK, name: 'again' }, () => promise)).toBe(returned)
    expect(llmobs.trace({ ...TASK, name: 'passed on' }, () => returned)).toBe(returned)
    await turn()
    expect(span.finished).toBe(false)
    resolve('answer')
    expect(await returned).toBe('answer')
    expect(span.finished).toBe(true)
    const ended = await spans()
    expect([ended.work.status, ended.again.status, ended['passed on'].status]).toEqual(['ok', 'ok', 'ok'])
  })

  test('a rejection: it is recorded, and the promise stays rejected', async () => {
    const { llmobs, spans } = await open()
    const error = new Error('refused')
    const returned = llmobs.trace(TASK, () => Promise.reject(error))
    await expect(returned).rejects.toBe(error)
    expect((await spans()).work).toMatchObject({ status: 'error', meta: { 'error.message': 'refused' } })
  })

  test('a subclass of Promise keeps its methods', async () => {
    class ApiPromise extends Promise {
      withResponse() {
        return this.then(value => ({ value, response: 'raw' }))
      }
    }
    const { llmobs, spans } = await open()
    const returned = llmobs.trace(TASK, () => ApiPromise.resolve('answer'))
    expect(returned).toBeInstanceOf(ApiPromise)
    expect(await returned.withResponse()).toEqual({ value: 'answer', response: 'raw' })
    expect((await spans()).work.status).toBe('ok')
  })
})

describe('with a second parameter the span ends when done is called', () => {
  test('not at return, and not when a promise settles', async () => {
    const { llmobs, spans } = await open()
    let span
    let finish
    const returned = llmobs.trace(TASK, async (given, done) => {
      span = given
      finish = done
    })
    await returned
    expect(span.finished).toBe(false)
    finish()
    expect(span.finished).toBe(true)
    finish(new Error('too late'))
    expect((await spans()).work.status).toBe('ok')
  })

  test('an error given to done is recorded', async () => {
    const { llmobs, spans } = await open()
    llmobs.trace(TASK, (_span, done) => done(new Error('failed')))
    expect((await spans()).work).toMatchObject({ status: 'error', meta: { 'error.message': 'failed' } })
  })

  test.each([null, undefined])('%p given to done is no error', async nothing => {
    const { llmobs, spans } = await open()
    llmobs.trace(TASK, (_span, done) => done(nothing))
    expect((await spans()).work.status).toBe('ok')
  })

  test('a throw before done ends it', async () => {
    const { llmobs, spans } = await open()
    const error = thrownBy(() =>
      llmobs.trace(TASK, (_span, _done) => {
        throw new Error('early')
      })
    )
    expect(error.message).toBe('early')
    expect((await spans()).work).toMatchObject({ status: 'error', meta: { 'error.message': 'early' } })
  })

  test('a rejection before done ends it', async () => {
    const { llmobs, spans } = await open()
    await expect(
      llmobs.trace(TASK, async (_span, _done) => {
        throw new Error('early')
      })
    ).rejects.toThrow('early')
    expect((await spans()).work).toMatchObject({ status: 'error', meta: { 'error.message': 'early' } })
  })
})

describe('a span that its user holds', () => {
  test('finish() ends it once', async () => {
    const { llmobs, intake } = await open()
    llmobs.trace(TASK, span => {
      span.finish()
      span.finish()
    })
    await llmobs.flush()
    expect(intake.spans()).toHaveLength(1)
  })

  test.each([
    ['a time before its start', 0, 0],
    ['a second after its start', 1000, 1_000_000_000]
  ])('finish(%s) ends it then', async (_what, afterMs, durationNs) => {
    const { llmobs, spans } = await open()
    llmobs.trace(TASK, span => span.finish(afterMs === 0 ? 1 : Number(span.startNs / 1_000_000n) + afterMs))
    const { duration } = (await spans()).work
    expect(Math.abs(duration - durationNs)).toBeLessThanOrEqual(1_000_000)
  })

  test.each([Number.NaN, Infinity, 'now', {}, -1n])('finish(%p) does not throw', async endMs => {
    const { llmobs, spans } = await open()
    llmobs.trace(TASK, span => span.finish(/** @type {any} */ (endMs)))
    expect((await spans()).work.status).toBe('ok')
  })

  test('setTag("error", ...) marks it, other tags change nothing', async () => {
    const { llmobs, spans } = await open()
    llmobs.trace(TASK, span => {
      span.setTag('http.status', 500)
      span.setTag('error', new Error('marked'))
    })
    const { work } = await spans()
    expect(work).toMatchObject({ status: 'error', meta: { 'error.message': 'marked' } })
    expect(JSON.stringify(work)).not.toContain('http.status')
  })

  test('shows who it is when logged, not what it holds', async () => {
    const { llmobs } = await open()
    llmobs.trace({ kind: 'llm', name: 'chat' }, span => {
      llmobs.annotate({ inputData: 'private words' })
      const shown = `${JSON.stringify(span)} ${require('node:util').inspect(span)}`
      expect(shown).toContain(span.spanId)
      expect(shown).not.toContain('private words')
      expect(span.context().toSpanId()).toBe(span.spanId)
      expect(span.context().toTraceId()).toBe(span.traceId)
    })
  })
})

describe('wrong calls are refused before the function runs', () => {
  const never = () => {
    throw new Error('must not run')
  }

  test.each([
    ['no options', undefined, 'SPANLANE_INVALID_KIND'],
    ['no kind', {}, 'SPANLANE_INVALID_KIND'],
    ['an unknown kind', { kind: 'chat' }, 'SPANLANE_INVALID_KIND'],
    ['a kind in capitals', { kind: 'LLM' }, 'SPANLANE_INVALID_KIND'],
    ['an inherited kind', Object.create({ kind: 'llm' }), 'SPANLANE_INVALID_KIND'],
    ['a kind that is no text', { kind: ['llm'] }, 'SPANLANE_INVALID_KIND']
  ])('%s, always', async (_what, options, code) => {
    for (const onMisuse of /** @type {const} */ (['warn', 'throw'])) {
      const { llmobs } = await open({ onMisuse })
      const error = thrownBy(() => llmobs.trace(/** @type {any} */ (options), never))
      expect(error).toBeInstanceOf(TypeError)
      expect(error.code).toBe(code)
    }
  })

  test.each([
    ['a list as name', { kind: 'llm', name: ['x'] }, 'SPANLANE_INVALID_OPTION'],
    ['an object as session', { kind: 'llm', sessionId: {} }, 'SPANLANE_INVALID_OPTION'],
    ['a function as ml app', { kind: 'llm', mlApp: () => 'x' }, 'SPANLANE_INVALID_OPTION'],
    ['text as parent', { kind: 'llm', parent: 'span' }, 'SPANLANE_INVALID_SPAN'],
    ['half an exported span as parent', { kind: 'llm', parent: { traceId: '1' } }, 'SPANLANE_INVALID_SPAN']
  ])('%s, where that is asked for', async (_what, options, code) => {
    const { llmobs } = await open({ onMisuse: 'throw' })
    const error = thrownBy(() => llmobs.trace(/** @type {any} */ (options), never))
    expect(error).toBeInstanceOf(TypeError)
    expect(error.code).toBe(code)
  })

  test.each(['llm', 'agent', 'workflow', 'task', 'tool', 'embedding', 'retrieval', 'experiment'])(
    'kind %s is accepted',
    async kind => {
      const { llmobs, spans } = await open()
      llmobs.trace({ kind }, () => {})
      expect((await spans())[kind].meta['span.kind']).toBe(kind)
    }
  )

  test('a function without options has no kind', async () => {
    const { llmobs } = await open()
    expect(thrownBy(() => llmobs.trace(/** @type {any} */ (never))).code).toBe('SPANLANE_INVALID_KIND')
  })

  test('a function is needed', async () => {
    const { llmobs } = await open()
    const error = thrownBy(() => llmobs.trace(TASK, /** @type {any} */ (undefined)))
    expect(error).toBeInstanceOf(TypeError)
    expect(error.code).toBe('SPANLANE_INVALID_CALLBACK')
  })
})
