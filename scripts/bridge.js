'use strict'

// `npm run bridge`: the bridge with every dd-trace and Node it promises to work with, and in bundles. Installs them
// from npm, once. `bridge.js matrix`, `bridge.js bundlers` run one of both; `bridge.js weaknesses [start of a row]`
// prints what dd-trace does alone and attached, with a release build.

const { inRepository, run } = require('./command')
const { ensureDependencies } = require('./dependencies')
const { ensureNative } = require('./native')
const { runSteps } = require('./steps')

const CHECKS = ['matrix', 'bundlers']
// Every row runs twice, most for some seconds.
const LIMIT_MS = 20 * 60_000

const [only, ...rest] = process.argv.slice(2)

/** @param {string} name */
function step(name) {
  return {
    name,
    run: () =>
      run(process.execPath, [inRepository('scripts', `bridge-${name}.js`), ...rest], { timeoutMs: LIMIT_MS })
  }
}

const isMeasured = only === 'weaknesses'
if (only !== undefined && !isMeasured && !CHECKS.includes(only)) {
  throw new Error(`unknown check "${only}": ${CHECKS.join(', ')} or weaknesses`)
}
runSteps([
  { name: 'dependencies', isNeeded: true, run: () => void ensureDependencies() },
  { name: 'native addon', isNeeded: true, run: () => void ensureNative(isMeasured ? 'release' : 'any') },
  ...(only === undefined ? CHECKS : [only]).map(step)
])
