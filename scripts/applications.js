'use strict'

// `npm run applications [name]`: applications with the frameworks that people use, each run without Spanlane, with it
// switched off, and with it recording. The host must see the same in all three; what arrived where must be what
// `__test__/applications/expected.js` says. Installs the frameworks from npm into node_modules/.cache.

const { spawn } = require('node:child_process')
const fs = require('node:fs')
const { Module } = require('node:module')
const path = require('node:path')
const { inRepository, npmInto } = require('./command')
const { ensureDependencies } = require('./dependencies')
const { ensureNative } = require('./native')

const PROGRAMS = inRepository('__test__', 'applications')
const FOLDER = inRepository('node_modules', '.cache', 'applications')
const MODES = ['without', 'off', 'on']
const RUN_TIMEOUT_MS = 60_000

/** @type {Record<string, string>} */
const PACKAGES = {
  '@hono/node-server': '2.1.9',
  '@langchain/core': '1.4.0',
  '@nestjs/common': '12.5.1',
  '@nestjs/core': '12.5.1',
  '@nestjs/platform-express': '12.5.1',
  ai: '6.0.326',
  bluebird: '3.7.2',
  execa: '9.6.1',
  execa5: 'npm:execa@5.1.1',
  express: '4.22.3',
  hono: '4.13.19',
  jest: '30.5.2',
  'jest-environment-jsdom': '30.5.2',
  knex: '3.3.0',
  mongoose: '9.12.1',
  next: '15.5.29',
  openai: '6.30.1',
  pg: '8.23.1',
  'pg-mem': '3.0.14',
  piscina: '5.3.2',
  react: '19.3.1',
  'react-dom': '19.3.1',
  'reflect-metadata': '0.2.2',
  rxjs: '7.8.2',
  typescript: '5.9.3',
  'zone.js': '0.16.3'
}

/**
 * @typedef {Record<string, number>} Arrived spans of one tenant, each named by those above it, with their number
 * @typedef {{ args: string[], arrives: Record<string, Arrived> }} Application
 * @typedef {{ code: number | null, signal: string | null, stdout: string, stderr: string }} Seen by the host
 */

/** Installs what is missing, and lets the programs find this package as any other. */
function prepare() {
  const manifest = `${JSON.stringify({ private: true, dependencies: PACKAGES }, null, 2)}\n`
  const file = path.join(FOLDER, 'package.json')
  const isInstalled = fs.existsSync(file) && fs.readFileSync(file, 'utf8') === manifest
  if (!isInstalled) {
    fs.mkdirSync(FOLDER, { recursive: true })
    fs.rmSync(file, { force: true })
    const packages = Object.entries(PACKAGES).map(entry => entry.join('@'))
    npmInto(FOLDER, packages, ['--ignore-scripts', '--no-save', '--no-package-lock'])
    fs.writeFileSync(file, manifest)
  }
  const link = path.join(FOLDER, 'node_modules', 'spanlane')
  fs.rmSync(link, { force: true })
  fs.symlinkSync(inRepository(), link, 'junction')
  for (const name of fs.readdirSync(PROGRAMS)) copyProgram(name)
}

/** @param {string} name */
function copyProgram(name) {
  const source = fs.readFileSync(path.join(PROGRAMS, name), 'utf8')
  if (!name.endsWith('.ts')) return fs.writeFileSync(path.join(FOLDER, name), source)
  const typescript = Module.createRequire(path.join(FOLDER, 'any.js'))('typescript')
  const { outputText } = typescript.transpileModule(source, {
    compilerOptions: {
      target: 'es2022',
      module: 'commonjs',
      experimentalDecorators: true,
      emitDecoratorMetadata: true
    }
  })
  return fs.writeFileSync(path.join(FOLDER, name.replace(/\.ts$/, '.js')), outputText)
}

/**
 * @param {Application} application
 * @param {string} mode
 */
async function run({ args }, mode) {
  const { startIntake } = require('../testing')
  const intake = await startIntake()
  const child = spawn(process.execPath, args, {
    cwd: FOLDER,
    env: { ...environment(), APPLICATION_MODE: mode, SPANLANE_INTAKE_URL: intake.url },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: RUN_TIMEOUT_MS,
    killSignal: 'SIGKILL'
  })
  const output = { stdout: '', stderr: '' }
  for (const name of /** @type {const} */ (['stdout', 'stderr'])) {
    child[name].setEncoding('utf8').on('data', text => {
      output[name] += text
    })
  }
  /** @type {Seen} */
  const seen = await new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => resolve({ code, signal, ...output }))
  })
  await childEnds(seen.stderr)
  const arrived = arrivedAt(intake)
  const violations = intake.violations.map(({ message }) => message)
  await intake.close()
  return { seen: comparable(seen), arrived, violations }
}

