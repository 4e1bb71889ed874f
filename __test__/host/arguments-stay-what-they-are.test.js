'use strict'

const { EventEmitter } = require('node:events')
const http = require('node:http')
const { setImmediate: turn } = require('node:timers/promises')
const vm = require('node:vm')
const { ACME, sdk } = require('../sdk/setup')

const { open } = sdk()
const TASK = { kind: /** @type {const} */ ('task'), name: 'work' }

describe('a function given last is the very function, if it is no callback', () => {
  const tool = Object.assign((/** @type {any} */ x) => x, { schema: { type: 'object' } })

  /** @type {[string, any, (wrap: (fn: any) => any, given: any) => unknown][]} */
  const GIVEN = [
    ['a class', class Index {}, (wrap, given) => wrap((_query, Type) => Type)('q', given)],
    ['a class, made small', class {}, (wrap, given) => wrap((_, t) => t)('q', given)],
    ['a tool', tool, (wrap, given) => wrap((_query, tool) => tool)('q', given)],
    ['a tool, made small', tool, (wrap, given) => wrap((_, t) => t)('q', given)],
    ['an async tool', async () => {}, (wrap, given) => wrap((_query, t) => t)('q', given)],
    ['a generator', function* () {}, (wrap, given) => wrap((_query, t) => t)('q', given)],
    ['a listener', () => {}, (wrap, given) => wrap((_event, listener) => listener)('q', given)],
    ['a predicate', () => true, (wrap, given) => wrap((_list, predicate) => predicate)([], given)],
    ['a class for a callback', class {}, (wrap, given) => wrap((_query, callback) => callback)('q', given)],
    ['an only argument', tool, (wrap, given) => wrap(fn => fn)(given)]
  ]

  test.each(GIVEN)('%s', async (_what, given, call) => {
    const { llmobs, spans } = await open()
    expect(call(fn => llmobs.wrap(TASK, fn), given)).toBe(given)
    expect((await spans()).work.status).toBe('ok')
  })

  test('so that a listener can be taken away again', async () => {
    const { llmobs } = await open()
    const emitter = new EventEmitter()
    const subscribe = llmobs.wrap(TASK, (event, listener) => emitter.on(event, listener))
    const listener = () => {}
    subscribe('x', listener)
    emitter.off('x', listener)
    expect(emitter.listenerCount('x')).toBe(0)
  })

  test('and its span ends when the function returns', async () => {
    const { llmobs, spans } = await open()
    const find = llmobs.wrap(TASK, (list, predicate) => list.filter(predicate))
    expect(find([1, 2, 3], x => x > 1)).toEqual([2, 3])
    expect((await spans()).work.meta.output.value).toBe('[2,3]')
  })
})

describe('a callback is the same in everything but its identity', () => {
  test('name, length, fields, prototype, construction', async () => {
    const { llmobs } = await open()
    function callback(_error, _result) {
      return 'its result'
    }
    callback.version = 2
    llmobs.wrap(TASK, (_query, callback) => {
      expect([callback.name, callback.length, callback.version]).toEqual(['callback', 2, 2])
      expect(callback instanceof Function).toBe(true)
      expect(new callback()).toBeInstanceOf(callback)
      expect(callback.call(null, null, 1)).toBe('its result')
      callback.version = 3
    })('q', callback)
    expect(callback.version).toBe(3)
  })

  test('its this and arguments', async () => {
    const { llmobs } = await open()
    const seen = []
    const self = {}
    llmobs.wrap(TASK, (_query, done) => done.call(self, null, 1, 2))('q', function (...args) {
      seen.push(this, args)
    })
    expect(seen).toEqual([self, [null, 1, 2]])
  })

  test('also when optional parameters before it are left out', async () => {
    const { llmobs, spans } = await open()
    const find = llmobs.wrap(TASK, (_query, options, callback) => {
      setImmediate(typeof options === 'function' ? options : callback, null, 'found')
    })
    await new Promise(resolve => find('q', resolve))
    expect((await spans()).work.meta.output.value).toBe('found')
  })

  test('is known in code that was made small', async () => {
    const { llmobs, spans } = await open()
    await new Promise(resolve =>
      llmobs.wrap(TASK, (_q, c) => void setImmediate(c, null, 'found'))('q', () => resolve(1))
    )
    expect((await spans()).work.meta.output.value).toBe('found')
  })
})

describe('who ends the span', () => {
  test.each([
    ['a promise', async () => 'result'],
    // biome-ignore lint/suspicious/noThenProperty: a thenable is what is tested
    ['a thenable', () => ({ then: resolve => setImmediate(resolve, 'result') })]
  ])('%s, however early or often the callback is called', async (_what, work) => {
    const { llmobs, spans } = await open()
    const run = llmobs.wrap(TASK, (_task, callback) => {
      callback('early')
      const result = work()
      callback(new Error('progress'))
      return result
    })
    expect(await run('task', () => {})).toBe('result')
    await turn()
    expect((await spans()).work).toMatchObject({ status: 'ok', meta: { output: { value: 'result' } } })
  })

  test('a stream, too', async () => {
    const { llmobs, spans } = await open()
    const tokens = llmobs.wrap(TASK, async function* (_task, callback) {
      callback(null, 'token')
      yield 'a'
      yield 'b'
    })
    for await (const _ of tokens('task', () => {}));
    expect((await spans()).work.meta.output.value).toBe('ab')
  })

  test('the result, when the callback is called for each of many', async () => {
    const { llmobs, spans } = await open()
    llmobs.wrap(TASK, (_list, cb) => [1, 2].map(x => cb(x) * 2))([1, 2], x => x)
    expect((await spans()).work.meta.output.value).toBe('[2,4]')
  })

  test('what the callback does is inside the span, in its route', async () => {
    const { llmobs, spans, places } = await open()
    const agent = llmobs.wrap({ kind: 'agent', name: 'agent' }, async (_task, tool) => {
      await null
      return tool('x')
    })
    await llmobs.withRoutingContext(ACME, () =>
      agent('task', async name => llmobs.trace({ kind: 'tool', name }, () => 1))
    )
    const { agent: parent, x } = await spans()
    expect(x.parent_id).toBe(parent.span_id)
    expect((await places()).x).toBe('acme@datadoghq.eu')
  })

  test('a promise that fails before any callback', async () => {
    const { llmobs, spans } = await open()
    await expect(llmobs.wrap(TASK, async _callback => JSON.parse('{'))(() => {})).rejects.toThrow(SyntaxError)
    expect((await spans()).work.status).toBe('error')
  })

  test('a throw after the callback', async () => {
    const { llmobs, spans } = await open()
    expect(() =>
      llmobs.wrap(TASK, callback => {
        callback(null, 'fine')
        throw new Error('after')
      })(() => {})
    ).toThrow('after')
    expect((await spans()).work).toMatchObject({ status: 'error', meta: { 'error.message': 'after' } })
  })
})

