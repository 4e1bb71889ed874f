'use strict'

// `npm run fuzz`: libFuzzer against the record decoder, each target of fuzz/ for its part of the time. The first run
// installs cargo-fuzz. Stable Rust is enough: without a sanitizer cargo-fuzz asks for stable flags only, and what the
// sanitizers look for needs `unsafe`, which the core has none of. What is found is kept in fuzz/artifacts/; the corpus
// in fuzz/corpus/ grows from run to run, and nothing depends on it.
//   -- --seconds 600       all targets together; 60 otherwise
//   -- --target producer   one of them

const { spawnSync } = require('node:child_process')
const { parseArgs } = require('node:util')

const { cargo, inRepository, run } = require('./command')
const { runSteps } = require('./steps')

const TARGETS = ['decode', 'producer']
const SECONDS = 60
const BUILD = ['-s', 'none', '--target-dir', inRepository('target', 'fuzz')]
/** Several records with all their parts, or a long script for a producer. */
const MAX_INPUT_BYTES = 8192
/** One input takes less than a millisecond. */
const SLOWEST_INPUT_SECONDS = 10
const MAX_MEMORY_MIB = 1024
const START_AND_END_MS = 60_000

/** @returns {{ seconds: number, targets: string[] }} */
function wanted() {
  const { values } = parseArgs({ options: { seconds: { type: 'string' }, target: { type: 'string' } } })
  const seconds = Number(values.seconds ?? SECONDS)
  if (!Number.isInteger(seconds) || seconds < 1) throw new Error('--seconds is a whole number from 1')
  const { target } = values
  if (target !== undefined && !TARGETS.includes(target)) throw new Error(`--target: ${TARGETS.join(' or ')}`)
  return { seconds, targets: target === undefined ? TARGETS : [target] }
}

function ensureCargoFuzz() {
  const has = spawnSync('cargo', ['fuzz', '--version'], { stdio: 'ignore' }).status === 0
  if (!has) cargo(['install', 'cargo-fuzz', '--locked'])
}

/**
 * @param {string} target
 * @param {number} seconds
 */
function fuzz(target, seconds) {
  const limits = [
    `-max_total_time=${seconds}`,
    `-max_len=${MAX_INPUT_BYTES}`,
    `-timeout=${SLOWEST_INPUT_SECONDS}`,
    `-rss_limit_mb=${MAX_MEMORY_MIB}`,
    // Not a line for each input that reaches something new.
    '-verbosity=0',
    '-print_final_stats=1'
  ]
  run('cargo', ['fuzz', 'run', ...BUILD, target, '--', ...limits], {
    timeoutMs: seconds * 1000 + START_AND_END_MS
  })
}

const { seconds, targets } = wanted()

runSteps([
  { name: 'cargo-fuzz', isNeeded: true, run: ensureCargoFuzz },
  { name: 'build', isNeeded: true, run: () => cargo(['fuzz', 'build', ...BUILD]) },
  {
    name: 'seeds',
    isNeeded: true,
    run: () => require('./fuzz/seeds').writeSeeds(inRepository('fuzz', 'corpus'))
  },
  ...targets.map(target => ({
    name: `fuzz ${target}`,
    run: () => fuzz(target, Math.ceil(seconds / targets.length))
  }))
])
