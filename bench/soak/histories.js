'use strict'

// Random histories of submit, answer, flush, drain, rotate, close and shut down against the model of
// tests/accounting.rs. Needs the Rust toolchain.

const { spawnSync } = require('node:child_process')
const path = require('node:path')

const defaults = { histories: '1000000', seed: String(Math.floor(Math.random() * 2 ** 48)) }

/** @param {typeof defaults} options */
async function run({ histories, seed }) {
  const startedMs = performance.now()
  const { status, stdout, stderr } = spawnSync(
    'cargo',
    ['test', '--quiet', '--locked', '--profile', 'model', '--test', 'accounting', '--', '--nocapture'],
    {
      cwd: path.join(__dirname, '..', '..'),
      env: {
        ...process.env,
        SPANLANE_MODEL_CASES: histories,
        SPANLANE_MODEL_SEED: seed,
        RUST_BACKTRACE: '0'
      },
      encoding: 'utf8',
      maxBuffer: 256 * 1024 * 1024
    }
  )
  const seconds = Math.round((performance.now() - startedMs) / 1000)
  const hasPassed = status === 0 && stdout.includes(`${histories} histories`)
  return {
    figures: { histories: Number(histories), seed, seconds },
    problems: hasPassed ? [] : [`${stdout}\n${stderr}`.slice(-4000)]
  }
}

module.exports = { defaults, run }
