'use strict'

const { setImmediate: turn } = require('node:timers/promises')
const { ACME, GLOBEX, sdk, thrownBy } = require('./setup')

const { open } = sdk()

describe('a wrapped function does what it did', () => {
  test('with its this, its arguments, its result, its name, its length and its properties', async () => {
    const { llmobs } = await open()
    function greet(greeting, name) {
      return `${greeting} ${name} from ${this.city}`
    }
    greet.version = 2
    const wrapped = llmobs.wrap({ kind: 'tool' }, greet)
    expect(wrapped.call({ city: 'Ulm' }, 'hello', 'Ada')).toBe('hello Ada from Ulm')
    expect([wrapped.name, wrapped.length, wrapped.version]).toEqual(['greet', 2, 2])
    expect(wrapped).not.toBe(greet)
  })

  test('as a constructor', async () => {
    const { llmobs, spans } = await open()
    class Index {
      constructor(size) {
        this.size = size
      }
    }
    const Wrapped = llmobs.wrap({ kind: 'task', name: 'index' }, Index)
    const index = new Wrapped(3)
    expect(index).toBeInstanceOf(Index)
    expect(index.size).toBe(3)
    expect((await spans()).index.status).toBe('ok')
  })

  test('and gives back the stream that the function made, or one promise that follows its promise', async () => {
    const { llmobs } = await open()
    const promise = Promise.resolve(1)
    const wrapped = llmobs.wrap({ kind: 'task' }, () => promise)
    expect(wrapped()).toBe(wrapped())
    expect(await wrapped()).toBe(1)
    async function* words() {
      yield 'a'
    }
    const stream = words()
    expect(llmobs.wrap({ kind: 'task' }, () => stream)()).toBe(stream)
  })

  test('and throws what it threw', async () => {
    const { llmobs, spans } = await open()
    const error = new Error('no')
    const wrapped = llmobs.wrap({ kind: 'tool', name: 'fails' }, _query => {
      throw error
    })
    expect(thrownBy(() => wrapped('question'))).toBe(error)
    expect((await spans()).fails).toMatchObject({
      status: 'error',
      meta: { input: { value: 'question' }, output: {}, 'error.message': 'no' }
    })
  })
})

describe('its span shows input and output', () => {
  /** @type {[string, Function, any[], unknown, unknown][]} */
  const CALLS = [
    ['one argument', x => x.length, ['abc'], 'abc', '3'],
    ['one object', ({ q }) => q, [{ q: 'why' }], '{"q":"why"}', 'why'],
    ['two arguments', (a, b) => a + b, [1, 2], '{"a":1,"b":2}', '3'],
    ['defaults', (a, b = 5, c = [1, 2]) => a + b + c.length, [1, 2, [3]], '{"a":1,"b":2,"c":[3]}', '4'],
    ['rest', (a, ...rest) => a + rest.length, [1, 2, 3], '{"a":1,"rest":[2,3]}', '3'],
    ['more arguments than parameters', a => a, [1, 2], '{"1":2,"a":1}', '1'],
    ['destructuring', ({ q }, [k]) => q + k, [{ q: 'why' }, ['x']], '{"0":{"q":"why"},"1":["x"]}', 'whyx'],
    ['no argument', () => 'x', [], undefined, 'x'],
    ['a falsy result', x => x, [0], undefined, undefined],
    [
      'a circular argument',
      x => Object.keys(x).length,
      [circular()],
      expect.stringContaining('Unserializable'),
      '1'
    ]
  ]

  test.each(CALLS)('%s', async (_what, fn, args, input, output) => {
    const { llmobs, spans } = await open()
    llmobs.wrap({ kind: 'tool', name: 'call' }, fn)(...args)
    const { meta } = (await spans()).call
    expect(meta.input.value).toEqual(input)
    expect(meta.output.value).toEqual(output)
  })

  test('of the resolved value, and no output after a rejection', async () => {
    const { llmobs, spans } = await open()
    await llmobs.wrap({ kind: 'task', name: 'resolved' }, async x => x * 2)(4)
    await expect(
      llmobs.wrap({ kind: 'task', name: 'rejected' }, async _x => Promise.reject(new Error('no')))(4)
    ).rejects.toThrow('no')
    const { resolved, rejected } = await spans()
    expect(resolved.meta).toMatchObject({ input: { value: '4' }, output: { value: '8' } })
    expect(rejected.meta).toMatchObject({ input: { value: '4' }, output: {}, 'error.message': 'no' })
  })

  test('of a stream: what it yielded', async () => {
    const { llmobs, spans } = await open()
    const stream = llmobs.wrap({ kind: 'workflow', name: 'tokens' }, async function* (_prompt) {
      yield 'Hel'
      yield 'lo'
    })('greet')
    for await (const _token of stream);
    expect((await spans()).tokens.meta).toMatchObject({
      input: { value: 'greet' },
      output: { value: 'Hello' }
    })
  })

  test('unless they were annotated inside', async () => {
    const { llmobs, spans } = await open()
    llmobs.wrap({ kind: 'tool', name: 'call' }, _x => {
      llmobs.annotate({ inputData: 'shown input', outputData: 'shown output' })
      return 'hidden'
    })('hidden')
    expect((await spans()).call.meta).toMatchObject({
      input: { value: 'shown input' },
      output: { value: 'shown output' }
    })
  })

  test.each([
    ['llm', undefined, undefined],
    ['embedding', undefined, 'out'],
    ['retrieval', 'in', undefined],
    ['agent', 'in', 'out']
  ])('for kind %s: input %p, output %p', async (kind, input, output) => {
    const { llmobs, spans } = await open()
    llmobs.wrap({ kind, name: 'call' }, _x => 'out')('in')
    const { meta } = (await spans()).call
    expect([meta.input.value, meta.output.value]).toEqual([input, output])
  })

  test('an experiment keeps falsy values as they are', async () => {
    const { llmobs, spans } = await open()
    llmobs.wrap({ kind: 'experiment', name: 'trial' }, x => x === 0 && false)(0)
    expect((await spans()).trial.meta).toMatchObject({ input: 0, output: false })
  })

  test('the name is the option, then the function, then the kind', async () => {
    const { llmobs, spans } = await open()
    llmobs.wrap({ kind: 'task', name: 'named' }, function other() {})()
    llmobs.wrap({ kind: 'task' }, function own() {})()
    llmobs.wrap({ kind: 'task' }, () => {})()
    expect(Object.keys(await spans()).sort()).toEqual(['named', 'own', 'task'])
  })
})

