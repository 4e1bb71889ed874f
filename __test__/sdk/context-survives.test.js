'use strict'

const { AsyncResource } = require('node:async_hooks')
const { EventEmitter, on } = require('node:events')
const http = require('node:http')
const { PassThrough, Readable } = require('node:stream')
const { MessageChannel } = require('node:worker_threads')
const { ACME, GLOBEX, sdk } = require('./setup')

const { open } = sdk()

/**
 * Each case sets something up inside acme's context, and `drive` makes it happen inside globex's. `work` starts
 * the span whose owner is asked for. `plain` is who gets it without any of our tools; with the tool it is acme.
 *
 * @typedef {object} Tools
 * @property {() => void} work
 * @property {<F extends (...args: any[]) => any>(fn: F) => F} bind
 * @property {<S extends object>(stream: S) => S} bindStream
 *
 * @typedef {object} Case
 * @property {string} what
 * @property {'acme' | 'globex' | 'platform'} plain
 * @property {() => any} [prepare] runs outside all contexts
 * @property {(tools: Tools, prepared: any) => () => unknown} set
 */

/** @type {Case[]} */
const CASES = [
  { what: 'after an await', plain: 'acme', set: ({ work }) => drivenBy(Promise.resolve().then(work)) },
  {
    what: 'after the await of a thenable',
    plain: 'acme',
    // biome-ignore lint/suspicious/noThenProperty: a thenable is what is tested
    set: ({ work }) => drivenBy((async () => work(await { then: resolve => setImmediate(resolve) }))())
  },
  {
    what: 'in setTimeout',
    plain: 'acme',
    set: ({ work }) => drivenBy(new Promise(resolve => setTimeout(() => resolve(work()), 1)))
  },
  {
    what: 'in setImmediate',
    plain: 'acme',
    set: ({ work }) => drivenBy(new Promise(resolve => setImmediate(() => resolve(work()))))
  },
  {
    what: 'in queueMicrotask',
    plain: 'acme',
    set: ({ work }) => drivenBy(new Promise(resolve => queueMicrotask(() => resolve(work()))))
  },
  {
    what: 'in nextTick',
    plain: 'acme',
    set: ({ work }) => drivenBy(new Promise(resolve => process.nextTick(() => resolve(work()))))
  },
  {
    what: 'after a promise that the other context resolves',
    plain: 'acme',
    set: ({ work }) => {
      const { promise, resolve } = deferred()
      const done = promise.then(work)
      return () => {
        resolve()
        return done
      }
    }
  },
  {
    what: 'in AsyncResource.bind',
    plain: 'acme',
    set: ({ work }) => AsyncResource.bind(work)
  },
  {
    what: 'in the answer of an HTTP request on a shared connection',
    plain: 'acme',
    set: ({ work }) => {
      const done = withServer(url => get(url).then(work))
      return () => done
    }
  },
  {
    what: 'after fetch',
    plain: 'acme',
    set: ({ work }) => {
      const done = withServer(async url => {
        await (await fetch(url)).text()
        work()
      })
      return () => done
    }
  },
  {
    what: 'in the listener of an emitter',
    plain: 'globex',
    set: ({ work, bind }) => {
      const emitter = new EventEmitter()
      emitter.on('job', bind(work))
      return () => emitter.emit('job')
    }
  },
  {
    what: 'in an emitter that was bound as a whole',
    plain: 'globex',
    set: ({ work, bindStream }) => {
      const emitter = bindStream(new EventEmitter())
      emitter.on('job', work)
      return () => emitter.emit('job')
    }
  },
  {
    what: 'in a queue that the other context works off',
    plain: 'globex',
    set: ({ work, bind }) => {
      const queue = [bind(work)]
      return () => queue.shift()?.()
    }
  },
  {
    what: 'in an async generator that the other context reads',
    plain: 'globex',
    set: ({ work, bindStream }) => {
      async function* steps() {
        work()
        yield 1
      }
      const stream = bindStream(steps())
      return () => stream.next()
    }
  },
  {
    what: 'in an async generator, after an await',
    plain: 'globex',
    set: ({ work, bindStream }) => {
      async function* steps() {
        await null
        work()
        yield 1
      }
      const stream = bindStream(steps())
      return () => stream.next()
    }
  },
  {
    what: 'in an async iterable that the other context opens',
    plain: 'globex',
    set: ({ work, bindStream }) => {
      const iterable = bindStream({
        async *[Symbol.asyncIterator]() {
          work()
          yield 1
        }
      })
      return () => iterable[Symbol.asyncIterator]().next()
    }
  },
  {
    what: 'in a synchronous generator',
    plain: 'globex',
    set: ({ work, bindStream }) => {
      function* steps() {
        work()
        yield 1
      }
      const iterator = bindStream(steps())
      return () => iterator.next()
    }
  },
  {
    what: 'in the data listener of a stream that the other context writes',
    plain: 'globex',
    set: ({ work, bindStream }) => {
      const stream = bindStream(new PassThrough())
      const done = new Promise(resolve => stream.on('data', () => resolve(work())))
      return () => {
        stream.write('chunk')
        return done
      }
    }
  },
  {
    what: 'in a generator behind a Node stream',
    plain: 'globex',
    set: ({ work, bindStream }) => {
      const stream = Readable.from(
        bindStream(
          (async function* () {
            work()
            yield 'chunk'
          })()
        )
      )
      return () => new Promise(resolve => stream.once('data', resolve))
    }
  },
  {
    what: 'in a frozen iterable, which comes back as another one',
    plain: 'globex',
    set: ({ work, bindStream }) => {
      const iterable = bindStream(
        Object.freeze({
          async *[Symbol.asyncIterator]() {
            work()
            yield 1
          }
        })
      )
      return () => iterable[Symbol.asyncIterator]().next()
    }
  },
  {
    what: 'in the message listener of a port',
    plain: 'platform',
    prepare: () => new MessageChannel(),
    set: ({ work, bind }, { port1, port2 }) => {
      const done = new Promise(resolve => {
        port2.on(
          'message',
          bind(() => {
            work()
            port2.close()
            resolve(undefined)
          })
        )
      })
      return () => {
        port1.postMessage('job')
        return done
      }
    }
  }
]

