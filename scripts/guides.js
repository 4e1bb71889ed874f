'use strict'

// `npm run guides [name ...]`: the programs that the code of docs/guides is taken from, each with its packages from npm and
// this package beside them, as applications have it. Prints where the spans of each arrived. Installs the packages below
// target/guides.

const fs = require('node:fs')
const path = require('node:path')
const { GUIDES, PINNED } = require('../examples/guides/guides')
const { HEADINGS, rowsOf } = require('../examples/guides/index')
const { drawTable } = require('../testing')
const { devDependencies } = require('../package.json')
const { inRepository, npmInto } = require('./command')
const { ensureDependencies } = require('./dependencies')
const { ensureNative } = require('./native')
const { installInto } = require('./package/install')

// Not below node_modules, where no bundler compiles what it finds.
const CACHE = inRepository('target', 'guides')
const PROGRAMS = inRepository('examples', 'guides')

/** @param {string} name @returns {string} */
function versionOf(name) {
  return PINNED[name] ?? devDependencies[/** @type {keyof devDependencies} */ (name)]
}

/**
 * Lays out an application: the guide's packages, this package, and the programs.
 *
 * @param {string} name
 * @returns {string} the folder of the guide's programs
 */
function prepare(name) {
  const folder = path.join(CACHE, name)
  const specs = GUIDES[name].uses.map(used => `${used}@${versionOf(used)}`)
  const complete = path.join(folder, 'complete')
  if (!fs.existsSync(complete) || fs.readFileSync(complete, 'utf8') !== specs.join('\n')) {
    fs.rmSync(folder, { recursive: true, force: true })
    fs.mkdirSync(folder, { recursive: true })
    // Deno takes for ES modules what does not say otherwise.
    fs.writeFileSync(path.join(folder, 'package.json'), '{ "private": true, "type": "commonjs" }\n')
    npmInto(folder, specs, ['--ignore-scripts', '--no-package-lock', '--loglevel', 'error'])
    fs.writeFileSync(complete, specs.join('\n'))
  }
  const modules = path.join(folder, 'node_modules')
  fs.rmSync(path.join(modules, 'spanlane'), { recursive: true, force: true })
  installInto(modules, { withAddon: true })
  const programs = path.join(folder, 'guides')
  fs.rmSync(programs, { recursive: true, force: true })
  for (const part of ['customers.js', 'model.js', 'platform.js', 'questions.js', 'sink.js', name]) {
    fs.cpSync(path.join(PROGRAMS, part), path.join(programs, part), { recursive: true })
  }
  return path.join(programs, name)
}

async function main() {
  ensureDependencies()
  ensureNative('any')
  const asked = process.argv.slice(2)
  const unknown = asked.filter(name => !(name in GUIDES))
  if (unknown.length > 0)
    throw new RangeError(`no guide ${unknown[0]}; there are: ${Object.keys(GUIDES).join(', ')}`)
  const rows = []
  for (const name of asked.length > 0 ? asked : Object.keys(GUIDES)) {
    console.log(`=== ${name}`)
    const found = await rowsOf(name, prepare(name), versionOf)
    rows.push(...found.rows)
    for (const problem of found.problems) console.error(problem)
    if (found.problems.length > 0) process.exitCode = 1
  }
  console.log(drawTable(HEADINGS, rows))
}

main().catch(error => {
  console.error(error)
  process.exitCode = 1
})
