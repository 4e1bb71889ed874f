'use strict'

const { EventEmitter } = require('node:events')
const http = require('node:http')
const path = require('node:path')
const { createInterface } = require('node:readline')
const { PassThrough, Readable } = require('node:stream')
const { setImmediate: turn } = require('node:timers/promises')
const { sdk } = require('../sdk/setup')
const { intakes } = require('../support/intake')
const { ApiStream, Builder, Cursor, StreamCursor } = require('../support/lazy')
const { runChild } = require('../support/run-child')

const { open } = sdk()
const { start } = intakes()
const TASK = { kind: /** @type {const} */ ('task'), name: 'work' }

/** A web stream whose every chunk waits for its word. */
function gated() {
  /** @type {any} */
  let controller
  const stream = new ReadableStream({
    start(it) {
      controller = it
    }
  })
  return { stream, controller: () => controller }
}

/** @param {(span: any) => any} fn */
async function traced(fn) {
  const opened = await open()
  /** @type {any} */
  let span
  const result = opened.llmobs.trace(TASK, given => {
    span = given
    return fn(given)
  })
  return { ...opened, span, result }
}

describe('a web stream', () => {
  test('teed ends with its last branch, whichever that is', async () => {
    const { span, result } = await traced(() => ReadableStream.from(['a', 'b']))
    const [left, right] = result.tee()
    for await (const _ of left);
    await turn()
    expect(span.finished).toBe(false)
    const reader = right.getReader()
    for (let step = await reader.read(); !step.done; step = await reader.read())
      expect(span.finished).toBe(false)
    await turn()
    expect(span.finished).toBe(true)
  })

  test('whose branches are cancelled ends with the second', async () => {
    const { span, result, spans } = await traced(() => gated().stream)
    const [left, right] = result.tee()
    const cancelled = [left.cancel('enough')]
    await turn()
    expect(span.finished).toBe(false)
    cancelled.push(right.cancel('enough'))
    await Promise.all(cancelled)
    await turn()
    expect(span.finished).toBe(true)
    expect((await spans()).work.status).toBe('ok')
  })

  test('teed gives each chunk to the output once, in order, also after a second tee', async () => {
    const { llmobs, spans } = await open()
    const source = () => ReadableStream.from(['a', 'b', 'c'])
    const read = async stream => {
      for await (const _ of stream) await turn()
    }
    const [left, right] = llmobs
      .wrap({ ...TASK, name: 'teed' }, source)()
      .tee()
    await Promise.all([...left.tee(), right].map(read))
    const reader = llmobs
      .wrap({ ...TASK, name: 'read' }, source)()
      .getReader()
    while (!(await reader.read()).done);
    await llmobs
      .wrap({ ...TASK, name: 'piped' }, source)()
      .pipeTo(new WritableStream())
    await read(
      llmobs
        .wrap({ ...TASK, name: 'through' }, source)()
        .pipeThrough(new TransformStream())
    )
    const outputs = Object.values(await spans()).map(({ name, meta }) => [name, meta.output.value])
    expect(outputs.sort()).toEqual(['piped', 'read', 'teed', 'through'].map(name => [name, 'abc']))
  })

  test('piped through a transformation lasts until its outlet was read', async () => {
    const { span, result } = await traced(() => ReadableStream.from(['a', 'b', 'c']))
    const reader = result.pipeThrough(new TransformStream({}, {}, { highWaterMark: 9 })).getReader()
    await reader.read()
    for (let i = 0; i < 20; i++) await turn()
    expect(span.finished).toBe(false)
    while (!(await reader.read()).done);
    await turn()
    expect(span.finished).toBe(true)
  })

  test('left with preventCancel goes on', async () => {
    const { span, result } = await traced(() => ReadableStream.from(['a', 'b']))
    for await (const _ of result.values({ preventCancel: true })) break
    await turn()
    expect(span.finished).toBe(false)
    for await (const _ of result);
    await turn()
    expect(span.finished).toBe(true)
  })

  test('that a wrong call left alone goes on', async () => {
    const { span, result } = await traced(() => ReadableStream.from(['a']))
    expect(() => result.pipeThrough({})).toThrow()
    await expect(result.pipeTo({})).rejects.toThrow()
    const reader = result.getReader()
    await expect(result.cancel()).rejects.toThrow(/locked/)
    await turn()
    expect(span.finished).toBe(false)
    while (!(await reader.read()).done);
    await turn()
    expect(span.finished).toBe(true)
  })

  test('whose sink fails was given up, not broken', async () => {
    const { result, spans } = await traced(() => ReadableStream.from(['a', 'b']))
    const sink = new WritableStream({ write: () => Promise.reject(new Error('full')) })
    await expect(result.pipeTo(sink)).rejects.toThrow('full')
    expect((await spans()).work.status).toBe('ok')
  })

  test('that breaks while its sink is busy tells it at once', async () => {
    const { stream, controller } = gated()
    const { result, spans } = await traced(() => stream)
    const sink = new WritableStream({ write: () => new Promise(() => {}) }, { highWaterMark: 0 })
    const piped = result.pipeTo(sink, { preventAbort: true })
    controller().error(new RangeError('source'))
    await expect(piped).rejects.toThrow('source')
    expect((await spans()).work).toMatchObject({ status: 'error', meta: { 'error.type': 'RangeError' } })
  })
})