function environment() {
  return Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^_?DD_|^SPANLANE_|_proxy$|^NODE_OPTIONS$|^JEST_/i.test(name)
    )
  )
}

/** What an application that was stopped says of its own child. @param {string} stderr */
async function childEnds(stderr) {
  const pid = Number(/^child (\d+)$/m.exec(stderr)?.[1] ?? 0)
  for (let waits = 0; pid > 0 && isAlive(pid); waits++) {
    if (waits > 500) throw new Error('the child of an application that was stopped is still there')
    await new Promise(resolve => setTimeout(resolve, 10))
  }
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

/** Numbers of processes, times, and through whose functions a call went are not the same. @param {Seen} seen */
function comparable(seen) {
  const text = (/** @type {string} */ given) =>
    given
      .replace(/^child \d+$/gm, 'child')
      .replace(/ \([\d.]+ m?s\)|^(Time:).*$/gm, '$1')
      .replace(/^ {4}at .*\n/gm, '')
  return { ...seen, stdout: text(seen.stdout), stderr: text(seen.stderr) }
}

/**
 * @param {import('../testing').Intake} intake
 * @returns {Record<string, Arrived>}
 */
function arrivedAt(intake) {
  const keys = { acme: 'a'.repeat(32), globex: 'b'.repeat(32) }
  return Object.fromEntries(
    Object.entries(keys).map(([tenant, key]) => {
      const spans = intake.spans({ key })
      const byId = new Map(spans.map(span => [span.span_id, span]))
      /** @type {Arrived} */
      const counts = {}
      for (const span of spans) {
        const line = lineOf(span, byId)
        counts[line] = (counts[line] ?? 0) + 1
      }
      return [tenant, counts]
    })
  )
}

/**
 * @param {any} span
 * @param {Map<unknown, any>} byId
 */
function lineOf(span, byId) {
  const names = [span.status === 'error' ? `${span.name}!` : span.name]
  for (let above = span; above.parent_id !== 'undefined'; ) {
    const parent = byId.get(above.parent_id)
    names.unshift(parent === undefined ? '?' : parent.name)
    // A trace is in one piece.
    if (parent === undefined || parent.trace_id !== span.trace_id) break
    above = parent
  }
  return names.join(' > ')
}

/**
 * @param {string} name
 * @param {Application} application
 * @returns {Promise<string[]>} what is wrong
 */
async function check(name, application) {
  const { deepStrictEqual } = require('node:assert')
  /** @type {string[]} */
  const problems = []
  /** @param {string} what @param {unknown} actual @param {unknown} expected */
  const same = (what, actual, expected) => {
    try {
      deepStrictEqual(actual, expected)
    } catch (error) {
      problems.push(`${name}: ${what}\n${/** @type {Error} */ (error).message}`)
    }
  }
  const runs = []
  for (const mode of MODES) runs.push(await run(application, mode))
  const [without, off, on] = runs
  if (without.seen.stdout === '') problems.push(`${name}: says nothing\n${without.seen.stderr}`)
  same('the host sees something else when it is switched off', off.seen, without.seen)
  same('the host sees something else', on.seen, without.seen)
  same('something arrived where nothing is recorded', [without.arrived, off.arrived], [NOTHING, NOTHING])
  same('what arrived where', on.arrived, application.arrives)
  for (const violation of on.violations) problems.push(`${name}: ${violation}`)
  return problems
}

const NOTHING = { acme: {}, globex: {} }

async function main() {
  ensureDependencies()
  ensureNative('any')
  prepare()
  /** @type {Record<string, Application>} */
  const applications = require('../__test__/applications/expected')
  const [only] = process.argv.slice(2).filter(arg => !arg.startsWith('--'))
  const chosen = Object.entries(applications).filter(([name]) => only === undefined || name.startsWith(only))
  if (chosen.length === 0)
    throw new RangeError(`unknown application: ${Object.keys(applications).join(', ')}`)
  for (const [name, application] of chosen) {
    const problems = await check(name, application)
    console.log(`${problems.length === 0 ? 'ok' : 'FAILED'} ${name}`)
    for (const problem of problems) console.error(problem)
    if (problems.length > 0) process.exitCode = 1
  }
}

main().catch(error => {
  console.error(error)
  process.exitCode = 1
})
