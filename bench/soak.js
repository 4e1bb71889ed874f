'use strict'

// The long runs: the same code as the tests in __test__/trust, with larger numbers.
// `soak.js` runs all of them, `soak.js <name> [--option value]` one. Fails when one of them finds a problem.

const { spawnSync } = require('node:child_process')
const { parseArgs } = require('node:util')

const RUNS = [
  'histories',
  'routing',
  'mixed-programs',
  'black-hole',
  'many-black-holes',
  'starvation',
  'outage',
  'unavailable',
  'exits',
  'hostile-sites',
  'hostile-objects',
  'terminated-workers',
  'idle-exit',
  'flat-memory',
  'steady'
]

/** @typedef {{ figures: Record<string, unknown>, problems: string[] }} Outcome */

/**
 * @param {string} name
 * @param {string[]} args
 * @returns {Promise<Outcome>}
 */
function runOne(name, args) {
  if (!RUNS.includes(name)) throw new RangeError(`unknown run "${name}": ${RUNS.join(', ')}`)
  const { defaults, run } = require(`./soak/${name}.js`)
  const options = Object.fromEntries(
    Object.entries(defaults).map(([option, value]) => [option, { type: 'string', default: value }])
  )
  return run(parseArgs({ args, options: /** @type {any} */ (options) }).values)
}

/** Each in a process of its own: the instance of a process can be opened once. */
function runAll() {
  const failed = RUNS.filter(name => {
    console.log(`\n--- ${name} ---`)
    return spawnSync(process.execPath, [__filename, name], { stdio: 'inherit' }).status !== 0
  })
  console.log(failed.length === 0 ? '\nall runs passed' : `\nfailed: ${failed.join(', ')}`)
  if (failed.length > 0) process.exitCode = 1
}

/** @param {string[]} args */
async function main([name, ...args]) {
  if (name === undefined) return runAll()
  const outcome = await runOne(name, args)
  console.log(JSON.stringify(outcome.figures))
  for (const problem of outcome.problems) console.error(problem)
  console.log(`${name} on Node ${process.versions.node}: ${outcome.problems.length === 0 ? 'ok' : 'failed'}`)
  if (outcome.problems.length > 0) process.exitCode = 1
  // A test that started this run reads the figures.
  process.send?.(outcome)
}

main(process.argv.slice(2))