/** @param {Case} case_ @param {(llmobs: any) => Pick<Tools, 'bind' | 'bindStream'>} toolsOf */
async function ownerOf({ prepare, set }, toolsOf) {
  const { llmobs, places } = await open({ outsideContexts: 'default' })
  const work = () => llmobs.trace({ kind: 'task', name: 'work' }, () => {})
  const prepared = prepare?.()
  const drive = llmobs.withRoutingContext(ACME, () => set({ work, ...toolsOf(llmobs) }, prepared))
  await llmobs.withRoutingContext(GLOBEX, drive)
  return (await places()).work
}

const PLACES = {
  acme: 'acme@datadoghq.eu',
  globex: 'globex@us5.datadoghq.com',
  platform: 'platform@datadoghq.com'
}
const same = value => value

describe('with the tool that fits, work stays with the tenant it was set up for', () => {
  test.each(CASES)('$what', async case_ => {
    const owner = await ownerOf(case_, llmobs => ({
      bind: fn => llmobs.bindRoutingContext(fn),
      bindStream: stream => llmobs.bindStream(stream)
    }))
    expect(owner).toBe(PLACES.acme)
  })
})

describe("without a tool it goes where Node's own context goes", () => {
  test.each(CASES)('$what: $plain', async case_ => {
    expect(await ownerOf(case_, () => ({ bind: same, bindStream: same }))).toBe(PLACES[case_.plain])
  })
})

describe('bindRoutingContext', () => {
  test('keeps this, arguments, result and throw', async () => {
    const { llmobs } = await open()
    const bound = llmobs.bindRoutingContext(function (a, b) {
      return [this, a, b]
    })
    const self = {}
    expect(bound.call(self, 1, 2)).toEqual([self, 1, 2])
    expect(() => llmobs.bindRoutingContext(() => JSON.parse('{'))()).toThrow(SyntaxError)
  })

  test('keeps the active span, too', async () => {
    const { llmobs, spans } = await open()
    let later
    llmobs.trace({ kind: 'workflow', name: 'outer' }, () => {
      later = llmobs.bindRoutingContext(() => llmobs.trace({ kind: 'task', name: 'inner' }, () => {}))
    })
    later()
    const { outer, inner } = await spans()
    expect(inner.parent_id).toBe(outer.span_id)
  })

  test('bound outside all contexts it leaves them', async () => {
    const { llmobs, places } = await open({ outsideContexts: 'default' })
    const ours = llmobs.bindRoutingContext(() => llmobs.trace({ kind: 'task', name: 'ours' }, () => {}))
    llmobs.withRoutingContext(ACME, ours)
    expect(await places()).toEqual({ ours: PLACES.platform })
  })

  test.each([undefined, {}, 'fn'])('%p is no function', async fn => {
    const { llmobs } = await open()
    expect(() => llmobs.bindRoutingContext(/** @type {any} */ (fn))).toThrow(
      expect.objectContaining({ code: 'SPANLANE_INVALID_CALLBACK' })
    )
  })
})

