'use strict'

// `npm run demo`: sets everything up, then runs the three-customers example against the local intake.

const { inRepository, run } = require('./command')
const { ensureDependencies } = require('./dependencies')
const { ensureNative } = require('./native')

try {
  ensureDependencies()
  ensureNative('any')
  run(process.execPath, [inRepository('examples', 'three-customers')])
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