describe('a Response', () => {
  test.each([
    ['read as text', response => response.text()],
    [
      'read by its body',
      async response => Promise.all([...response.body.tee()].map(branch => new Response(branch).text()))
    ],
    ['cancelled', response => response.body.cancel()],
    ['sent to a server', response => response.body.pipeTo(new WritableStream())]
  ])('%s ends its span with its body', async (how, use) => {
    const { stream, controller } = gated()
    const { result, span } = await traced(async () => new Response(stream))
    const response = await result
    const used = use(response)
    await turn()
    if (how !== 'cancelled') {
      controller().enqueue(new Uint8Array([65]))
      await turn()
      expect(span.finished).toBe(false)
      controller().close()
    }
    await used
    await turn()
    expect(span.finished).toBe(true)
  })

  test('with a clone ends when both were read', async () => {
    const { result, span } = await traced(() => new Response('text'))
    const clone = result.clone()
    await result.text()
    await turn()
    expect(span.finished).toBe(false)
    expect(await clone.text()).toBe('text')
    await turn()
    expect(span.finished).toBe(true)
  })

  test.each([
    ['without a body', () => new Response(null, { status: 204 })],
    [
      'whose body was read',
      async () => {
        const response = new Response('x')
        await response.text()
        return response
      }
    ]
  ])('%s ends it at once', async (_what, make) => {
    const { result, span } = await traced(make)
    await result
    await turn()
    expect(span.finished).toBe(true)
  })

  test('of fetch, and of clients whose bodies are Node streams', async () => {
    const server = http.createServer((_request, response) => response.end('body'))
    await new Promise(resolve => server.listen(0, '127.0.0.1', () => resolve(undefined)))
    const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
    const { result, span } = await traced(() => fetch(`http://127.0.0.1:${port}`))
    const response = await result
    expect(span.finished).toBe(false)
    expect(await response.text()).toBe('body')
    await turn()
    expect(span.finished).toBe(true)
    server.closeAllConnections()
    server.close()
    const body = new PassThrough()
    const other = await traced(() => ({ status: 200, body, arrayBuffer: async () => new ArrayBuffer(0) }))
    expect(other.span.finished).toBe(false)
    body.end('x')
    await body.toArray()
    await turn()
    expect(other.span.finished).toBe(true)
  })

  test('is shown as what it is', async () => {
    const { llmobs, spans } = await open()
    await llmobs
      .wrap(TASK, () => new Response('text', { status: 201, headers: { 'set-cookie': 'a=b' } }))()
      .text()
    expect((await spans()).work.meta.output.value).toBe('[Response: 201]')
  })
})

