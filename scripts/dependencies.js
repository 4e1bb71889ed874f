'use strict'

// Installs the development dependencies when node_modules is not what the lock file says.

const { npm, readText } = require('./command')

/**
 * @typedef {{ version?: string, optional?: boolean, link?: boolean }} LockedPackage
 */

/** Installs when needed. Returns true if it did. */
function ensureDependencies() {
  if (dependenciesAreCurrent()) return false
  console.log('=== installing the development dependencies')
  npm(['ci'])
  return true
}

/** npm leaves a lock file of what it installed; it must hold every package of ours at the same version. */
function dependenciesAreCurrent() {
  const wanted = packagesOf('package-lock.json')
  const installed = packagesOf('node_modules/.package-lock.json')
  if (wanted === null || installed === null) return false
  for (const [folder, { version, optional }] of Object.entries(wanted)) {
    if (folder === '') continue
    // A package for another platform is optional and not installed here.
    if (installed[folder] === undefined && optional) continue
    if (installed[folder]?.version !== version) return false
  }
  return Object.keys(installed).every(folder => wanted[folder] !== undefined)
}

/**
 * @param {string} lockFile
 * @returns {Record<string, LockedPackage> | null}
 */
function packagesOf(lockFile) {
  const text = readText(lockFile)
  return text === null ? null : JSON.parse(text).packages
}

module.exports = { ensureDependencies }
