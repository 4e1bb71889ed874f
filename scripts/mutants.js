'use strict'

// `npm run mutants`: does a test fail for each small change of what isolates, counts and keeps? cargo-mutants makes the
// changes in a copy of the repository, one after the other, and runs the tests that know the module. The first run installs
// it. All modules take hours; what survived is in target/mutants/<module>/mutants.out/missed.txt. What is JavaScript is
// changed by Stryker, which prints what survived.
//   -- --module budget,eviction   some of them
//   -- --jobs 4                   so many at once; 1 otherwise

const { spawnSync } = require('node:child_process')
const { mkdirSync } = require('node:fs')
const { parseArgs } = require('node:util')

const { cargo, inRepository, run } = require('./command')
const { JAVASCRIPT, mutateJavaScript } = require('./mutants/javascript')
const { runSteps } = require('./steps')

const VERSION = '27.1.0'
const TIMEOUT_SECONDS = 60
const LANE_TESTS = [
  'accounting',
  'isolation',
  'reserve',
  'retries',
  'flush',
  'drain',
  'rotation',
  'first_contact',
  'linger'
]

// Each change is built anew, which takes longer than the tests.
const NOT_OPTIMISED = 'profile.dev.package.spanlane.opt-level=0'

// Tests that take their time over what no module below has a part in: names, the reader of records, the vault, a panic.
const NOT_CONCERNED = ['several_addresses', 'the_reader_wakes_for', 'a_full_vault', 'a_panic_becomes']

/**
 * What of `src/` is a module, and which tests know it: those inside, and files of `tests/`.
 *
 * @type {Record<string, { files: string[], tests?: string[] }>}
 */
const MODULES = {
  budget: { files: ['budget.rs'] },
  eviction: { files: ['eviction.rs'] },
  stats: { files: ['stats.rs'] },
  schedule: { files: ['schedule.rs', 'schedule/*.rs'] },
  search: { files: ['lane/search.rs'], tests: ['retries'] },
  lane: { files: ['lane/*.rs', 'lane/state/*.rs'], tests: LANE_TESTS },
  classify: {
    files: ['delivery/classify.rs', 'delivery/classify/*.rs'],
    tests: ['retries', 'drain', 'accounting']
  },
  payload: { files: ['payload.rs', 'payload/*.rs'], tests: ['wire'] }
}

/** @returns {{ modules: string[], jobs: string }} */
function wanted() {
  const { values } = parseArgs({ options: { module: { type: 'string' }, jobs: { type: 'string' } } })
  const known = [...Object.keys(MODULES), ...JAVASCRIPT]
  const modules = values.module?.split(',') ?? known
  for (const module of modules) {
    if (!known.includes(module)) throw new Error(`--module: ${known.join(', ')}`)
  }
  return { modules, jobs: values.jobs ?? '1' }
}

function ensureCargoMutants() {
  const has = spawnSync('cargo', ['mutants', '--version'], { stdio: 'ignore' }).status === 0
  if (!has) cargo(['install', 'cargo-mutants', '--version', VERSION, '--locked'])
}

/**
 * @param {string} module
 * @param {string} jobs
 */
function mutate(module, jobs) {
  ensureCargoMutants()
  const { files, tests = [] } = MODULES[module]
  const out = inRepository('target', 'mutants', module)
  mkdirSync(out, { recursive: true })
  const which = files.flatMap(file => ['-f', `src/${file}`])
  // Behind `--` they would reach the test run alone, and every target be built, and optimised, for each change.
  const builds = ['--config', NOT_OPTIMISED, '--lib', ...tests.map(test => `--test=${test}`)].map(
    it => `-C=${it}`
  )
  const skipped = NOT_CONCERNED.flatMap(test => ['--skip', test])
  const limits = ['--timeout', `${TIMEOUT_SECONDS}`, '--jobs', jobs, '--no-shuffle']
  run('cargo', ['mutants', '-o', out, ...limits, ...which, ...builds, '--', '--', ...skipped], {
    // Debug information is most of the linker's work, and a few cases of a property find what many do.
    env: { CARGO_PROFILE_DEV_DEBUG: '0', PROPTEST_CASES: '64' },
    timeoutMs: Number.POSITIVE_INFINITY
  })
}

try {
  const { modules, jobs } = wanted()
  runSteps([
    ...modules.map(module => ({
      name: `mutants of ${module}`,
      run: () => (JAVASCRIPT.includes(module) ? mutateJavaScript(module, jobs) : mutate(module, jobs))
    }))
  ])
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 2
}
