'use strict'

const { EventEmitter } = require('node:events')
const { PassThrough, Readable } = require('node:stream')
const { pipeline } = require('node:stream/promises')
const { setImmediate: turn } = require('node:timers/promises')
const { ACME, GLOBEX, sdk } = require('./setup')

const { open } = sdk()
const CHAT = { kind: 'llm', name: 'chat' }
const WORDS = ['one', 'two', 'three']

async function* words() {
  for (const word of WORDS) {
    await turn()
    yield word
  }
}

async function* breaking() {
  yield 'one'
  throw new Error('cut off')
}

/** @param {AsyncIterable<unknown>} stream */
async function read(stream) {
  const chunks = []
  for await (const chunk of stream) chunks.push(chunk)
  return chunks
}

/** Ways to get a stream of WORDS, and the object the caller must get back. */
const SOURCES = [
  ['an async generator', () => words()],
  ['an async iterable', () => ({ [Symbol.asyncIterator]: words })],
  ['a Node stream', () => Readable.from(WORDS)],
  ['a web stream', () => ReadableStream.from(WORDS)]
]

describe.each(SOURCES)('%s', (_what, make) => {
  test.each([
    ['returned', stream => stream],
    ['promised', async stream => stream]
  ])('%s: its span ends when it was read, and it is the very object', async (_how, give) => {
    const { llmobs, spans } = await open()
    const source = make()
    let span
    const stream = await llmobs.trace(CHAT, given => {
      span = given
      return give(source)
    })
    expect(stream).toBe(source)
    expect(span.finished).toBe(false)
    expect((await read(stream)).map(String)).toEqual(WORDS)
    await turn()
    expect(span.finished).toBe(true)
    expect((await spans()).chat.status).toBe('ok')
  })

  test('its span ends when the reader leaves early', async () => {
    const { llmobs, spans } = await open()
    for await (const word of llmobs.trace(CHAT, make)) {
      expect(String(word)).toBe('one')
      break
    }
    await turn()
    expect((await spans()).chat.status).toBe('ok')
  })
})

describe('a stream that breaks', () => {
  test.each([
    ['an async generator', breaking],
    ['an async iterable', () => ({ [Symbol.asyncIterator]: breaking })],
    ['a Node stream', () => Readable.from(breaking())],
    ['a web stream', () => ReadableStream.from(breaking())]
  ])('%s: the error is recorded and reaches the reader', async (_what, make) => {
    const { llmobs, spans } = await open()
    await expect(read(llmobs.trace(CHAT, make))).rejects.toThrow('cut off')
    await turn()
    expect((await spans()).chat).toMatchObject({ status: 'error', meta: { 'error.message': 'cut off' } })
  })

  test('a Node stream without error listener still ends the process: nobody listens for us', async () => {
    const { llmobs } = await open()
    const stream = llmobs.trace(CHAT, () => new PassThrough())
    expect(stream.listenerCount('error')).toBe(0)
    stream.on('error', () => {})
    stream.destroy(new Error('gone'))
  })
})

describe('a generator', () => {
  test('runs in its own context on each step, whoever reads it', async () => {
    const { llmobs, places } = await open()
    async function* steps() {
      llmobs.trace({ kind: 'tool', name: 'first step' }, () => {})
      yield 1
      await turn()
      llmobs.trace({ kind: 'tool', name: 'second step' }, () => {})
      yield 2
    }
    const stream = llmobs.withRoutingContext(ACME, () => llmobs.trace(CHAT, steps))
    await llmobs.withRoutingContext(GLOBEX, async () => {
      for await (const step of stream) {
        llmobs.trace({ kind: 'task', name: `reader ${step}` }, () => {})
      }
    })
    expect(await places()).toEqual({
      chat: 'acme@datadoghq.eu',
      'first step': 'acme@datadoghq.eu',
      'second step': 'acme@datadoghq.eu',
      'reader 1': 'globex@us5.datadoghq.com',
      'reader 2': 'globex@us5.datadoghq.com'
    })
  })

  test('makes its spans children of the span it was returned from', async () => {
    const { llmobs, spans } = await open()
    async function* steps() {
      yield llmobs.trace({ kind: 'tool', name: 'step' }, () => 1)
    }
    await read(llmobs.trace(CHAT, steps))
    const { chat, step } = await spans()
    expect(step).toMatchObject({ parent_id: chat.span_id, trace_id: chat.trace_id })
  })

  test('that is synchronous ends its span with its last step', async () => {
    const { llmobs, spans } = await open()
    function* count() {
      yield 1
      yield 2
    }
    const numbers = llmobs.trace(CHAT, count)
    expect([...numbers]).toEqual([1, 2])
    expect((await spans()).chat.status).toBe('ok')
  })

  test('told to throw ends its span as failed', async () => {
    const { llmobs, spans } = await open()
    const stream = llmobs.trace(CHAT, words)
    await stream.next()
    await expect(stream.throw(new Error('stop'))).rejects.toThrow('stop')
    expect((await spans()).chat).toMatchObject({ status: 'error', meta: { 'error.message': 'stop' } })
  })
})

