'use strict'

// What is published, and where it is made. Before anything is installed, too.

const { execFile } = require('node:child_process')
const { promisify } = require('node:util')
const { inRepository } = require('../command')

const executed = promisify(execFile)

/** The folder that is published. */
const PUBLISHED = 'target/package'
/** What it has beside the files of the repository: the modules of a first span. */
const BUNDLE = 'lib/bundle.js'

/**
 * @param {string} [folder] of a package; the repository is one, too
 * @returns {Promise<string[]>} the files that npm takes of it, with forward slashes
 */
async function packedFiles(folder = inRepository()) {
  const pack = ['pack', '--dry-run', '--json', '--ignore-scripts']
  const entry = process.env.npm_execpath
  const { stdout } = entry?.endsWith('.js')
    ? await executed(process.execPath, [entry, ...pack], { cwd: folder })
    : await executed('npm', pack, { cwd: folder, shell: process.platform === 'win32' })
  const [{ files }] = JSON.parse(stdout)
  return files.map((/** @type {{ path: string }} */ file) => file.path)
}

module.exports = { BUNDLE, PUBLISHED, packedFiles }
