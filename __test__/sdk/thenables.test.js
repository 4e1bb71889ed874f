'use strict'

const { setImmediate: turn } = require('node:timers/promises')
const { sdk } = require('./setup')

const { open } = sdk()
const TASK = { kind: 'task', name: 'query' }

/** Does its work when `then` is called, as query builders do. */
class Query {
  started = 0

  where() {
    return this
  }

  // biome-ignore lint/suspicious/noThenProperty: a thenable is what is tested
  then(onFulfilled, onRejected) {
    this.started++
    return Promise.resolve(['row']).then(onFulfilled, onRejected)
  }
}

/** Resolves its own base at once and parses when `then` is called, as clients of model APIs do. */
class LazyPromise extends Promise {
  static get [Symbol.species]() {
    return Promise
  }

  constructor(parse) {
    super(resolve => resolve(null))
    this.parsed = undefined
    this.parse = () => {
      this.parsed ??= parse()
      return this.parsed
    }
  }

  // biome-ignore lint/suspicious/noThenProperty: a thenable is what is tested
  then(onFulfilled, onRejected) {
    return this.parse().then(onFulfilled, onRejected)
  }

  catch(onRejected) {
    return this.parse().catch(onRejected)
  }

  withResponse() {
    return this.parse().then(value => ({ value, response: 'raw' }))
  }
}

describe('a thenable is never started by us, and stays the object it was', () => {
  test('a query that nobody awaits is not run, and its span stays open', async () => {
    const { llmobs } = await open()
    let span
    const query = llmobs.trace(TASK, given => {
      span = given
      return new Query()
    })
    await turn()
    expect(query).toBeInstanceOf(Query)
    expect(query.started).toBe(0)
    expect(span.finished).toBe(false)
    expect(Object.keys(query)).toEqual(['started'])
    expect(await query.where()).toEqual(['row'])
    expect(query.started).toBe(1)
    expect(span.finished).toBe(true)
  })

  test('a query that fails is recorded, and fails', async () => {
    const { llmobs, spans } = await open()
    const query = llmobs.trace(TASK, () => ({
      // biome-ignore lint/suspicious/noThenProperty: a thenable is what is tested
      then: (_onFulfilled, onRejected) => onRejected(new Error('no such table'))
    }))
    await expect(Promise.resolve(query)).rejects.toThrow('no such table')
    expect((await spans()).query).toMatchObject({
      status: 'error',
      meta: { 'error.message': 'no such table' }
    })
  })

  test('values pass through when no callbacks are given', async () => {
    const { llmobs } = await open()
    const query = llmobs.trace(TASK, () => new Query())
    expect(await query.then()).toEqual(['row'])
    expect(await query.then(rows => rows.length)).toBe(1)
  })

  test.each([
    ['await', async promise => expect(await promise).toBe('parsed')],
    ['catch', async promise => expect(await promise.catch(() => {})).toBe('parsed')],
    ['finally', async promise => expect(await promise.finally(() => {})).toBe('parsed')],
    ['parse', async promise => expect(await promise.parse()).toBe('parsed')],
    ['withResponse', async promise => expect((await promise.withResponse()).value).toBe('parsed')]
  ])('a lazy promise ends its span when it is used by %s', async (_how, use) => {
    const { llmobs, spans } = await open()
    let parses = 0
    let span
    const promise = llmobs.trace(TASK, given => {
      span = given
      return new LazyPromise(async () => {
        parses++
        await turn()
        return 'parsed'
      })
    })
    await turn()
    expect([promise.constructor, parses, span.finished]).toEqual([LazyPromise, 0, false])
    await use(promise)
    expect([parses, span.finished]).toEqual([1, true])
    expect((await spans()).query.status).toBe('ok')
  })

  test('a frozen thenable cannot be watched: its span ends at return', async () => {
    const { llmobs, spans } = await open()
    const query = Object.freeze(new Query())
    expect(llmobs.trace(TASK, () => query)).toBe(query)
    expect((await spans()).query.status).toBe('ok')
  })

  test.each([
    ['a throwing getter', Object.defineProperty({}, 'then', { get: () => JSON.parse('{') })],
    ['a revoked proxy', revokedProxy()],
    [
      'a proxy that refuses everything',
      new Proxy({}, { get: () => JSON.parse('{'), defineProperty: () => false })
    ]
  ])('%s for a result does no harm', async (_what, result) => {
    const { llmobs, spans } = await open()
    expect(llmobs.trace(TASK, () => result) === result).toBe(true)
    expect((await spans()).query.status).toBe('ok')
  })
})

function revokedProxy() {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}
