'use strict'

// Streams and thenables that nobody uses, collected. Run by abandoned.test.js with --expose-gc.

const { Readable } = require('node:stream')
const { setImmediate: turn } = require('node:timers/promises')
const { llmobs } = require('../../..')

async function* words() {
  yield 'one'
}

const MAKERS = {
  generator: () => words(),
  iterable: () => ({ [Symbol.asyncIterator]: words }),
  'node stream': () => Readable.from(['one']),
  'web stream': () => ReadableStream.from(['one']),
  // biome-ignore lint/suspicious/noThenProperty: a thenable is what is tested
  query: () => ({ then() {} })
}

/** @type {any[]} */
const spans = []

for (const [name, make] of Object.entries(MAKERS)) {
  llmobs.trace({ kind: 'task', name }, span => {
    spans.push(span)
    return make()
  })
  // The wrapped call is given what it returns: its span must not keep it.
  llmobs.wrap({ kind: 'tool', name: `wrapped ${name}` }, value => value)(make())
}

async function main() {
  while (llmobs.stats().total.submitted < 2 * Object.keys(MAKERS).length) {
    globalThis.gc?.()
    await turn()
  }
  process.stdout.write(`${spans.every(span => span.finished)}\n`)
}

main()