describe('other ways to read', () => {
  test('a Node stream by events, by pipe and by destroying it', async () => {
    const { llmobs, spans } = await open()
    const byEvents = llmobs.trace({ ...CHAT, name: 'events' }, () => Readable.from(WORDS))
    byEvents.on('data', () => {})
    await new Promise(resolve => byEvents.once('close', resolve))
    await pipeline(
      llmobs.trace({ ...CHAT, name: 'pipe' }, () => Readable.from(WORDS)),
      new PassThrough().resume()
    )
    const destroyed = llmobs.trace({ ...CHAT, name: 'destroyed' }, () => Readable.from(WORDS))
    destroyed.destroy()
    await turn()
    expect(Object.keys(await spans()).sort()).toEqual(['destroyed', 'events', 'pipe'])
  })

  test('a Node stream that has ended already: its span ends at return', async () => {
    const { llmobs, spans } = await open()
    const ended = Readable.from([])
    await read(ended)
    expect(llmobs.trace(CHAT, () => ended)).toBe(ended)
    expect((await spans()).chat.status).toBe('ok')
  })

  test.each([
    [
      'a reader',
      async stream => {
        const reader = stream.getReader()
        while (!(await reader.read()).done);
      }
    ],
    [
      'two readers, one after the other',
      async stream => {
        const first = stream.getReader()
        await first.read()
        first.releaseLock()
        const second = stream.getReader()
        while (!(await second.read()).done);
      }
    ],
    ['pipeTo', stream => stream.pipeTo(new WritableStream())],
    ['pipeThrough', stream => read(stream.pipeThrough(new TransformStream()))],
    ['tee', async stream => Promise.all(stream.tee().map(read))],
    ['cancel', stream => stream.cancel()],
    ['values', stream => read(stream.values())]
  ])('a web stream by %s', async (_how, use) => {
    const { llmobs, spans } = await open()
    let span
    const stream = llmobs.trace(CHAT, given => {
      span = given
      return ReadableStream.from(WORDS)
    })
    await turn()
    expect(span.finished).toBe(false)
    await use(stream)
    await turn()
    expect(span.finished).toBe(true)
    expect((await spans()).chat.status).toBe('ok')
  })

  test('a locked web stream belongs to somebody else: its span ends at return', async () => {
    const { llmobs, spans } = await open()
    const stream = ReadableStream.from(WORDS)
    stream.getReader()
    llmobs.trace(CHAT, () => stream)
    expect((await spans()).chat.status).toBe('ok')
  })

  test('an emitter that can be iterated, by its events alone', async () => {
    class MessageStream extends EventEmitter {
      [Symbol.asyncIterator]() {
        return words()
      }
    }
    const { llmobs, spans } = await open()
    const stream = llmobs.trace(CHAT, () => new MessageStream())
    stream.emit('end')
    expect((await spans()).chat.status).toBe('ok')
  })

  test('an array is a value, not a stream', async () => {
    const { llmobs, spans } = await open()
    expect(llmobs.trace(CHAT, () => WORDS)).toBe(WORDS)
    expect((await spans()).chat.status).toBe('ok')
  })
})
