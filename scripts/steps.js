'use strict'

// Runs named steps one after the other, shows what each took, and ends with one plain line for machines.

/**
 * @typedef {{ name: string, run: () => void }} Step
 */

/**
 * Runs the steps in order and stops at the first that throws. Sets the process's exit code.
 * @param {Step[]} steps
 */
function runSteps(steps) {
  let passed = 0
  /** @type {string[]} */
  const times = []
  for (const { name, run } of steps) {
    console.log(`\n=== ${name}`)
    const startMs = performance.now()
    const problem = problemOf(run)
    const took = `${((performance.now() - startMs) / 1000).toFixed(1)} s`
    times.push(`${problem === null ? 'ok    ' : 'FAILED'} ${took.padStart(8)}  ${name}`)
    if (problem !== null) {
      console.log(`\n${name} failed: ${problem}`)
      process.exitCode = 1
      break
    }
    passed += 1
  }
  const notRun = steps.slice(times.length).map(step => step.name)
  console.log(`\n=== summary\n${times.join('\n')}`)
  if (notRun.length > 0) console.log(`not run: ${notRun.join(', ')}`)
  console.log(`\n${passed} passed, ${times.length - passed} failed`)
}

/**
 * @param {() => void} run
 * @returns {string | null} why it failed
 */
function problemOf(run) {
  try {
    run()
    return null
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

module.exports = { runSteps }