describe('what can be iterated, but need not be', () => {
  const page = () => ({
    data: [1],
    async *[Symbol.asyncIterator]() {
      yield* [1, 2]
    }
  })

  test.each([
    ['returned', it => it],
    ['promised', async it => it]
  ])('%s and not iterated ends in the same turn, with the time it was returned', async (_how, give) => {
    const { llmobs, spans } = await open()
    const result = await llmobs.wrap(TASK, () => give(page()))()
    const until = process.hrtime.bigint() + 30_000_000n
    while (process.hrtime.bigint() < until);
    await turn()
    expect(result.data).toEqual([1])
    const { duration, meta } = (await spans()).work
    expect(duration).toBeLessThan(25_000_000)
    expect(meta.output.value).toBe('{"data":[1]}')
  })

  test('iterated in the same turn ends with the iteration', async () => {
    const { span, result } = await traced(page)
    const iterator = result[Symbol.asyncIterator]()
    await turn()
    expect(span.finished).toBe(false)
    for await (const _ of { [Symbol.asyncIterator]: () => iterator });
    expect(span.finished).toBe(true)
  })

  test('iterated by two ends with the later one', async () => {
    const { span, result } = await traced(page)
    const [one, other] = [result[Symbol.asyncIterator](), result[Symbol.asyncIterator]()]
    for (const iterator of [one, other]) await iterator.next()
    await one.return()
    expect(span.finished).toBe(false)
    await other.return()
    expect(span.finished).toBe(true)
  })

  test.each([
    ['a controller', { controller: new AbortController() }],
    ['tee', { tee() {} }],
    ['toReadableStream', { toReadableStream() {} }]
  ])('a client’s stream, known by %s, is waited for', async (_what, members) => {
    const { span, result } = await traced(() => ({ ...page(), ...members }))
    for (let i = 0; i < 3; i++) await turn()
    expect(span.finished).toBe(false)
    for await (const _ of result);
    expect(span.finished).toBe(true)
  })

  test('an emitter’s end does not end its iteration', async () => {
    class Messages extends EventEmitter {
      async *[Symbol.asyncIterator]() {
        yield 1
        yield 2
      }
    }
    const { span, result } = await traced(() => new Messages())
    for await (const message of result) {
      if (message === 1) result.emit('end')
      expect(span.finished).toBe(false)
    }
    expect(span.finished).toBe(true)
  })

  test.each([
    ['a map’s keys', new Map([[1, 2]]).keys()],
    ['an array’s values', [1].values()],
    ['a set', new Set([1])]
  ])('%s are a value', async (_what, value) => {
    const { span } = await traced(() => value)
    expect(span.finished).toBe(true)
  })
})

describe('a cursor', () => {
  const TWO = [
    { number: 1, done: true },
    { number: 2, value: 1, done: true }
  ]
  const cursorOf = () => new Cursor(() => {}, TWO)
  const streamOf = () => new StreamCursor(cursorOf())

  test.each([
    ['steps', cursorOf, async cursor => void (await cursor.next())],
    ['steps of a stream', streamOf, async cursor => void (await cursor.next())]
  ])('that is read by %s ends with what is nothing', async (_how, make, step) => {
    const { span, result } = await traced(make)
    await step(result)
    await turn()
    expect(span.finished).toBe(false)
    for (let one = await result.next(); one !== null; one = await result.next());
    await turn()
    expect(span.finished).toBe(true)
  })

  test.each([
    ['for await', async cursor => void (await drain(cursor))],
    ['toArray', cursor => cursor.toArray()],
    ['forEach', cursor => cursor.forEach(() => {})],
    [
      'an iteration that is left',
      async cursor => {
        for await (const _ of cursor) break
      }
    ],
    ['close', cursor => cursor.close()]
  ])('ends by %s', async (_how, use) => {
    const { span, result } = await traced(cursorOf)
    await turn()
    expect(span.finished).toBe(false)
    await use(result)
    await turn()
    expect(span.finished).toBe(true)
  })

  test.each([
    ['for await', async cursor => void (await drain(cursor))],
    ['eachAsync', cursor => cursor.eachAsync(() => {})],
    ['destroy', cursor => void cursor.destroy()]
  ])('that is a Node stream ends by %s', async (_how, use) => {
    const { span, result } = await traced(streamOf)
    await use(result)
    await turn()
    expect(span.finished).toBe(true)
  })

  test('that fails is a failed span, and fails', async () => {
    const { span, result } = await traced(
      () =>
        new Cursor(() => {
          throw new Error('no connection')
        })
    )
    await expect(result.forEach(() => {})).rejects.toThrow('no connection')
    expect(span.error).toMatchObject({ message: 'no connection' })
  })
})

