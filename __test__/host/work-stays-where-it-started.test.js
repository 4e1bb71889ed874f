'use strict'

const { PassThrough, Readable, Transform, Writable } = require('node:stream')
const { setImmediate: turn } = require('node:timers/promises')
const { ACME, GLOBEX, sdk } = require('../sdk/setup')
const { ApiStream, Builder, Cursor, StreamCursor } = require('../support/lazy')

const { open } = sdk()

const ACME_PLACE = 'acme@datadoghq.eu'
const GLOBEX_PLACE = 'globex@us5.datadoghq.com'

/** @typedef {(name: string) => void} Work starts a span of that name, in whatever context it is called */

/** What a function returns and does later. `use` makes it happen, elsewhere. */
const LATER = [
  {
    what: 'a lazy thenable',
    // biome-ignore lint/suspicious/noThenProperty: a thenable is what is tested
    make: work => ({ then: resolve => resolve(work('work')) }),
    use: async thenable => await thenable
  },
  {
    what: 'a query that is executed by its own method',
    make: work => new Query(work),
    use: query => query.where().exec()
  },
  {
    what: 'a query that is awaited and runs by its own method',
    make: work => new Query(work),
    use: async query => await query.where()
  },
  {
    what: 'a query that is caught',
    make: work => new Query(work),
    use: query => query.catch(() => {})
  },
  {
    what: 'the cursor of a query',
    make: work => new Query(work),
    use: query => drained(query.cursor())
  },
  {
    what: 'a query that gives a query',
    // biome-ignore lint/suspicious/noThenProperty: a thenable is what is tested
    make: work => ({ then: resolve => resolve(generatorOf(work)) }),
    use: async query => drained(await query)
  },
  {
    what: 'a lazy subclass of Promise',
    make: work => new LazyPromise(async () => work('work')),
    use: promise => Promise.all([promise])
  },
  { what: 'an async generator', make: generatorOf, use: drained },
  {
    what: 'a generator',
    make: function* (work) {
      work('work')
      yield 1
    },
    use: steps => [...steps]
  },
  {
    what: 'a generator behind another',
    make: generatorOf,
    use: steps =>
      drained(
        (async function* () {
          yield* steps
        })()
      )
  },
  {
    what: 'an iterator of its own',
    make: work => ({
      next: async () => ({ done: true, value: work('work') }),
      [Symbol.asyncIterator]() {
        return this
      }
    }),
    use: drained
  },
  {
    what: 'a generator that is left',
    make: async function* (work) {
      try {
        yield 1
      } finally {
        work('work')
      }
    },
    use: async steps => {
      for await (const _ of steps) break
    }
  },
  {
    what: 'an async iterable',
    make: work => ({ [Symbol.asyncIterator]: () => generatorOf(work) }),
    use: drained
  },
  {
    what: 'what an async iterable does when it is opened',
    make: work => ({
      [Symbol.asyncIterator]() {
        work('work')
        return generatorOf(() => {})
      }
    }),
    use: drained
  },
  ...[
    ['a reader', async stream => void (await stream.getReader().read())],
    ['for await', drained],
    ['values', stream => drained(stream.values())],
    ['pipeTo', stream => stream.pipeTo(new WritableStream())],
    ['pipeThrough', stream => drained(stream.pipeThrough(new TransformStream()))],
    ['tee', stream => Promise.all(stream.tee().map(drained))],
    ['tee twice', stream => Promise.all(stream.tee()[0].tee().map(drained))],
    ['a Response', stream => new Response(stream).text()],
    ['a Node stream', stream => drained(Readable.fromWeb(stream))],
    ['cancel', stream => stream.cancel()]
  ].map(([how, use]) => ({ what: `a web stream, by ${how}`, make: webStreamOf, use })),
  ...[
    ['text', response => response.text()],
    ['its body', response => drained(response.body)],
    ['a clone', response => Promise.all([response.clone().text(), response.text()])]
  ].map(([how, use]) => ({
    what: `a Response, by ${how}`,
    make: work => new Response(webStreamOf(work)),
    use
  })),
  ...[
    ['for await', drained],
    ['data', stream => new Promise(resolve => stream.on('data', () => {}).on('end', resolve))],
    [
      'readable',
      stream => new Promise(resolve => stream.on('readable', () => stream.read()).on('end', resolve))
    ],
    ['pipe', stream => new Promise(resolve => stream.pipe(new PassThrough().resume()).on('finish', resolve))],
    ['toArray', stream => stream.toArray()],
    ['a web stream', stream => drained(Readable.toWeb(stream))]
  ].map(([how, use]) => ({
    what: `a Node stream, by ${how}`,
    make: work => Readable.from(generatorOf(work)),
    use
  })),
  ...[
    ['for await', drained],
    ['its steps', cursor => cursor.next()],
    ['toArray', cursor => cursor.toArray()],
    ['forEach', cursor => cursor.forEach(() => {})]
  ].map(([how, use]) => ({ what: `a cursor, by ${how}`, make: work => new Cursor(work), use })),
  ...[
    ['for await', drained],
    ['its steps', cursor => cursor.next()],
    ['eachAsync', cursor => cursor.eachAsync(() => {})]
  ].map(([how, use]) => ({
    what: `a cursor that is a Node stream, by ${how}`,
    make: work => new StreamCursor(new Cursor(work)),
    use
  })),
  ...[
    ['for await', drained],
    ['tee', stream => Promise.all(stream.tee().map(drained))],
    ['tee twice', stream => Promise.all(stream.tee()[0].tee().map(drained))]
  ].map(([how, use]) => ({
    what: `a model's stream, by ${how}`,
    make: work => new ApiStream(() => generatorOf(work)),
    use
  })),
  {
    what: 'a copy of a query',
    make: work => new Builder(work),
    use: query => query.clone()
  },
  {
    what: 'a copy of a copy of a query',
    make: work => new Builder(work),
    use: query => query.clone().clone().then()
  },
  {
    what: 'the source of a Node stream',
    make: work =>
      new Readable({
        read() {
          work('work')
          this.push(null)
        }
      }),
    use: drained
  },
  {
    what: 'a transformation',
    make: work =>
      new Transform({
        transform(chunk, _encoding, callback) {
          work('work')
          callback(null, chunk)
        }
      }),
    use: async stream => {
      stream.end('x')
      await drained(stream)
    }
  },
  {
    what: 'how a Node stream is destroyed',
    make: work =>
      new Readable({
        read() {},
        destroy(error, callback) {
          work('work')
          callback(error)
        }
      }),
    use: stream => void stream.destroy()
  }
]

