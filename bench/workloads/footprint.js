'use strict'

/** Size of the addon, time of its build, time that loading the package takes. */

const fs = require('node:fs')
const path = require('node:path')
const { gzipSync } = require('node:zlib')
const { summaryOf } = require('../support/summary')

const name = 'footprint'
const nodes = /** @type {const} */ ('all')
const ROOT = path.join(__dirname, '..', '..')
const NATIVE = path.join(ROOT, 'lib', 'native')
/** What scripts/measure.js leaves when it had to build. */
const BUILD = path.join(ROOT, 'node_modules', '.cache', 'spanlane-bench', 'build.json')

/** @param {import('./context').Context} context */
async function measure(context) {
  /** @type {Record<string, string>} */
  const modules = {
    'an empty module': path.join(ROOT, 'bench', 'support', 'empty-module.js'),
    spanlane: context.installed.folder,
    'dd-trace': context.ddTrace.folder
  }
  /** @type {Record<string, number[]>} */
  const times = Object.fromEntries(Object.keys(modules).map(module => [module, []]))
  for (let round = 0; round < context.scale.footprint.imports; round++) {
    for (const [module, file] of Object.entries(modules)) times[module].push(await importMs(context, file))
  }
  const importTimes = Object.entries(times).map(([module, list]) => ({ module, ms: summaryOf(list) }))
  return { addons: addons(), build: lastBuild(), imports: importTimes }
}

/**
 * @param {import('./context').Context} context
 * @param {string} file
 * @returns {Promise<number>}
 */
async function importMs(context, file) {
  const child = context.openMeasured('import.js', file)
  const { ms } = await child.next()
  await child.close()
  return ms
}

/** The addon as it is on the disk: a release build is stripped. */
function addons() {
  return fs
    .readdirSync(NATIVE)
    .filter(file => file.endsWith('.node'))
    .map(file => {
      const bytes = fs.readFileSync(path.join(NATIVE, file))
      return { file, bytes: bytes.length, gzipBytes: gzipSync(bytes).length }
    })
}

/** @returns {{ seconds: number, at: string } | null} */
function lastBuild() {
  return fs.existsSync(BUILD) ? JSON.parse(fs.readFileSync(BUILD, 'utf8')) : null
}

/** @returns {string[]} */
function problems() {
  return []
}

module.exports = { name, nodes, measure, problems }