test.each([
  ['its lines', reader => new Promise(resolve => reader.on('line', () => {}).on('close', resolve))],
  ['for await', drain]
])('a reader of lines ends by %s', async (_how, use) => {
  const { span, result } = await traced(() =>
    createInterface({
      input: Readable.from(
        (async function* () {
          await turn()
          yield 'a\nb\n'
        })()
      )
    })
  )
  await use(result)
  await turn()
  expect(span.finished).toBe(true)
})

describe('a stream of a model', () => {
  const streamOf = () => new ApiStream(() => Readable.from(['a', 'b'])[Symbol.asyncIterator]())

  test('teed ends with its last branch', async () => {
    const { span, result } = await traced(streamOf)
    const [left, right] = result.tee()
    await drain(left)
    await turn()
    expect(span.finished).toBe(false)
    await drain(right)
    await turn()
    expect(span.finished).toBe(true)
  })

  test('teed gives each chunk to the output once', async () => {
    const { llmobs, spans } = await open()
    const stream = llmobs.wrap(TASK, streamOf)()
    await Promise.all(stream.tee().map(drain))
    const { work } = await spans()
    expect(work.meta.output.value).toBe('ab')
  })
})

describe('a query', () => {
  test('is over when its copy is, if only that was run', async () => {
    const { llmobs, spans } = await open()
    const query = llmobs.wrap(TASK, () => new Builder(() => 'rows'))()
    expect(await query.clone()).toBe('rows')
    const { work } = await spans()
    expect(work.meta.output.value).toBe('rows')
  })

  test('at work is not over with its copy', async () => {
    const { llmobs, spans } = await open()
    const gates = [resolvers(), resolvers()]
    let runs = 0
    const query = llmobs.wrap(TASK, () => new Builder(() => gates[runs++].promise))()
    const rows = query.then(value => value)
    const count = query.clone().then(value => value)
    await turn()
    gates[1].resolve('2')
    expect(await count).toBe('2')
    gates[0].resolve('rows')
    expect(await rows).toBe('rows')
    const { work } = await spans()
    expect(work.meta.output.value).toBe('rows')
  })

  test.each([
    ['a handler', query => query.catch(() => 'handled')],
    ['a class and a handler', query => query.catch(TypeError, () => 'handled')]
  ])('that fails and is caught by %s is a failed span', async (_how, use) => {
    const { span, result } = await traced(() => new Caught())
    expect(await use(result)).toBe('handled')
    expect(span.error).toMatchObject({ type: 'TypeError', message: 'no such table' })
  })

  test.each([
    ['an error', new Error('no answer'), undefined, { message: 'no answer' }],
    ['an answer', null, 'answer', null]
  ])('that tells a callback %s ends with it', async (_what, error, answer, failure) => {
    const { llmobs, spans } = await open()
    /** @type {any} */
    let span
    const request = llmobs.wrap(TASK, () => {
      span = llmobs.exportSpan()
      return new ClientRequest(callback => turn().then(() => callback(error, answer)))
    })()
    await new Promise(resolve => request.end(resolve))
    const { work } = await spans()
    expect(work.span_id).toBe(span.spanId)
    expect(work.meta['error.message']).toBe(failure?.message)
    expect(work.meta.output?.value).toBe(answer)
  })

  test('that fails otherwise than was looked for fails', async () => {
    const { span, result } = await traced(() => new Caught())
    await expect(result.catch(RangeError, () => 'handled')).rejects.toThrow('no such table')
    expect(span.error).toMatchObject({ message: 'no such table' })
  })
})

