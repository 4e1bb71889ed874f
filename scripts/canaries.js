'use strict'

// `npm run canaries`: the whole Jest suite, as loud as Node and Rust can be made, and then a search of everything
// that any of its processes wrote for every key that any of its cores was given.

const { spawnSync } = require('node:child_process')
const { mkdtempSync, readdirSync, readFileSync, rmSync } = require('node:fs')
const { tmpdir } = require('node:os')
const path = require('node:path')
const { inRepository } = require('./command')
const { ensureDependencies } = require('./dependencies')
const { ensureNative } = require('./native')
const { findKeys } = require('../__test__/trust/secrets')

/** Shorter ones are words of the tests (`k1`, `old`), which are in titles. */
const KEY_CHARS_MIN = 20
/** Half of one says nothing: such a key is searched for whole. */
const MONOTONOUS = /^(.)\1{7}/
const TIMEOUT_MS = 20 * 60_000

/** @param {string[]} jestArguments */
function main(jestArguments) {
  ensureDependencies()
  ensureNative('debug')
  const folder = mkdtempSync(path.join(tmpdir(), 'spanlane-canaries-'))
  const preload = inRepository('scripts', 'canaries', 'preload.js')
  const { status } = spawnSync(
    process.execPath,
    [inRepository('node_modules', 'jest', 'bin', 'jest.js'), ...jestArguments],
    {
      cwd: inRepository(),
      env: {
        ...process.env,
        SPANLANE_CANARIES: folder,
        NODE_OPTIONS: `--require ${preload}`,
        RUST_LOG: 'trace',
        RUST_BACKTRACE: 'full'
      },
      stdio: ['ignore', 'inherit', 'inherit'],
      timeout: TIMEOUT_MS
    }
  )
  const read = (/** @type {string} */ what) =>
    readdirSync(folder)
      .filter(name => name.startsWith(what))
      .map(name => readFileSync(path.join(folder, name), 'utf8'))
      .join('\n')
  const given = new Set(
    read('keys-')
      .split('\n')
      .filter(Boolean)
      .map(line => JSON.parse(line))
  )
  const keys = [...given].filter(key => typeof key === 'string' && key.length >= KEY_CHARS_MIN)
  const [plain, telling] = [true, false].map(is => keys.filter(key => MONOTONOUS.test(key) === is))
  const output = read('output-')
  const transcripts = readdirSync(folder).filter(name => name.startsWith('output-')).length
  rmSync(folder, { recursive: true })
  const hits = [...findKeys(output, telling), ...plain.filter(key => output.includes(key))]
  console.log(
    `\n${given.size} keys were given; ${telling.length} were searched for in every form and ${plain.length} whole, ` +
      `in ${output.length} characters of ${transcripts} threads; hits: ${hits.length}`
  )
  for (const hit of hits.slice(0, 20)) console.log(hit)
  if (status !== 0) console.log(`jest ended with ${status}`)
  if (status !== 0 || hits.length > 0 || keys.length === 0) process.exitCode = 1
}

main(process.argv.slice(2))