/** Who makes it, in acme's context. @type {Record<string, (llmobs: any, make: () => any) => any>} */
const WAYS = {
  trace: (llmobs, make) => llmobs.trace({ kind: 'workflow', name: 'parent' }, make),
  wrap: (llmobs, make) => llmobs.wrap({ kind: 'workflow', name: 'parent' }, make)(),
  'an async trace': (llmobs, make) => llmobs.trace({ kind: 'workflow', name: 'parent' }, async () => make()),
  withRoutingContext: (_llmobs, make) => make(),
  'an async withRoutingContext': async (_llmobs, make) => make(),
  annotationContext: (llmobs, make) => llmobs.annotationContext({ tags: { a: 'b' } }, make),
  bindRoutingContext: (llmobs, make) => llmobs.bindRoutingContext(make)(),
  extract: (llmobs, make) => llmobs.extract({}, make)
}

describe.each(LATER)('$what', ({ what, make, use }) => {
  // A promise of a thenable awaits it itself.
  const ways = Object.entries(WAYS).filter(
    ([way]) => !/^an async/.test(way) || !/thenable|quer|lazy/.test(what)
  )

  test.each(ways)('of %s works in its own context', async (way, wrap) => {
    const { llmobs, places, spans } = await open()
    const work = name => llmobs.trace({ kind: 'tool', name }, () => {})
    const made = llmobs.withRoutingContext(ACME, () => wrap(llmobs, () => make(work)))
    await llmobs.withRoutingContext(GLOBEX, async () => {
      await use(/^an async/.test(way) ? await made : made)
      llmobs.trace({ kind: 'task', name: 'reader' }, () => {})
    })
    await turn()
    const { work: at, reader } = await places()
    expect([at, reader]).toEqual([ACME_PLACE, GLOBEX_PLACE])
    const { parent, work: span } = await spans()
    if (parent !== undefined) expect(span.parent_id).toBe(parent.span_id)
  })
})

