'use strict'

// Runs the tools the scripts need. Uses only Node's own modules: it runs before node_modules exists.

const { spawnSync } = require('node:child_process')
const { existsSync, mkdirSync, readFileSync } = require('node:fs')
const path = require('node:path')

const root = path.join(__dirname, '..')

// No tool of this repository needs longer; a hang ends here instead of in a CI limit.
const TIMEOUT_MS = 30 * 60_000

/**
 * Runs one command with its output shown. Throws when it fails, so that a caller cannot overlook it.
 * @param {string} file
 * @param {string[]} args
 * @param {{ env?: Record<string, string | undefined>, shell?: boolean, timeoutMs?: number }} [options]
 */
function run(file, args, { env, shell = false, timeoutMs = TIMEOUT_MS } = {}) {
  const result = spawnSync(file, args, {
    cwd: root,
    env: { ...process.env, ...env },
    shell,
    stdio: ['ignore', 'inherit', 'inherit'],
    timeout: Number.isFinite(timeoutMs) ? timeoutMs : undefined
  })
  if (result.status === 0) return
  const cause =
    result.error?.message ?? (result.signal ? `signal ${result.signal}` : `exit code ${result.status}`)
  throw new Error(`${[path.basename(file), ...args].join(' ')}: ${cause}`)
}

/**
 * Runs npm: the one that started this process when there is one.
 * @param {string[]} args
 */
function npm(args) {
  const entry = process.env.npm_execpath
  if (entry && /\.[cm]?js$/.test(entry)) return run(process.execPath, [entry, ...args])
  return run('npm', args, { shell: process.platform === 'win32' })
}

/**
 * Installs packages from npm below a folder that is not this repository's node_modules.
 * @param {string} folder made where it is not there
 * @param {string[]} packages
 * @param {string[]} flags further ones
 */
function npmInto(folder, packages, flags) {
  mkdirSync(folder, { recursive: true })
  npm(['install', '--prefix', folder, '--no-audit', '--no-fund', ...flags, ...packages])
}

/**
 * Runs the command-line entry of an installed development dependency.
 * @param {string} packageName
 * @param {string[]} args
 * @param {{ env?: Record<string, string | undefined> }} [options]
 */
function tool(packageName, args, options) {
  const folder = path.join(root, 'node_modules', packageName)
  const { bin } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'))
  const entry = typeof bin === 'string' ? bin : Object.values(bin)[0]
  return run(process.execPath, [path.join(folder, entry), ...args], options)
}

/**
 * Runs cargo, and says what to install when it is not there.
 * @param {string[]} args
 * @param {{ env?: Record<string, string | undefined> }} [options]
 */
function cargo(args, options) {
  if (rustVersion() === '') {
    throw new Error(
      'cargo was not found: install the Rust toolchain (https://rustup.rs), then run this again'
    )
  }
  return run('cargo', args, options)
}

/** What `rustc -vV` says, or '' where Rust is not installed. */
function rustVersion() {
  const result = spawnSync('rustc', ['-vV'], { encoding: 'utf8' })
  return result.status === 0 ? result.stdout : ''
}

/**
 * @param {...string} parts path inside the repository
 */
function inRepository(...parts) {
  return path.join(root, ...parts)
}

/**
 * @param {string} file path inside the repository
 */
function readText(file) {
  const full = inRepository(file)
  return existsSync(full) ? readFileSync(full, 'utf8') : null
}

module.exports = { cargo, inRepository, npm, npmInto, readText, run, rustVersion, tool }