describe('with a callback as last argument', () => {
  test.each([
    ['an error', [new Error('no')], 'error', undefined],
    ['null and a result', [null, 'found'], 'ok', 'found'],
    ['a result alone', ['found'], 'ok', 'found'],
    ['nothing', [], 'ok', undefined]
  ])('the span ends when it is called with %s', async (_what, results, status, output) => {
    const { llmobs, spans } = await open()
    const calls = []
    let finish
    const search = llmobs.wrap({ kind: 'tool', name: 'search' }, (_query, callback) => {
      finish = () => callback(...results)
      return 'returned at once'
    })
    expect(search('why', (...given) => calls.push(given))).toBe('returned at once')
    expect(calls).toEqual([])
    finish()
    expect(calls).toEqual([results])
    const span = (await spans()).search
    expect(span.status).toBe(status)
    expect(span.meta).toMatchObject({ input: { value: '{"_query":"why"}' } })
    expect(span.meta.output.value).toBe(output)
  })

  test('the callback runs in the context of the span', async () => {
    const { llmobs, places, spans } = await open()
    const search = llmobs.wrap({ kind: 'tool', name: 'search' }, callback => {
      llmobs.withRoutingContext(GLOBEX, () => callback(null, 'found'))
    })
    llmobs.withRoutingContext(ACME, () =>
      search(() => llmobs.trace({ kind: 'task', name: 'next' }, () => {}))
    )
    expect(await places()).toEqual({ search: 'acme@datadoghq.eu', next: 'acme@datadoghq.eu' })
    const { search: parent, next } = await spans()
    expect(next.parent_id).toBe(parent.span_id)
  })

  test('a function that fails before it calls back ends its span', async () => {
    const { llmobs, spans } = await open()
    const sync = llmobs.wrap({ kind: 'tool', name: 'sync' }, _callback => {
      throw new Error('no')
    })
    const promised = llmobs.wrap({ kind: 'tool', name: 'promised' }, async _callback =>
      Promise.reject(new Error('no'))
    )
    expect(() => sync(() => {})).toThrow('no')
    await expect(promised(() => {})).rejects.toThrow('no')
    await turn()
    const ended = await spans()
    expect([ended.sync.status, ended.promised.status]).toEqual(['error', 'error'])
  })

  test('a callback that throws does so to who called it', async () => {
    const { llmobs, spans } = await open()
    const search = llmobs.wrap({ kind: 'tool', name: 'search' }, callback => {
      expect(callback).toThrow('from the callback')
    })
    search(() => {
      throw new Error('from the callback')
    })
    expect((await spans()).search.status).toBe('ok')
  })
})

describe('wrong calls', () => {
  test.each([
    [{}, () => {}, 'SPANLANE_INVALID_KIND'],
    [{ kind: 'other' }, () => {}, 'SPANLANE_INVALID_KIND'],
    [{ kind: 'task' }, undefined, 'SPANLANE_INVALID_CALLBACK'],
    [{ kind: 'task' }, 'fn', 'SPANLANE_INVALID_CALLBACK'],
    [() => {}, undefined, 'SPANLANE_INVALID_KIND']
  ])('%p, %p', async (options, fn, code) => {
    for (const onMisuse of /** @type {const} */ (['warn', 'throw'])) {
      const { llmobs } = await open({ onMisuse })
      const error = thrownBy(() => llmobs.wrap(/** @type {any} */ (options), /** @type {any} */ (fn)))
      expect(error).toBeInstanceOf(TypeError)
      expect(error.code).toBe(code)
    }
  })

  test('a name that is none throws where that is asked for', async () => {
    const { llmobs } = await open({ onMisuse: 'throw' })
    const options = /** @type {any} */ ({ kind: 'task', name: {} })
    expect(thrownBy(() => llmobs.wrap(options, () => {})).code).toBe('SPANLANE_INVALID_OPTION')
  })
})

function circular() {
  const value = {}
  value.self = value
  return value
}
