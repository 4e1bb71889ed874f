'use strict'

// An application's node_modules as `npm install spanlane` leaves it, without a registry: what is measured and tried is what
// users install.

const { execFileSync } = require('node:child_process')
const { cpSync, mkdirSync, readdirSync, writeFileSync } = require('node:fs')
const path = require('node:path')
const { inRepository } = require('../command')
const { name: PACKAGE, version } = require('../../package.json')

const NATIVE = inRepository('lib', 'native')

/**
 * @param {string} modules an application's node_modules
 * @param {{ withAddon: boolean }} options without: as on a platform that has no package
 * @returns {string} the folder of the package in there
 */
function installInto(modules, { withAddon }) {
  const folder = path.join(modules, PACKAGE)
  // A process of its own: this one may be Jest's, which has modules of its own.
  execFileSync(process.execPath, [inRepository('scripts', 'package.js'), folder], {
    stdio: ['ignore', 'ignore', 'inherit']
  })
  if (withAddon) installPlatformPackage(modules)
  return folder
}

/** @param {string} modules */
function installPlatformPackage(modules) {
  const addon = readdirSync(NATIVE).find(file => file.endsWith('.node')) ?? ''
  const [, platform] = /^spanlane\.(.+)\.node$/.exec(addon) ?? []
  const name = `${PACKAGE}-${platform}`
  const folder = path.join(modules, name)
  mkdirSync(folder, { recursive: true })
  cpSync(path.join(NATIVE, addon), path.join(folder, addon))
  writeFileSync(path.join(folder, 'package.json'), JSON.stringify({ name, version, main: addon }))
}

module.exports = { installInto }