function resolvers() {
  /** @type {any} */
  const resolvers = {}
  resolvers.promise = new Promise((resolve, reject) => Object.assign(resolvers, { resolve, reject }))
  return resolvers
}

/** A request that is sent when somebody waits for it, in one way or the other, as superagent's. */
class ClientRequest {
  #send

  /** @param {(callback: (error: unknown, answer?: unknown) => void) => void} send */
  constructor(send) {
    this.#send = send
  }

  end(callback) {
    this.#send(callback)
    return this
  }

  // biome-ignore lint/suspicious/noThenProperty: a thenable is what is tested
  then(resolve, reject) {
    this.end((error, answer) => (error ? reject(error) : resolve(answer)))
  }
}

/** What has a promise and gives its methods, as the children of execa do; `catch` may be told what to look for. */
class Caught {
  #promise = Promise.reject(new TypeError('no such table'))

  // biome-ignore lint/suspicious/noThenProperty: a thenable is what is tested
  then(...args) {
    return this.#promise.then(...args)
  }

  catch(...args) {
    const handler = args.pop()
    return this.#promise.catch(error => {
      if (args.some(expected => !(error instanceof expected))) throw error
      return handler(error)
    })
  }
}

/** @param {AsyncIterable<unknown>} iterable */
async function drain(iterable) {
  for await (const _ of iterable);
}

describe('what has ended cannot be waited for', () => {
  test.each([
    [
      'a generator',
      async () => {
        const steps = (async function* () {
          yield 1
        })()
        return { it: steps, use: () => Promise.all([steps.next(), steps.next()]) }
      }
    ],
    [
      'a Node stream',
      async () => {
        const stream = Readable.from(['x'])
        return { it: stream, use: () => stream.toArray() }
      }
    ],
    [
      'a web stream',
      async () => {
        const stream = ReadableStream.from(['x'])
        return { it: stream, use: () => stream.pipeTo(new WritableStream()) }
      }
    ]
  ])('%s, returned again after its end', async (_what, make) => {
    const { llmobs, spans } = await open()
    const { it, use } = await make()
    llmobs.trace({ ...TASK, name: 'first' }, () => it)
    await use()
    await turn()
    llmobs.trace({ ...TASK, name: 'second' }, () => it)
    expect(Object.keys(await spans()).sort()).toEqual(['first', 'second'])
  })
})

test('no collection ends a span while somebody can read what it returned', async () => {
  const intake = await start()
  const ended = await runChild(['--expose-gc', path.join(__dirname, 'programs', 'collected.js')], {
    env: { SPANLANE_INTAKE_URL: intake.url, DD_LLMOBS_ML_APP: 'shop', DD_API_KEY: 'd'.repeat(32) }
  })
  expect(ended).toMatchObject({ code: 0, stderr: '' })
  expect(JSON.parse(ended.stdout)).toEqual({
    'a thenable that gave a stream': { early: false, ended: true },
    'a thenable still at work': { early: false, ended: true },
    'an iterable whose iterator is read': { early: false, ended: true },
    'a Response whose body is read': { early: false, ended: true },
    'a web stream whose branch is read': { early: false, ended: true },
    'a web stream behind a transformation': { early: false, ended: true },
    'a starting method whose cursor is read': { early: false, ended: true }
  })
})