describe('a web handler that answers without next', () => {
  /** @param {any} handler */
  async function requested(handler) {
    const server = http.createServer((request, response) =>
      handler(request, response, () => response.end('next'))
    )
    await new Promise(resolve => server.listen(0, '127.0.0.1', () => resolve(undefined)))
    const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
    const text = await (await fetch(`http://127.0.0.1:${port}/chat?token=secret`)).text()
    server.closeAllConnections()
    await new Promise(resolve => server.close(resolve))
    return text
  }

  test.each([
    ['at once', (_request, response, _next) => void response.end('ok'), 'ok'],
    ['later', (_request, response, _next) => void setTimeout(() => response.end('ok'), 20), 'ok'],
    ['as its result', (_request, response, _next) => response.end('ok'), 'ok'],
    ['by next', (_request, _response, next) => next(), 'next'],
    ['after its promise', async (_request, response, _next) => void response.end('ok'), 'ok']
  ])('%s', async (_when, handler, answer) => {
    const { llmobs, spans } = await open()
    expect(await requested(llmobs.wrap(TASK, handler))).toBe(answer)
    await turn()
    const { work } = await spans()
    expect(work.status).toBe('ok')
    expect(JSON.stringify(work)).not.toContain('secret')
    if (_when === 'later') expect(work.duration).toBeGreaterThan(15_000_000)
  })

  test('with many of them, one response has two listeners of ours', async () => {
    const { llmobs } = await open()
    const middleware = llmobs.wrap(TASK, (_request, _response, _next) => {})
    let listeners = 0
    await requested((request, response) => {
      const before = response.listenerCount('finish') + response.listenerCount('close')
      for (let index = 0; index < 30; index++) middleware(request, response, () => {})
      listeners = response.listenerCount('finish') + response.listenerCount('close') - before
      response.end()
    })
    await turn()
    expect(listeners).toBe(2)
    expect(llmobs.stats().openSpans).toBe(0)
  })
})

describe('only an Error is one', () => {
  class Custom extends Error {}
  const ERRORS = [
    new Error('bad'),
    new Custom('bad'),
    vm.runInNewContext('new TypeError("bad")'),
    new DOMException('bad', 'AbortError'),
    Object.assign(Object.create(Error.prototype), { message: 'bad' })
  ]
  const OTHERS = [
    undefined,
    null,
    0,
    1,
    false,
    true,
    '',
    'text',
    Number.NaN,
    7n,
    Symbol('s'),
    {},
    [],
    { message: 'x' },
    { message: {} },
    () => {}
  ]

  test('for done', async () => {
    const { llmobs, spans } = await open()
    for (const [index, value] of [...ERRORS, ...OTHERS].entries())
      llmobs.trace({ kind: 'task', name: `${index}` }, (_span, done) => done(value))
    const statuses = Object.values(await spans()).filter(({ status }) => status === 'error')
    expect(statuses.map(({ name }) => Number(name)).sort()).toEqual(ERRORS.map((_, index) => index))
  })

  test('for a callback, whose other first arguments are the result', async () => {
    const { llmobs, spans } = await open()
    const call = (name, ...results) =>
      llmobs.wrap({ kind: 'task', name }, (_query, callback) => void callback(...results))('q', () => {})
    for (const [index, value] of [...ERRORS, ...OTHERS].entries()) call(`${index}`, value)
    call('partial', new Error('bad'), 'partial result')
    call('choice', { index: 0, message: { content: 'hi' } })
    const ended = await spans()
    const failed = Object.values(ended)
      .filter(({ status }) => status === 'error')
      .map(({ name }) => name)
    expect(failed.sort()).toEqual([...ERRORS.keys()].map(String).concat('partial'))
    expect(ended.partial.meta).toMatchObject({ output: { value: 'partial result' }, 'error.message': 'bad' })
    expect(ended.choice.meta.output.value).toBe('{"index":0,"message":{"content":"hi"}}')
  })

  test('a revoked proxy is none, and does no harm', async () => {
    const { llmobs, spans } = await open()
    const { proxy, revoke } = Proxy.revocable({}, {})
    revoke()
    llmobs.trace({ kind: 'task', name: 'done' }, (_span, done) => done(proxy))
    llmobs.wrap({ kind: 'task', name: 'callback' }, (_query, callback) => callback(proxy))('q', () => {})
    const ended = await spans()
    expect([ended.done.status, ended.callback.status]).toEqual(['ok', 'ok'])
  })
})
