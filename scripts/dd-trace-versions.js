'use strict'

// Releases of dd-trace beside the one in node_modules: installed from npm, once, under node_modules/.cache.

const fs = require('node:fs')
const path = require('node:path')
const { inRepository, npmInto } = require('./command')

const CACHE = inRepository('node_modules', '.cache', 'bridge')

/**
 * @param {string} version
 * @returns {string} the package's folder
 */
function ddTraceOf(version) {
  const folder = path.join(CACHE, `dd-trace-${version}`)
  const found = path.join(folder, 'node_modules', 'dd-trace')
  if (!fs.existsSync(path.join(found, 'package.json'))) {
    fs.mkdirSync(folder, { recursive: true })
    fs.writeFileSync(path.join(folder, 'package.json'), '{ "private": true }\n')
    // Without the native parts, which Spanlane does not touch; --force, because dd-trace 6 refuses Node 20.
    npmInto(folder, [`dd-trace@${version}`], ['--omit=optional', '--ignore-scripts', '--force'])
  }
  return found
}

module.exports = { ddTraceOf }
