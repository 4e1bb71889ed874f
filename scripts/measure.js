'use strict'

// `measure.js <name> [arguments]`: sets everything up with a release build, then runs bench/<name>.js.

const { inRepository, run } = require('./command')
const { ensureDependencies } = require('./dependencies')
const { ensureNative } = require('./native')

const [name, ...rest] = process.argv.slice(2)
try {
  ensureDependencies()
  ensureNative('release')
  run(process.execPath, [inRepository('bench', `${name}.js`), ...rest], {
    timeoutMs: Number.POSITIVE_INFINITY
  })
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