describe('what callers give to it runs in their own context', () => {
  /** @type {[string, (work: any) => any, (made: any, work: any) => any][]} */
  const CALLBACKS = [
    // biome-ignore lint/suspicious/noThenProperty: a thenable is what is tested
    ['then', () => ({ then: resolve => resolve(1) }), (made, work) => made.then(work)],
    [
      'then, failing',
      // biome-ignore lint/suspicious/noThenProperty: a thenable is what is tested
      () => ({ then: (_ok, failed) => failed(1) }),
      (made, work) => made.then(() => {}, work)
    ],
    ['catch', () => new Query(() => JSON.parse('{')), (made, work) => made.catch(work)],
    ['a callback', () => new Query(() => {}), (made, work) => made.asCallback(work)],
    ['forEach of a cursor', () => new Cursor(() => {}), (made, work) => made.forEach(work)],
    [
      'eachAsync of a cursor',
      () => new StreamCursor(new Cursor(() => {})),
      (made, work) => made.eachAsync(work)
    ],
    [
      'data',
      () => Readable.from(['x']),
      (made, work) => new Promise(resolve => made.on('data', work).on('end', resolve))
    ],
    [
      'once',
      () => Readable.from(['x']),
      (made, work) => new Promise(resolve => made.once('data', work).on('end', resolve))
    ],
    [
      'the sink of a pipe',
      () => Readable.from(['x']),
      (made, work) =>
        new Promise(resolve =>
          made
            .pipe(
              new Writable({
                write(_chunk, _encoding, callback) {
                  work()
                  callback()
                }
              })
            )
            .on('finish', resolve)
        )
    ],
    [
      'the sink of a web stream',
      () => webStreamOf(() => {}),
      (made, work) => made.pipeTo(new WritableStream({ write: () => work() }))
    ],
    [
      'a transformation of a web stream',
      () => webStreamOf(() => {}),
      (made, work) => drained(made.pipeThrough(new TransformStream({ transform: () => work() })))
    ]
  ]

  test.each(CALLBACKS)('%s', async (_what, make, use) => {
    const { llmobs, places } = await open()
    const made = llmobs.withRoutingContext(ACME, () =>
      llmobs.trace({ kind: 'workflow', name: 'parent' }, make)
    )
    await llmobs.withRoutingContext(GLOBEX, () =>
      use(made, () => llmobs.trace({ kind: 'tool', name: 'callback' }, () => {}))
    )
    expect(await places()).toMatchObject({ callback: GLOBEX_PLACE })
  })
})

describe('bindStream', () => {
  const STREAMS = LATER.filter(({ what }) =>
    /stream|generator|iterator|iterable|Response|transformation/.test(what)
  )
  test.each(STREAMS)('$what', async ({ make, use }) => {
    const { llmobs, places } = await open()
    const work = name => llmobs.trace({ kind: 'tool', name }, () => {})
    const bound = llmobs.withRoutingContext(ACME, () => llmobs.bindStream(make(work)))
    await llmobs.withRoutingContext(GLOBEX, async () => {
      await use(bound)
      llmobs.trace({ kind: 'task', name: 'reader' }, () => {})
    })
    await turn()
    expect(await places()).toEqual({ work: ACME_PLACE, reader: GLOBEX_PLACE })
  })

  test('said again, the last word counts', async () => {
    const { llmobs, places } = await open()
    const steps = generatorOf(name => llmobs.trace({ kind: 'tool', name }, () => {}))
    llmobs.withRoutingContext(GLOBEX, () => llmobs.bindStream(steps))
    llmobs.withRoutingContext(ACME, () => llmobs.bindStream(steps))
    await drained(steps)
    expect(await places()).toEqual({ work: ACME_PLACE })
  })
})

