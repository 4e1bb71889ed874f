'use strict'

// What a published package must be: the rules of the rehearsal, and nothing that acts.

const { BUNDLE } = require('../package/files')

const LICENCES = 'THIRD-PARTY-LICENSES.yml'
/** The main package is JavaScript, text and one page; more would be something that strayed in. */
const MAX_MAIN_BYTES = 1024 * 1024

/** @typedef {import('./registry').Published} Published */

/**
 * @param {string} triple as `napi.targets` names it
 * @returns {{ name: string, os: string, cpu: string, libc: string | undefined, addon: string }}
 */
function platformOf(triple) {
  const [arch, , system, abi] = triple.split('-')
  const cpu = arch === 'x86_64' ? 'x64' : 'arm64'
  const os = system === 'windows' ? 'win32' : system
  const name = [os, cpu, abi].filter(Boolean).join('-')
  const libc = os === 'linux' ? (abi === 'gnu' ? 'glibc' : abi) : undefined
  return { name: `spanlane-${name}`, os, cpu, libc, addon: `spanlane.${name}.node` }
}

/**
 * @param {Published} published
 * @param {string[]} files of its tarball
 * @param {{ triple: string, version: string }} expected
 * @returns {string[]} what is wrong with the package of a platform
 */
function platformProblems({ name, manifest }, files, { triple, version }) {
  const { os, cpu, libc, addon } = platformOf(triple)
  const expected = {
    version,
    os: [os],
    cpu: [cpu],
    libc: libc === undefined ? undefined : [libc],
    main: addon
  }
  return [
    ...differences(name, manifest, expected),
    ...['LICENSE', LICENCES, addon, 'package.json']
      .filter(file => !files.includes(file))
      .map(file => `${name}: ${file} is not in it`),
    ...files
      .filter(file => !['LICENSE', LICENCES, 'README.md', addon, 'package.json'].includes(file))
      .map(file => `${name}: ${file} is in it`)
  ]
}

/**
 * @param {Published} published
 * @param {string[]} files of its tarball
 * @param {{ targets: string[], version: string }} expected
 * @returns {string[]} what is wrong with the package that users name
 */
function mainProblems({ name, manifest, tarball }, files, { targets, version }) {
  const optionalDependencies = Object.fromEntries(targets.map(triple => [platformOf(triple).name, version]))
  const entries = Object.values(manifest.exports).flatMap(filesOfEntry)
  return [
    ...differences(name, manifest, { version, optionalDependencies, dependencies: undefined }),
    ...[...entries, manifest.bin.spanlane, 'lib/native/index.js', BUNDLE, 'LICENSE', 'README.md']
      .map(file => file.replace(/^\.\//, ''))
      .filter(file => !files.includes(file))
      .map(file => `${name}: ${file} is not in it`),
    ...files.filter(file => file.endsWith('.node')).map(file => `${name}: ${file} is in it`),
    ...(tarball.length > MAX_MAIN_BYTES ? [`${name}: ${tarball.length} bytes`] : []),
    ...['preinstall', 'install', 'postinstall']
      .filter(script => script in (manifest.scripts ?? {}))
      .map(script => `${name}: runs ${script}`)
  ]
}

/** @param {any} entry of `exports` @returns {string[]} */
function filesOfEntry(entry) {
  return typeof entry === 'string' ? [entry] : Object.values(entry).flatMap(filesOfEntry)
}

/** @param {string} name @param {Record<string, any>} found @param {Record<string, any>} expected */
function differences(name, found, expected) {
  return Object.entries(expected)
    .filter(([field, value]) => canonical(found[field]) !== canonical(value))
    .map(([field, value]) => `${name}: ${field} is ${canonical(found[field])}, not ${canonical(value)}`)
}

/** @param {any} value @returns {string} the same for objects with the same entries */
function canonical(value) {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
  return String(JSON.stringify(isObject ? Object.fromEntries(Object.entries(value).sort()) : value))
}

module.exports = { LICENCES, mainProblems, platformOf, platformProblems }
