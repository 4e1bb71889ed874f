'use strict'

// The package as it is published: the files that npm takes of the repository, and the modules of a first span as one file.

const { execFile } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')
const { promisify } = require('node:util')
const { inRepository } = require('../command')
const { Bundle } = require('./bundle')
const { BUNDLE, packedFiles } = require('./files')

const executed = promisify(execFile)
/** The loader of the addon: napi's, which requires other packages by names that it makes up. */
const LOADER = 'lib/native/index.js'
/** What would change which files are loaded. */
const SETTINGS = /^_?DD_|^DATADOG_|^SPANLANE_|^NAPI_RS_|^OTEL_|^NODE_OPTIONS$|^NODE_V8_COVERAGE$/i
const TIMEOUT_MS = 60_000

/** @param {string[]} args @returns {Promise<string[]>} the files that a process of its own names */
async function namedBy(args) {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !SETTINGS.test(name)))
  const { stdout } = await executed(process.execPath, args, { cwd: inRepository(), env, timeout: TIMEOUT_MS })
  return JSON.parse(stdout)
}

/** @returns {Promise<string[]>} the modules that a first span loads and an import does not, in that order */
async function modulesOfFirstSpan() {
  const program = inRepository('__test__', 'sdk', 'programs', 'first-span.js')
  const [imported, loaded] = await Promise.all([namedBy([program, '--import-only']), namedBy([program])])
  if (!loaded.some(file => file.endsWith('.node'))) {
    throw new Error('the addon was not loaded, and no span was made: npm run setup')
  }
  return loaded.filter(file => file.endsWith('.js') && file !== LOADER && !imported.includes(file))
}

/**
 * @param {string} folder is replaced when it is such a package
 * @returns {Promise<{ files: number, bundled: number }>} how many
 * @throws {Error} when it is something else, or a module cannot be moved
 */
async function writePackage(folder) {
  if (fs.existsSync(folder) && !fs.existsSync(path.join(folder, BUNDLE)))
    throw new Error(`${folder} is there, and no package that was made by this`)
  const [files, bundled] = await Promise.all([packedFiles(), modulesOfFirstSpan()])
  const isOurs = (/** @type {string} */ file) => file.endsWith('.js') && file !== LOADER
  const textOf = (/** @type {string} */ file) =>
    isOurs(file) ? fs.readFileSync(inRepository(file), 'utf8') : ''
  const bundle = new Bundle(new Map(files.map(file => [file, textOf(file)])), bundled)
  fs.rmSync(folder, { recursive: true, force: true })
  for (const file of files) {
    const target = path.join(folder, file)
    fs.cpSync(inRepository(file), target)
    if (isOurs(file)) fs.writeFileSync(target, bundle.beside(file))
  }
  fs.writeFileSync(path.join(folder, BUNDLE), bundle.text())
  return { files: files.length + 1, bundled: bundled.length }
}

module.exports = { writePackage }
