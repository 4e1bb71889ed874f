'use strict'

const { once } = require('node:events')
const { startChild } = require('../support/run-child')

/** The end of a run that hangs; the test that waits for it ends later. */
const RUN_TIMEOUT_MS = 100_000
const SOAK_TIMEOUT_MS = RUN_TIMEOUT_MS + 10_000

/**
 * Runs one of the long runs of bench/soak with small numbers, in a process of its own.
 *
 * @param {string[]} args its name and options
 * @param {{ nodeOptions?: string[] }} [settings]
 * @returns {Promise<{ figures: any, problems: string[] }>}
 */
async function soak(args, { nodeOptions = [] } = {}) {
  const run = startChild([...nodeOptions, 'bench/soak.js', ...args], { timeoutMs: RUN_TIMEOUT_MS })
  const told = once(run.child, 'message')
  const { code, signal, stdout, stderr } = await run.ended
  // A run that found problems says so and ends with 1; one that says nothing has crashed.
  if (code !== 0 && code !== 1) throw new Error(`the run ended with ${signal ?? code}\n${stdout}\n${stderr}`)
  const ended = new Promise((_, reject) =>
    setImmediate(reject, new Error(`no figures\n${stdout}\n${stderr}`))
  )
  const [outcome] = await Promise.race([told, ended])
  return outcome
}

module.exports = { SOAK_TIMEOUT_MS, soak }
