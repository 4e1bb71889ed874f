'use strict'

// One scenario, told in lines of what the host heard of it. The test runs it with Spanlane recording and switched off,
// and compares. Argument: the scenario.

const { EventEmitter } = require('node:events')
const { PassThrough, Readable, pipeline } = require('node:stream')
const { setTimeout: sleep } = require('node:timers/promises')
const { llmobs } = require('../../..')

/** @type {string[]} */
const heard = []
process.on('unhandledRejection', error => heard.push(`unhandled: ${textOf(error)}`))
process.on('rejectionHandled', () => heard.push('handled later'))
process.on('uncaughtException', error => heard.push(`uncaught: ${textOf(error)}`))
process.on('warning', warning => heard.push(`warning: ${warning.name}`))

/** @param {any} error */
function textOf(error) {
  return `${error?.code ?? error?.name ?? typeof error} ${error?.message ?? error}`
}

const TASK = { kind: /** @type {const} */ ('task') }
const ROUTE = { ddApiKey: 'a'.repeat(32), tenant: 'acme' }

/** Every way in which a function of the application is run by Spanlane. @type {Record<string, (fn: any) => any>} */
const WAYS = {
  trace: fn => llmobs.trace(TASK, () => fn()),
  'trace with done': fn => llmobs.trace(TASK, (_span, _done) => fn()),
  wrap: fn => llmobs.wrap(TASK, () => fn())(),
  'wrap with callback': fn => llmobs.wrap(TASK, _callback => fn())(() => {}),
  withRoutingContext: fn => llmobs.withRoutingContext(ROUTE, fn),
  annotationContext: fn => llmobs.annotationContext({ tags: { a: 1 } }, fn),
  bindRoutingContext: fn => llmobs.bindRoutingContext(fn)(),
  nested: fn => llmobs.withRoutingContext(ROUTE, () => llmobs.trace(TASK, () => llmobs.wrap(TASK, fn)()))
}

class ApiPromise extends Promise {
  /** @returns {Promise<any>} */
  withResponse() {
    return this.then(value => ({ value }))
  }
}

class Lazy {
  // biome-ignore lint/suspicious/noThenProperty: a thenable is what is tested
  then(onFulfilled, onRejected) {
    return Promise.reject(new Error('lazy')).then(onFulfilled, onRejected)
  }
}

/** @param {(way: (fn: any) => any) => unknown} use */
async function inEveryWay(use) {
  for (const [name, way] of Object.entries(WAYS)) {
    heard.push(name)
    try {
      await use(way)
    } catch (error) {
      heard.push(`thrown: ${textOf(error)}`)
    }
    await sleep(5)
  }
}

const failing = async () => {
  await null
  throw new Error('nobody handles it')
}
const broken = () =>
  new ReadableStream({
    pull() {
      throw new RangeError('source')
    }
  })
const chunks = () => ReadableStream.from(['a', 'b', 'c'])

