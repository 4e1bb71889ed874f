'use strict'

const { spawnSync } = require('node:child_process')
const { mkdtempSync, rmSync } = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { installInto } = require('../../scripts/package/install')

const repository = path.join(__dirname, '..', '..')

/**
 * Lays out an application's node_modules as `npm install spanlane` would.
 * @param {{ withAddon: boolean }} options without: as on a platform that has no package
 */
function installPackage({ withAddon }) {
  const application = mkdtempSync(path.join(os.tmpdir(), 'spanlane-installed-'))
  return {
    application,
    folder: installInto(path.join(application, 'node_modules'), { withAddon }),
    /** @param {string[]} args */
    node: args => spawnSync(process.execPath, args, { cwd: application, encoding: 'utf8', timeout: 15_000 }),
    remove: () => rmSync(application, { recursive: true, force: true })
  }
}

module.exports = { installPackage, repository }
