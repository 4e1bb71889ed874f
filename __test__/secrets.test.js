'use strict'

const { randomBytes } = require('node:crypto')
const { mkdtempSync, readdirSync, readFileSync, rmSync } = require('node:fs')
const { tmpdir } = require('node:os')
const path = require('node:path')
const { intakes } = require('./support/intake')
const { ROOT, runChild } = require('./support/run-child')
const { findKeys, formsOf, keysOf } = require('./trust/secrets')

/** The most that Node, OpenSSL and a Rust library can be made to print. */
const LOUD = { NODE_DEBUG: '*', RUST_LOG: 'trace', RUST_BACKTRACE: 'full' }
/** The end of a child that hangs; busy machines are slow. */
const CHILD_TIMEOUT_MS = 60_000
jest.setTimeout(CHILD_TIMEOUT_MS + 10_000)

const intake = intakes()

describe('the search finds a key', () => {
  const key = keysOf('planted')[0]

  test.each(formsOf(key).map((form, index) => [index, form]))('in its form %i', (_, form) => {
    expect(findKeys(`before ${form} after`, [key])).not.toEqual([])
  })

  test('and nothing where there is none', () => {
    expect(findKeys(`${keysOf('another').join(' ')} ${'0'.repeat(100)}`, [key])).toEqual([])
  })
})

test('no key and no half of one is in any output, error, report or reachable object', async () => {
  const seed = randomBytes(16).toString('hex')
  const keys = keysOf(seed)
  const [, , , refused] = keys
  const { url, requests } = await intake.start({
    script: [{ match: { key: refused }, actions: [{ status: 403, times: Number.POSITIVE_INFINITY }] }]
  })
  const { code, stdout, stderr } = await runChild(['__test__/trust/secrets-scenario.js', seed, url], {
    env: LOUD,
    timeoutMs: CHILD_TIMEOUT_MS
  })
  // It ends with an uncaught error on purpose, after all else was done.
  expect(code).toBe(1)
  expect(stdout.split('\n').slice(-20)).toContain('the scenario is over')
  expect(stderr.split('\n').some(line => line.includes('SPANLANE_'))).toBe(true)
  // What it did was real: the keys were used, and one was refused.
  expect(new Set(requests.map(request => request.status))).toEqual(new Set([202, 403]))
  expect(findKeys(stdout, keys)).toEqual([])
  expect(findKeys(stderr, keys)).toEqual([])
})

test('the demo prints no key', async () => {
  // Its keys are new in each run: what listens notes those that the core was given.
  const folder = mkdtempSync(path.join(tmpdir(), 'spanlane-demo-'))
  const preload = path.join(ROOT, 'scripts', 'canaries', 'preload.js')
  const { code, stdout, stderr } = await runChild(['examples/three-customers/index.js'], {
    env: { ...LOUD, SPANLANE_CANARIES: folder, NODE_OPTIONS: `--require ${preload}` },
    timeoutMs: CHILD_TIMEOUT_MS
  })
  const notes = readdirSync(folder).filter(name => name.startsWith('keys-'))
  const lines = notes.flatMap(name => readFileSync(path.join(folder, name), 'utf8').split('\n'))
  const keys = lines.filter(Boolean).map(line => JSON.parse(line))
  rmSync(folder, { recursive: true })
  expect(code).toBe(0)
  expect(new Set(keys).size).toBe(4)
  expect(stderr.length).toBeGreaterThan(1000)
  expect(findKeys(stdout, keys)).toEqual([])
  expect(findKeys(stderr, keys)).toEqual([])
})
