'use strict'

// Whether what loads as the native part is ours and of this version. Records are a private format: a core of another
// version would misread them, and another package's addon, or a bundler's path to a file, is no core at all.

const { readFileSync } = require('node:fs')
const path = require('node:path')
const { name: packageName, version: packageVersion } = require('../package.json')

/** What the core is made of. */
const CLASSES = /** @type {const} */ (['Core', 'Producer'])

/**
 * Address space that threads and allocators reserve, and hardly ever use. Where a process may not have that much, memory
 * that is refused would end it.
 */
const SPACE_BYTES = 768 * 1024 * 1024

/** A chain of causes is no longer than what the loader tries. */
const CAUSES_MAX = 20

/**
 * @typedef {typeof import('./native')} Addon
 * @typedef {{ addon: Addon, reason: null } | { addon: null, reason: string }} Opened
 */

/**
 * @param {() => unknown} load throws with the loader's causes
 * @param {(loaded: object) => string | undefined} fileOf where a module came from, if that can be told
 * @returns {Opened} the addon, or why there is none, in one line
 */
function openAddon(load, fileOf) {
  try {
    const shortage = shortOfSpace()
    if (shortage !== null) return { addon: null, reason: shortage }
    const loaded = load()
    const reason = unfitness(loaded, fileOf)
    if (reason !== null) return { addon: null, reason }
    return { addon: /** @type {Addon} */ (loaded), reason: null }
  } catch (error) {
    return { addon: null, reason: reasonOf(error) }
  }
}

/** @param {unknown} error @returns {string} */
function reasonOf(error) {
  try {
    return trueReason(error)
  } catch {
    return 'loading it failed with an error that cannot be read'
  }
}

/** @returns {string | null} why there is not enough address space; null: there is, or the system does not say */
function shortOfSpace() {
  if (process.platform !== 'linux') return null
  const limitBytes = numberIn('/proc/self/limits', /^Max address space +(\d+)/m)
  if (limitBytes === null) return null
  const usedBytes = 1024 * (numberIn('/proc/self/status', /^VmSize:\s+(\d+) kB/m) ?? 0)
  if (limitBytes - usedBytes >= SPACE_BYTES) return null
  return `of ${limitBytes} bytes of address space (ulimit -v) ${usedBytes} are in use; ${SPACE_BYTES} must be free`
}

/**
 * @param {string} file
 * @param {RegExp} pattern
 * @returns {number | null}
 */
function numberIn(file, pattern) {
  try {
    const found = pattern.exec(readFileSync(file, 'latin1'))
    return found === null ? null : Number(found[1])
  } catch {
    return null
  }
}

/**
 * @param {unknown} loaded
 * @param {(loaded: object) => string | undefined} fileOf
 * @returns {string | null} null: it can be used
 */
function unfitness(loaded, fileOf) {
  if (loaded === null || typeof loaded !== 'object')
    return `a ${typeof loaded} was loaded instead of the native part`
  const file = fileOf(loaded)
  if (!isCore(loaded)) return `${file ?? 'what was loaded'} is not the native part of ${packageName}`
  const version = versionBeside(file) ?? /** @type {Addon} */ (loaded).VERSION
  if (version === packageVersion && /** @type {Addon} */ (loaded).VERSION === packageVersion) return null
  return `${file ?? 'the native part'} is of version ${version}, ${packageName} of ${packageVersion}: install them together`
}

/** @param {object} loaded */
function isCore(loaded) {
  const named = /** @type {Record<string, unknown>} */ (loaded)
  return typeof named.VERSION === 'string' && CLASSES.every(name => typeof named[name] === 'function')
}

/**
 * A platform package holds the addon and its own package.json.
 *
 * @param {string | undefined} file
 * @returns {string | undefined}
 */
function versionBeside(file) {
  if (file === undefined) return undefined
  try {
    return JSON.parse(readFileSync(path.join(path.dirname(file), 'package.json'), 'utf8')).version
  } catch {
    return undefined
  }
}

/**
 * The loader throws a summary, with what it tried as a chain of causes, the last first. What was there and could not
 * be loaded says more than what was not there.
 *
 * @param {unknown} error
 * @returns {string}
 */
function trueReason(error) {
  const tried = causesOf(error).map(lineOf)
  const absent = tried.filter(isAbsence)
  return (
    tried.find(reason => !isAbsence(reason)) ??
    // The addon beside the loader is there in a development checkout only.
    absent.find(reason => !isOfNoPlatform(reason) && !reason.includes("'./")) ??
    absent.find(reason => !isOfNoPlatform(reason)) ??
    `nothing that could be the native part of ${packageName} was loaded`
  )
}

/** @param {any} error @returns {any[]} what was tried first is first; without the summary */
function causesOf(error) {
  const causes = [error]
  // An error need not be of this realm.
  for (let cause = error?.cause; typeof cause?.message === 'string'; cause = cause.cause) {
    if (causes.length > CAUSES_MAX) break
    causes.unshift(cause)
  }
  return causes.length > 1 ? causes.slice(0, -1) : causes
}

/** @param {any} cause @returns {string} */
function lineOf(cause) {
  return String(cause?.message ?? cause).split('\n', 1)[0]
}

/** @param {string} reason */
function isAbsence(reason) {
  return reason.startsWith('Cannot find module')
}

/** The loader asks for what is not published at all. @param {string} reason */
function isOfNoPlatform(reason) {
  return /wasi(\.cjs)?'$/.test(reason)
}

module.exports = { openAddon }
