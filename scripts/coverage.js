'use strict'

// `npm run coverage`: lines of lib/ that Jest reaches, and lines of src/ that Jest and cargo test reach together.
// The Rust half uses cargo-llvm-cov, which the first run installs, and builds into its own target folder, so that it
// spoils no other build.

const { spawnSync } = require('node:child_process')

const { cargo, inRepository, run, tool } = require('./command')
const { ensureDependencies } = require('./dependencies')
const { buildNative, ensureNative } = require('./native')
const { runSteps } = require('./steps')

/** cargo-llvm-cov is built and llvm-tools fetched on the first run; both stay with the toolchain. */
function ensureTools() {
  const has = spawnSync('cargo', ['llvm-cov', '--version'], { stdio: 'ignore' }).status === 0
  if (!has) cargo(['install', 'cargo-llvm-cov', '--locked'])
  run('rustup', ['component', 'add', 'llvm-tools'])
}

/** The environment in which everything cargo builds is instrumented. */
function instrumented() {
  const result = spawnSync('cargo', ['llvm-cov', 'show-env'], {
    cwd: inRepository(),
    encoding: 'utf8',
    env: { ...process.env, CARGO_TARGET_DIR: inRepository('target', 'coverage') }
  })
  if (result.status !== 0) throw new Error(`cargo llvm-cov show-env: ${result.stderr}`)
  const lines = result.stdout.split('\n').filter(line => line.includes('='))
  return Object.fromEntries(lines.map(assignment))
}

/**
 * @param {string} line NAME='value', as a shell reads it
 * @returns {[string, string]}
 */
function assignment(line) {
  const at = line.indexOf('=')
  const value = line.slice(at + 1)
  const quoted = value.startsWith("'") && value.endsWith("'")
  return [line.slice(0, at), quoted ? value.slice(1, -1).replaceAll("'\\''", "'") : value]
}

/** @type {Record<string, string>} */
let env = {}

runSteps([
  { name: 'dependencies', isNeeded: true, run: () => void ensureDependencies() },
  { name: 'cargo-llvm-cov', isNeeded: true, run: ensureTools },
  {
    name: 'clean',
    isNeeded: true,
    run: () => {
      env = { ...instrumented(), CARGO_TARGET_DIR: inRepository('target', 'coverage') }
      cargo(['llvm-cov', 'clean', '--workspace'], { env })
    }
  },
  { name: 'cargo test, instrumented', run: () => cargo(['test', '--locked'], { env }) },
  { name: 'native addon, instrumented', isNeeded: true, run: () => buildNative('debug', env) },
  // In one process: Jest kills its workers, and a killed process writes no profile.
  { name: 'jest', run: () => tool('jest', ['--coverage', '--runInBand'], { env }) },
  { name: 'coverage of src/', run: () => cargo(['llvm-cov', 'report'], { env }) },
  { name: 'native addon (debug)', run: () => void ensureNative('debug') }
])
