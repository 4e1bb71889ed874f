'use strict'

// Finds Debian's Chromium for the tests of the page, and installs it where it is missing and apt is there.

const { spawnSync } = require('node:child_process')
const { existsSync } = require('node:fs')

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
const INSTALL_TIMEOUT_MS = 5 * 60_000
/** No sandbox: tests run as root in containers, and the only page is our own. Nothing of it speaks to the internet. */
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync'
]

/** @returns {string | null} the path of a Chromium; `CHROMIUM_PATH` decides where it is set */
function chromiumPath() {
  const given = process.env.CHROMIUM_PATH
  if (given !== undefined) return existsSync(given) ? given : null
  return PLACES.find(path => existsSync(path)) ?? null
}

/** @returns {string} what was done, for a person */
function ensureChromium() {
  const found = chromiumPath()
  if (found !== null) return found
  const canInstall = process.platform === 'linux' && process.getuid?.() === 0 && hasApt()
  if (!canInstall) {
    return 'no Chromium: the tests of the page in a browser are left out (install it, or set CHROMIUM_PATH)'
  }
  const run = (/** @type {string[]} */ args) =>
    spawnSync('apt-get', args, {
      stdio: 'ignore',
      timeout: INSTALL_TIMEOUT_MS,
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
    })
  const install = ['install', '-y', '--no-install-recommends', 'chromium']
  if (run(install).status !== 0) {
    run(['update'])
    run(install)
  }
  return (
    chromiumPath() ?? 'apt-get could not install chromium: the tests of the page in a browser are left out'
  )
}

function hasApt() {
  return spawnSync('apt-get', ['--version'], { stdio: 'ignore' }).status === 0
}

if (require.main === module) console.log(ensureChromium())

module.exports = { FLAGS, chromiumPath, ensureChromium }
