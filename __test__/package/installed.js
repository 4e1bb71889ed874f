'use strict'

const { execFileSync, spawnSync } = require('node:child_process')
const { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } = require('node:fs')
const os = require('node:os')
const path = require('node:path')

const repository = path.join(__dirname, '..', '..')
const native = path.join(repository, 'lib', 'native')

/**
 * @returns {string[]} the files `npm publish` would send, with forward slashes
 */
function packedFiles() {
  const [npm, first] = process.env.npm_execpath?.endsWith('.js')
    ? [process.execPath, [process.env.npm_execpath]]
    : ['npm', []]
  const output = execFileSync(npm, [...first, 'pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: repository,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    shell: process.platform === 'win32' && npm === 'npm'
  })
  const [{ files }] = JSON.parse(output)
  return files.map((/** @type {{ path: string }} */ file) => file.path)
}

/**
 * Lays out an application's node_modules as `npm install spanlane` would.
 * @param {{ withAddon: boolean }} options without: as on a platform that has no package
 */
function installPackage({ withAddon }) {
  const application = mkdtempSync(path.join(os.tmpdir(), 'spanlane-installed-'))
  installInto(path.join(application, 'node_modules'), { withAddon })
  return {
    /** @param {string[]} args */
    node: args => spawnSync(process.execPath, args, { cwd: application, encoding: 'utf8', timeout: 15_000 }),
    remove: () => rmSync(application, { recursive: true, force: true })
  }
}

/**
 * @param {string} modules an application's node_modules
 * @param {{ withAddon: boolean }} options
 */
function installInto(modules, { withAddon }) {
  for (const file of packedFiles()) {
    cpSync(path.join(repository, file), path.join(modules, 'spanlane', file))
  }
  if (withAddon) installPlatformPackage(modules)
}

/**
 * @param {string} modules
 */
function installPlatformPackage(modules) {
  const addon = readdirSync(native).find(file => file.endsWith('.node')) ?? ''
  const [, platform] = /^spanlane\.(.+)\.node$/.exec(addon) ?? []
  const { version } = require('../../package.json')
  const folder = path.join(modules, `spanlane-${platform}`)
  mkdirSync(folder, { recursive: true })
  cpSync(path.join(native, addon), path.join(folder, addon))
  writeFileSync(
    path.join(folder, 'package.json'),
    JSON.stringify({ name: `spanlane-${platform}`, version, main: addon })
  )
}

module.exports = { installInto, installPackage, packedFiles, repository }