describe('bindStream', () => {
  test('returns the same object', async () => {
    const { llmobs } = await open()
    for (const stream of [
      new PassThrough(),
      new ReadableStream(),
      (async function* () {})(),
      on(new EventEmitter(), 'x')
    ]) {
      expect(llmobs.bindStream(stream)).toBe(stream)
    }
  })

  test.each([undefined, null, 'text', 5])('%p is no stream', async stream => {
    const { llmobs } = await open()
    expect(() => llmobs.bindStream(/** @type {any} */ (stream))).toThrow(
      expect.objectContaining({ code: 'SPANLANE_INVALID_CALLBACK' })
    )
  })
})

describe('a route can be kept and entered again', () => {
  test('currentRoute() is the one a span would take', async () => {
    const { llmobs, places } = await open()
    expect(llmobs.currentRoute()?.tenant).toBe('default')
    const route = llmobs.withRoutingContext(ACME, () => llmobs.currentRoute())
    expect([route?.tenant, route?.site]).toEqual(['acme', 'datadoghq.eu'])
    llmobs.withRoutingContext(/** @type {any} */ (route), () =>
      llmobs.trace({ kind: 'task', name: 'a' }, () => {})
    )
    expect(await places()).toEqual({ a: PLACES.acme })
  })

  test('and is null where it would go nowhere', async () => {
    const { llmobs } = await open({ outsideContexts: 'refuse', onInvalidRoute: 'drop' })
    expect(llmobs.currentRoute()).toBeNull()
    expect(llmobs.withRoutingContext(/** @type {any} */ ({}), () => llmobs.currentRoute())).toBeNull()
  })

  test('a route shows its tenant and site, never its key', async () => {
    const { llmobs } = await open()
    const route = llmobs.route(ACME)
    const shown = `${require('node:util').inspect(route, { depth: 5, showHidden: true })} ${JSON.stringify(route)}`
    expect(shown).toContain('acme')
    expect(shown).not.toContain(ACME.ddApiKey)
    expect(deepStrings(route)).not.toContain(ACME.ddApiKey)
  })
})

/** @param {Promise<unknown>} promise */
function drivenBy(promise) {
  return () => promise
}

function deferred() {
  /** @type {(value?: unknown) => void} */
  let resolve = () => {}
  const promise = new Promise(settle => {
    resolve = settle
  })
  return { promise, resolve }
}

/** @param {string} url */
function get(url) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
  return new Promise(resolve => {
    http.get(url, { agent }, response => {
      response.resume().on('end', () => {
        agent.destroy()
        resolve(undefined)
      })
    })
  })
}

/** @param {(url: string) => Promise<unknown>} use */
async function withServer(use) {
  const server = http.createServer((_request, response) => response.end('ok'))
  await new Promise(resolve => server.listen(0, '127.0.0.1', () => resolve(undefined)))
  try {
    return await use(
      `http://127.0.0.1:${/** @type {import('node:net').AddressInfo} */ (server.address()).port}`
    )
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

/** Every string reachable from a value. @param {any} value @param {Set<unknown>} seen @returns {string} */
function deepStrings(value, seen = new Set()) {
  if (typeof value === 'string') return value
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null || seen.has(value))
    return ''
  seen.add(value)
  return Reflect.ownKeys(value)
    .map(key => {
      const { value: field } = Reflect.getOwnPropertyDescriptor(value, key) ?? {}
      return deepStrings(field, seen)
    })
    .join('\n')
}