describe('an object that several calls return', () => {
  const shared = llmobs => ({
    // biome-ignore lint/suspicious/noThenProperty: a thenable is what is tested
    then: resolve => resolve(llmobs.trace({ kind: 'tool', name: 'work' }, () => {}))
  })

  test('of several tenants works for whoever uses it', async () => {
    const { llmobs, intake } = await open()
    const query = shared(llmobs)
    const call = () => llmobs.trace({ kind: 'task', name: 'call' }, () => query)
    for (const route of [ACME, GLOBEX]) llmobs.withRoutingContext(route, call)
    for (const route of [ACME, GLOBEX]) await llmobs.withRoutingContext(route, async () => await query)
    await llmobs.flush()
    for (const { ddApiKey: key, ddSite: site } of [ACME, GLOBEX])
      expect(
        intake
          .spans({ key, site })
          .map(({ name }) => name)
          .sort()
      ).toEqual(['call', 'work'])
  })

  test('of one tenant works for the last of them', async () => {
    const { llmobs, spans } = await open()
    const query = shared(llmobs)
    for (const name of ['first', 'second']) llmobs.trace({ kind: 'task', name }, () => query)
    await query
    const { second, work } = await spans()
    expect(work.parent_id).toBe(second.span_id)
  })

  test('the inner one made belongs to the inner one', async () => {
    const { llmobs, places, spans } = await open()
    const steps = llmobs.withRoutingContext(ACME, () =>
      llmobs.trace({ kind: 'workflow', name: 'outer' }, () =>
        llmobs.withRoutingContext(GLOBEX, () =>
          llmobs.trace({ kind: 'task', name: 'inner' }, () =>
            generatorOf(name => llmobs.trace({ kind: 'tool', name }, () => {}))
          )
        )
      )
    )
    await drained(steps)
    expect(await places()).toEqual({ outer: ACME_PLACE, inner: GLOBEX_PLACE, work: GLOBEX_PLACE })
    const { inner, work } = await spans()
    expect(work.parent_id).toBe(inner.span_id)
  })
})

/** Runs when it is asked to, by any of its methods, as query builders do. */
class Query {
  #work

  constructor(work) {
    this.#work = work
  }

  where() {
    return this
  }

  async exec() {
    await null
    return this.#work('work')
  }

  // biome-ignore lint/suspicious/noThenProperty: a thenable is what is tested
  then(onFulfilled, onRejected) {
    return this.exec().then(onFulfilled, onRejected)
  }

  catch(onRejected) {
    return this.exec().catch(onRejected)
  }

  asCallback(callback) {
    return this.exec().then(result => callback(null, result))
  }

  cursor() {
    return generatorOf(this.#work)
  }
}

class LazyPromise extends Promise {
  static get [Symbol.species]() {
    return Promise
  }

  constructor(run) {
    super(() => {})
    this.run = run
  }

  // biome-ignore lint/suspicious/noThenProperty: a thenable is what is tested
  then(onFulfilled, onRejected) {
    return this.run().then(onFulfilled, onRejected)
  }
}

async function* generatorOf(work) {
  await null
  work('work')
  yield 'x'
}

function webStreamOf(work) {
  let pulls = 0
  return new ReadableStream(
    {
      async pull(controller) {
        await turn()
        if (pulls++ > 0) return controller.close()
        work('work')
        controller.enqueue(new Uint8Array([65]))
      },
      cancel: () => work('work')
    },
    { highWaterMark: 0 }
  )
}

async function drained(iterable) {
  for await (const _ of iterable);
}
