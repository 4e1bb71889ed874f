'use strict'

// `npm run bench:instructions`: how many instructions the core executes for one event, from the ring to the answer,
// counted by valgrind's callgrind. The count is the same on every run but for hash seeds and clocks, so it shows a
// regression that no timing would. Fails when one case needs 5 % more than bench/instructions.json says.
// `--update` writes that file anew.

const { spawnSync } = require('node:child_process')
const { writeFileSync } = require('node:fs')
const { inRepository, readText, rustVersion } = require('./command')

const BASELINE = 'bench/instructions.json'
const CASES = ['1K-ascii', '1K-mixed', '10K-ascii', '10K-mixed', '10K-cjk']
/** What both runs share, the start and the end of the process, is not counted. */
const FEW = 200
const MANY = 1200
const TOLERANCE = 0.05
const RUN_MAX_MS = 120_000

/** @typedef {{ compiler: string, instructionsPerEvent: Record<string, number> }} Baseline */

/** @returns {string} the compiled program */
function build() {
  const args = ['bench', '--locked', '--bench', 'instructions', '--no-run', '--message-format', 'json']
  const { status, stdout } = spawnSync('cargo', args, {
    cwd: inRepository(),
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
    stdio: ['ignore', 'pipe', 'inherit']
  })
  if (status !== 0) throw new Error('the program whose instructions are counted could not be built')
  const artifacts = stdout.split('\n').filter(line => line.startsWith('{'))
  const found = artifacts
    .map(line => JSON.parse(line))
    .find(({ target, executable }) => target?.name === 'instructions' && executable)
  if (found === undefined) throw new Error('cargo named no program')
  return found.executable
}

/**
 * @param {string} program
 * @param {string} name of the case
 * @param {number} events
 * @returns {number} instructions of the whole process
 */
function count(program, name, events) {
  const tool = ['--tool=callgrind', '--callgrind-out-file=/dev/null']
  const { status, stderr } = spawnSync('valgrind', [...tool, program, name, String(events)], {
    encoding: 'utf8',
    timeout: RUN_MAX_MS
  })
  const collected = /Collected : (\d+)/.exec(stderr ?? '')
  if (status !== 0 || collected === null) throw new Error(`valgrind failed:\n${stderr}`)
  return Number(collected[1])
}

/**
 * @param {string} program
 * @returns {Record<string, number>}
 */
function countAll(program) {
  return Object.fromEntries(
    CASES.map(name => {
      const more = count(program, name, MANY) - count(program, name, FEW)
      return [name, Math.round(more / (MANY - FEW))]
    })
  )
}

/**
 * @param {Record<string, number>} counts
 * @param {Baseline | null} baseline
 * @returns {string[]} the cases that grew too much
 */
function compare(counts, baseline) {
  const grown = []
  for (const [name, instructions] of Object.entries(counts)) {
    const before = baseline?.instructionsPerEvent[name]
    const change = before === undefined ? null : instructions / before - 1
    const note = change === null ? 'no baseline' : `${change < 0 ? '' : '+'}${(100 * change).toFixed(2)} %`
    console.log(`${name.padEnd(10)} ${String(instructions).padStart(8)} instructions per event  ${note}`)
    if (change !== null && change > TOLERANCE) grown.push(name)
  }
  return grown
}

function main() {
  if (spawnSync('valgrind', ['--version']).status !== 0) {
    console.log('valgrind is not installed: no instructions were counted')
    return
  }
  const counts = countAll(build())
  const text = readText(BASELINE)
  const baseline = /** @type {Baseline | null} */ (text === null ? null : JSON.parse(text))
  const [compiler] = rustVersion().split('\n', 1)
  if (baseline !== null && baseline.compiler !== compiler) {
    console.log(`the baseline was counted with ${baseline.compiler}, this is ${compiler}`)
  }
  const grown = compare(counts, baseline)
  if (process.argv.includes('--update')) {
    const updated = { compiler, instructionsPerEvent: counts }
    writeFileSync(inRepository(BASELINE), `${JSON.stringify(updated, null, 2)}\n`)
    console.log(`${BASELINE} is written`)
  } else if (grown.length > 0) {
    console.error(`more than ${100 * TOLERANCE} % above ${BASELINE}: ${grown.join(', ')}`)
    process.exitCode = 1
  }
}

main()
