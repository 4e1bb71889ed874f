'use strict'

// Builds the native addon into lib/native when its sources, its profile or the compiler changed.

const { createHash } = require('node:crypto')
const {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync
} = require('node:fs')
const path = require('node:path')

const { inRepository, readText, rustVersion, tool } = require('./command')

const STAMP = 'node_modules/.cache/spanlane/native.json'
const OUTPUT = 'lib/native'
const SOURCES = ['Cargo.toml', 'Cargo.lock', 'build.rs', 'src']

/**
 * @typedef {'debug' | 'release'} Profile
 * @typedef {Profile | 'any'} Wanted 'any': whichever is there and current; debug when none is
 * @typedef {{ profile: Profile, inputs: string, addons: string[] }} Stamp
 */

/**
 * Makes lib/native hold the loader and an addon built from the present sources.
 * @param {Wanted} wanted
 * @returns {{ built: boolean, typesChanged: boolean }}
 *   typesChanged: the build wrote another lib/native/index.d.ts than the tracked one
 */
function ensureNative(wanted) {
  const inputs = hashOfInputs()
  if (isCurrent(readStamp(), inputs, wanted)) return { built: false, typesChanged: false }

  const profile = wanted === 'any' ? 'debug' : wanted
  const typesBefore = readText(`${OUTPUT}/index.d.ts`)
  buildNative(profile)
  writeStamp({ profile, inputs, addons: addonsInOutput() })
  return { built: true, typesChanged: readText(`${OUTPUT}/index.d.ts`) !== typesBefore }
}

/**
 * Builds in any case, and leaves no stamp: the next `ensureNative` builds again.
 * @param {Profile} profile
 * @param {Record<string, string>} [env]
 */
function buildNative(profile, env) {
  console.log(`=== building the native addon (${profile})`)
  // A failed build must not leave an older addon that looks right.
  for (const file of [...addonsInOutput(), STAMP]) rmSync(inRepository(file), { force: true })
  const release = profile === 'release' ? ['--release'] : []
  tool('@napi-rs/cli', ['build', '--platform', ...release, '--output-dir', OUTPUT, '--', '--locked'], { env })
}

/**
 * @param {Stamp | null} stamp
 * @param {string} inputs
 * @param {Wanted} wanted
 */
function isCurrent(stamp, inputs, wanted) {
  if (stamp === null || stamp.inputs !== inputs) return false
  if (wanted !== 'any' && stamp.profile !== wanted) return false
  const files = [...stamp.addons, `${OUTPUT}/index.js`, `${OUTPUT}/index.d.ts`]
  return stamp.addons.length > 0 && files.every(file => existsSync(inRepository(file)))
}

/** One hash of everything that decides what the addon is. */
function hashOfInputs() {
  const hash = createHash('sha256')
  hash.update(`${process.platform} ${process.arch}\n${rustVersion()}\n`)
  const { name, version, napi, devDependencies } = JSON.parse(readText('package.json') ?? '{}')
  hash.update(JSON.stringify([name, version, napi, devDependencies['@napi-rs/cli']]))
  for (const file of SOURCES.flatMap(filesUnder)) {
    hash.update(`\n${file}\n`)
    hash.update(readFileSync(inRepository(file)))
  }
  return hash.digest('hex')
}

/**
 * @param {string} source file or folder
 * @returns {string[]} its files, in a fixed order
 */
function filesUnder(source) {
  const full = inRepository(source)
  if (!existsSync(full)) return []
  if (!statSync(full).isDirectory()) return [source]
  return readdirSync(full)
    .sort()
    .flatMap(name => filesUnder(`${source}/${name}`))
}

function addonsInOutput() {
  if (!existsSync(inRepository(OUTPUT))) return []
  return readdirSync(inRepository(OUTPUT))
    .filter(file => file.endsWith('.node'))
    .map(file => `${OUTPUT}/${file}`)
}

/** @returns {Stamp | null} */
function readStamp() {
  const text = readText(STAMP)
  return text === null ? null : JSON.parse(text)
}

/**
 * @param {Stamp} stamp
 */
function writeStamp(stamp) {
  mkdirSync(path.dirname(inRepository(STAMP)), { recursive: true })
  writeFileSync(inRepository(STAMP), `${JSON.stringify(stamp)}\n`)
}

module.exports = { buildNative, ensureNative }
