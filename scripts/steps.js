'use strict'

// Runs named steps one after the other, shows what each took, and ends with one plain line for machines.

/**
 * @typedef {{ name: string, run: () => unknown, isNeeded?: boolean }} Step
 *   isNeeded: the steps after it make no sense when it fails
 */

/**
 * Runs the steps in order. One that throws fails; the others run all the same. Sets the process's exit code.
 * @param {Step[]} steps
 */
async function runSteps(steps) {
  let failed = 0
  /** @type {string[]} */
  const times = []
  for (const { name, run, isNeeded } of steps) {
    console.log(`\n=== ${name}`)
    const startMs = performance.now()
    const problem = await problemOf(run)
    const took = `${((performance.now() - startMs) / 1000).toFixed(1)} s`
    times.push(`${problem === null ? 'ok    ' : 'FAILED'} ${took.padStart(8)}  ${name}`)
    if (problem !== null) {
      console.log(`\n${name} failed: ${problem}`)
      process.exitCode = 1
      failed += 1
      if (isNeeded) break
    }
  }
  const notRun = steps.slice(times.length).map(step => step.name)
  console.log(`\n=== summary\n${times.join('\n')}`)
  if (notRun.length > 0) console.log(`not run: ${notRun.join(', ')}`)
  console.log(`\n${times.length - failed} passed, ${failed} failed`)
}

/**
 * @param {Step['run']} run
 * @returns {Promise<string | null>} why it failed
 */
async function problemOf(run) {
  try {
    await run()
    return null
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

module.exports = { runSteps }