/** @type {Record<string, () => Promise<void>>} */
const SCENARIOS = {
  'a rejection that nobody handles': () => inEveryWay(way => void way(failing)),
  'a promise rejected at return': () =>
    inEveryWay(way => void way(() => Promise.reject(new Error('at once')))),
  'a rejection that is handled': () => inEveryWay(way => void way(failing).catch(() => {})),
  'a rejection that is awaited': () => inEveryWay(way => way(failing)),
  'a rejection handled later': () =>
    inEveryWay(async way => {
      const promise = way(failing)
      await sleep(5)
      await promise.catch(() => heard.push('caught'))
    }),
  'a chain that nobody handles': () => inEveryWay(way => void way(failing).then(() => {})),
  'a promise that many share, one of whom handles it': async () => {
    await inEveryWay(way => {
      const shared = Promise.reject(new Error('shared'))
      way(() => shared).catch(() => {})
      way(() => shared)
    })
  },
  'a subclass that nobody handles': () =>
    inEveryWay(way => void way(() => ApiPromise.reject(new Error('subclass')))),
  'a subclass that is handled': () =>
    inEveryWay(async way => {
      void way(() => ApiPromise.reject(new Error('subclass'))).catch(() => {})
      await Promise.allSettled([way(() => ApiPromise.reject(new Error('subclass')))])
      await way(() => ApiPromise.reject(new Error('subclass'))).withResponse()
    }),
  'a subclass that is handled later': () =>
    inEveryWay(async way => {
      const promise = way(() => ApiPromise.reject(new Error('subclass')))
      await sleep(5)
      await promise.catch(() => heard.push('caught'))
    }),
  'a lazy thenable': () =>
    inEveryWay(async way => {
      void way(() => new Lazy()).then(() => {})
      await way(() => new Lazy())
    }),
  'values, methods and classes of promises': () =>
    inEveryWay(async way => {
      const client = Object.assign(Promise.resolve('{"a":1}'), { json: async () => ({ a: 1 }), id: 7 })
      const promise = way(() => client)
      heard.push(`${promise.id} ${JSON.stringify(await promise.json())} ${await promise}`)
      const api = way(() => ApiPromise.resolve(1))
      heard.push(`${api.constructor.name} ${JSON.stringify(await api.withResponse())}`)
      heard.push(`${way(async () => 1) instanceof Promise} ${way(async () => 1).constructor === Promise}`)
    }),
  'steps of generators that nobody awaits': () =>
    inEveryWay(way => {
      // biome-ignore lint/correctness/useYield: it fails before
      way(async function* () {
        throw new Error('step')
      }).next()
      way(async function* () {
        yield 1
      }).throw(new Error('thrown in'))
      try {
        // biome-ignore lint/correctness/useYield: it fails before
        way(function* () {
          throw new Error('sync step')
        }).next()
      } catch (error) {
        heard.push(`thrown: ${textOf(error)}`)
      }
    }),
  'steps of other iterators': () =>
    inEveryWay(async way => {
      const iterator = () => ({
        next: () => ({
          // biome-ignore lint/suspicious/noThenProperty: a thenable is what is tested
          then: (_ok, failed) => failed(new Error('thenable step'))
        }),
        [Symbol.asyncIterator]() {
          return this
        }
      })
      for await (const _ of way(iterator));
    }),
  'a stream that breaks, by each reader': () =>
    inEveryWay(async way => {
      const failed = error => heard.push(textOf(error))
      await way(broken).getReader().read().catch(failed)
      await way(broken).pipeTo(new WritableStream()).catch(failed)
      await Promise.all(
        way(broken)
          .tee()
          .map(branch => branch.getReader().read().catch(failed))
      )
      await (async () => {
        for await (const _ of way(broken));
      })().catch(failed)
      await way(broken).pipeThrough(new TransformStream()).getReader().read().catch(failed)
      await new Response(way(broken)).text().catch(failed)
      await way(() => new Response(broken()))
        .text()
        .catch(failed)
      // Nobody awaits these.
      way(broken).pipeTo(new WritableStream())
      way(broken).getReader().read()
    }),
  'a sink that breaks': () =>
    inEveryWay(async way => {
      const sink = () =>
        new WritableStream({
          write() {
            throw new RangeError('sink')
          }
        })
      const reasons = []
      const source = () =>
        new ReadableStream({
          pull: it => it.enqueue('x'),
          cancel: reason => void reasons.push(textOf(reason))
        })
      await way(source)
        .pipeTo(sink())
        .catch(error => heard.push(textOf(error)))
      way(source).pipeTo(sink())
      await sleep(5)
      heard.push(reasons.join())
      const kept = way(source)
      await kept.pipeTo(sink(), { preventCancel: true }).catch(error => heard.push(textOf(error)))
      heard.push(`locked ${kept.locked} ${JSON.stringify(await kept.getReader().read())}`)
    }),
  'what pipes refuse': () =>
    inEveryWay(async way => {
      const uses = {
        'no pair': stream => stream.pipeThrough({}),
        nothing: stream => stream.pipeThrough(),
        'a wrong outlet': stream => stream.pipeThrough({ readable: {}, writable: new WritableStream() }),
        'a locked inlet': stream => {
          const pair = new TransformStream()
          pair.writable.getWriter()
          return stream.pipeThrough(pair)
        },
        'a locked source': stream => {
          stream.getReader()
          return stream.pipeThrough(new TransformStream())
        },
        'a wrong signal': stream => stream.pipeThrough(new TransformStream(), { signal: {} }),
        'to nothing': stream => stream.pipeTo(),
        'to a locked sink': stream => {
          const sink = new WritableStream()
          sink.getWriter()
          return stream.pipeTo(sink)
        },
        'to a sink, locked': stream => {
          stream.getReader()
          return stream.pipeTo(new WritableStream())
        },
        'an aborted pipe': stream =>
          stream.pipeTo(new WritableStream(), { signal: AbortSignal.abort(new Error('no')) }),
        'two readers': stream => {
          stream.getReader()
          return stream.getReader()
        },
        'a wrong mode': stream => stream.getReader({ mode: 'x' }),
        'tee of a locked one': stream => {
          stream.getReader()
          return stream.tee()
        },
        'cancel of a locked one': stream => {
          stream.getReader()
          return stream.cancel()
        }
      }
      for (const [name, use] of Object.entries(uses)) {
        const stream = way(chunks)
        try {
          await use(stream)
          heard.push(`${name}: passed, locked ${stream.locked}`)
        } catch (error) {
          heard.push(`${name}: ${textOf(error)}, locked ${stream.locked}`)
        }
      }
    }),
  'what web streams give': () =>
    inEveryWay(async way => {
      const all = async stream => {
        const read = []
        for await (const chunk of stream) read.push(chunk)
        return read.join('')
      }
      heard.push(await all(way(chunks)))
      heard.push(await all(way(chunks).pipeThrough(new TransformStream())))
      heard.push((await Promise.all(way(chunks).tee().map(all))).join())
      const written = []
      await way(chunks).pipeTo(new WritableStream({ write: chunk => void written.push(chunk) }))
      heard.push(written.join(''))
      const left = way(chunks)
      for await (const chunk of left.values({ preventCancel: true })) {
        heard.push(chunk)
        break
      }
      heard.push(`${left.locked} ${await all(left)}`)
      const reader = way(chunks).getReader()
      heard.push(
        JSON.stringify([await reader.read(), await reader.cancel(), await reader.closed, await reader.read()])
      )
      const bytes = way(() => new Response('bytes').body).getReader({ mode: 'byob' })
      heard.push(String((await bytes.read(new Uint8Array(8))).value?.byteLength))
      const response = way(() => new Response('text', { status: 201 }))
      heard.push(
        `${response.status} ${await response.clone().text()} ${await response.text()} ${response.bodyUsed}`
      )
    }),
  'what Node streams give': () =>
    inEveryWay(async way => {
      const listeners = []
      const stream = way(() => new PassThrough())
      const listener = () => listeners.push('on')
      stream.on('data', listener)
      stream.once('data', () => listeners.push('once'))
      stream.prependListener('data', () => listeners.push('first'))
      stream.prependOnceListener('data', () => listeners.push('first once'))
      heard.push(`${stream.listenerCount('data')} ${stream.listeners('data').includes(listener)}`)
      stream.write('x')
      await sleep(2)
      stream.off('data', listener)
      stream.write('y')
      await sleep(2)
      heard.push(`${listeners.join()} ${stream.listenerCount('data')}`)
      try {
        stream.on('data', 'no function')
      } catch (error) {
        heard.push(textOf(error))
      }
      await new Promise(resolve =>
        pipeline(
          way(() => Readable.from(['a', 'b'])),
          new PassThrough().resume(),
          error => resolve(heard.push(textOf(error)))
        )
      )
      way(() => new PassThrough()).destroy(new Error('no listener'))
      await sleep(2)
      const ended = way(() => Readable.from(['a']))
      heard.push((await ended.toArray()).join())
    }),
  emitters: () =>
    inEveryWay(way => {
      class Messages extends EventEmitter {
        async *[Symbol.asyncIterator]() {
          yield 1
        }
      }
      const emitter = way(() => new Messages())
      const listener = () => {}
      emitter.on('x', listener)
      emitter.off('x', listener)
      heard.push(String(emitter.listenerCount('x')))
      emitter.emit('error', new Error('no listener'))
    })
}

async function main() {
  const scenario = SCENARIOS[process.argv[2]]
  if (scenario === undefined) return process.stdout.write(JSON.stringify(Object.keys(SCENARIOS)))
  await scenario()
  await sleep(20)
  process.stdout.write(JSON.stringify(heard))
}

main().finally(() => process.exit())
