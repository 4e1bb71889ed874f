'use strict'

// Mutation testing of JavaScript, by Stryker with Jest: each change is tried against the tests that ran through it.

const fs = require('node:fs')
const path = require('node:path')
const { inRepository, npmInto, run } = require('../command')
const { ensureDependencies } = require('../dependencies')

/** The newest that runs on Node 20. */
const VERSION = '9.6.1'
const FOLDER = inRepository('node_modules', '.cache', 'mutants')

/** What Stryker need not copy: nothing here needs the addon. */
const NOT_NEEDED = ['target', 'coverage', 'npm', 'src', 'tests', 'models', 'fuzz', 'benches', 'page', 'docs']

/**
 * What of `lib/` is a module, and the tests that know it.
 *
 * @type {Record<string, { files: string[], tests: string[] }>}
 */
const MODULES = {
  routing: {
    files: ['routing/**/*.js'],
    tests: [
      'routing/default-route-rule',
      'routing/opening-a-lane',
      'routing/outside-rule',
      'routing/reference-texts',
      'routing/route-options',
      'routing/route-references',
      'routing/routes-are-found-again',
      'routing/sampling-rule',
      'routing/several-targets',
      'routing/unknown-route-names'
    ]
  },
  lineage: {
    files: ['trace/lineage.js'],
    tests: ['trace/lineage']
  }
}

function ensureStryker() {
  const bin = path.join(FOLDER, 'node_modules', '@stryker-mutator', 'core', 'package.json')
  const isThere = fs.existsSync(bin) && JSON.parse(fs.readFileSync(bin, 'utf8')).version === VERSION
  if (isThere) return
  const packages = ['core', 'jest-runner'].map(name => `@stryker-mutator/${name}@${VERSION}`)
  npmInto(FOLDER, packages, ['--no-save', '--no-package-lock'])
}

/**
 * @param {string} module
 * @param {string} jobs
 */
function mutateJavaScript(module, jobs) {
  ensureDependencies()
  ensureStryker()
  const { files, tests } = MODULES[module]
  const out = inRepository('target', 'mutants', module)
  const installed = path.join(FOLDER, 'node_modules', '@stryker-mutator')
  const config = {
    testRunner: 'jest',
    plugins: [path.join(installed, 'jest-runner', 'dist', 'src', 'index.js')],
    mutate: files.map(file => `lib/${file}`),
    coverageAnalysis: 'perTest',
    // What runs while a module is loaded is tried against all tests, which take two seconds.
    ignoreStatic: false,
    jest: {
      projectType: 'custom',
      config: {
        testEnvironment: 'node',
        transform: {},
        testTimeout: 20_000,
        testMatch: tests.map(test => `<rootDir>/__test__/${test}.test.js`)
      }
    },
    ignorePatterns: NOT_NEEDED.map(folder => `/${folder}`),
    tempDirName: path.join('target', 'mutants', 'sandbox'),
    reporters: ['progress-append-only', 'clear-text', 'json'],
    clearTextReporter: { logTests: false, allowColor: false },
    jsonReporter: { fileName: path.join(out, 'report.json') },
    allowConsoleColors: false,
    dryRunTimeoutMinutes: 15,
    concurrency: Number(jobs)
  }
  fs.mkdirSync(out, { recursive: true })
  const file = path.join(out, 'stryker.json')
  fs.writeFileSync(file, JSON.stringify(config, null, 2))
  const stryker = path.join(installed, 'core', 'bin', 'stryker.js')
  run(process.execPath, [stryker, 'run', file], { timeoutMs: Number.POSITIVE_INFINITY })
}

module.exports = { JAVASCRIPT: Object.keys(MODULES), mutateJavaScript }
