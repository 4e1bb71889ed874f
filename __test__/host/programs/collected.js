'use strict'

// Objects that are garbage while what they gave is read. Prints for each whether its span ended too early, and whether
// it ended at all. Needs --expose-gc.

const { setImmediate: turn } = require('node:timers/promises')
const { llmobs } = require('../../..')

async function collect() {
  for (let i = 0; i < 4; i++) {
    globalThis.gc?.()
    await turn()
  }
}

async function* words() {
  for (const word of ['one', 'two', 'three']) {
    await turn()
    yield word
  }
}

const bytes = () =>
  ReadableStream.from(
    (async function* () {
      for await (const word of words()) yield Buffer.from(word)
    })()
  )

/** Makes what is returned, and gives what is read of it. @type {Record<string, [() => any, (result: any) => any]>} */
const CASES = {
  'a thenable that gave a stream': [
    // biome-ignore lint/suspicious/noThenProperty: a thenable is what is tested
    () => ({ then: resolve => resolve(words()) }),
    async result => await result
  ],
  'a thenable still at work': [
    () => ({
      // biome-ignore lint/suspicious/noThenProperty: a thenable is what is tested
      then: resolve => collect().then(() => resolve(words()))
    }),
    async result => await result
  ],
  'an iterable whose iterator is read': [
    () => ({ [Symbol.asyncIterator]: () => words() }),
    result => result[Symbol.asyncIterator]()
  ],
  'a Response whose body is read': [() => new Response(bytes()), result => result.body],
  'a web stream whose branch is read': [() => ReadableStream.from(words()), result => result.tee()[1]],
  'a web stream behind a transformation': [
    () => ReadableStream.from(words()),
    result => result.pipeThrough(new TransformStream())
  ],
  'a starting method whose cursor is read': [
    // biome-ignore lint/suspicious/noThenProperty: a thenable is what is tested
    () => ({ then() {}, cursor: () => words() }),
    result => result.cursor()
  ]
}

async function main() {
  /** @type {Record<string, { early: boolean, ended: boolean }>} */
  const seen = {}
  for (const [name, [make, use]] of Object.entries(CASES)) {
    /** @type {any} */
    let span
    const stream = await use(
      llmobs.trace({ kind: 'task', name }, given => {
        span = given
        return make()
      })
    )
    let early = false
    for await (const _ of stream) {
      await collect()
      early ||= span.finished
    }
    await collect()
    seen[name] = { early, ended: span.finished }
  }
  process.stdout.write(JSON.stringify(seen))
}

main()
