'use strict'

// Runs one block of a document: `node block-program.js`, what is to be run as JSON on standard input.

const { readFileSync } = require('node:fs')
const Module = require('node:module')
const path = require('node:path')
const { givenTo } = require('./given')

const SETTLED_MS = 5000
const { code, after = '', also = '{}' } = JSON.parse(readFileSync(0, 'utf8'))
const required = Module.createRequire(path.join(__dirname, '..', '..', 'app.js'))

async function main() {
  const given = givenTo(required)
  // What a block names and does not declare is what its reader has. A module in strict mode cannot say `with`.
  const run = new Function('given', `with (given) { return (async () => { ${code}\n;${after} })() }`)
  Object.assign(
    given,
    new Function('given', 'require', `with (given) { return (${also}) }`)(given, given.require)
  )
  await run(given)
  const { llmobs } = required('spanlane')
  await Promise.all(given.pending)
  const until = Date.now() + SETTLED_MS
  while (llmobs.stats().openSpans > 0 && Date.now() < until)
    await new Promise(resolve => setTimeout(resolve, 5))
  await llmobs.flush()
  process.exit()
}

main()
