'use strict'

// `npm run demo`: sets everything up, then runs the three-customers example against the local intake. `-- --page` and
// `-- --open` show its page, and stay until Ctrl-C.

const { inRepository, run } = require('./command')
const { ensureDependencies } = require('./dependencies')
const { ensureNative } = require('./native')

/** The page stays for as long as somebody looks. */
const STAYS = { timeoutMs: Number.POSITIVE_INFINITY }

try {
  ensureDependencies()
  ensureNative('any')
  run(process.execPath, [inRepository('examples', 'three-customers'), ...process.argv.slice(2)], STAYS)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
