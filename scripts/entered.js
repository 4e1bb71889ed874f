'use strict'

// `npm run entered`: sets everything up, then lists the files and functions of lib/ that one annotated LLM span enters.

const { inRepository, run } = require('./command')
const { ensureDependencies } = require('./dependencies')
const { ensureNative } = require('./native')

try {
  ensureDependencies()
  ensureNative('any')
  run(process.execPath, [inRepository('scripts', 'entered', 'span.js')])
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
