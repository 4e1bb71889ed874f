'use strict'

// `measure.js <name> [arguments]`: sets everything up with a release build, then runs bench/<name>.js.

const { mkdirSync, writeFileSync } = require('node:fs')
const path = require('node:path')

const { inRepository, run } = require('./command')
const { ensureDependencies } = require('./dependencies')
const { ensureNative } = require('./native')

/** What the last build took; the suite shows it. */
const BUILD = inRepository('node_modules', '.cache', 'spanlane-bench', 'build.json')

function buildTimed() {
  const startMs = performance.now()
  if (!ensureNative('release').built) return
  const seconds = Math.round((performance.now() - startMs) / 1000)
  mkdirSync(path.dirname(BUILD), { recursive: true })
  writeFileSync(BUILD, `${JSON.stringify({ seconds, at: new Date().toISOString() })}\n`)
}

const [name, ...rest] = process.argv.slice(2)
try {
  ensureDependencies()
  buildTimed()
  run(process.execPath, [inRepository('bench', `${name}.js`), ...rest], {
    timeoutMs: Number.POSITIVE_INFINITY
  })
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
