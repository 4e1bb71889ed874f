'use strict'

const { spawn } = require('node:child_process')
const path = require('node:path')

const ROOT = path.join(__dirname, '..', '..')
/** A child that hangs fails its test long before the test run itself is given up. */
const CHILD_TIMEOUT_MS = 15_000

/**
 * @typedef {{ code: number | null, signal: NodeJS.Signals | null, stdout: string, stderr: string }} Ended
 * @typedef {{ env?: Record<string, string>, cwd?: string, timeoutMs?: number, execPath?: string }} Settings
 */

/**
 * Starts a node process that inherits no Datadog or Spanlane setting of the machine.
 *
 * @param {string[]} args script (relative to the repository) and its arguments, node options first
 * @param {Settings} [settings]
 */
function startChild(
  args,
  { env = {}, cwd = ROOT, timeoutMs = CHILD_TIMEOUT_MS, execPath = process.execPath } = {}
) {
  const child = spawn(execPath, args, {
    cwd,
    env: { ...inherited(), ...env },
    stdio: ['pipe', 'pipe', 'pipe', 'ipc'],
    timeout: timeoutMs,
    killSignal: 'SIGKILL'
  })
  const output = { stdout: '', stderr: '' }
  /** @type {Set<() => void>} */
  const watchers = new Set()
  for (const name of /** @type {const} */ (['stdout', 'stderr'])) {
    child[name]?.setEncoding('utf8').on('data', chunk => {
      output[name] += chunk
      for (const watch of watchers) watch()
    })
  }
  /** @type {Promise<Ended>} */
  const ended = new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => resolve({ code, signal, ...output }))
  })
  return {
    child,
    ended,
    output,
    /**
     * Resolves with the match once the output holds it; rejects when the child ends first.
     *
     * @param {RegExp} pattern
     * @param {'stdout' | 'stderr'} [name]
     * @returns {Promise<RegExpExecArray>}
     */
    printed(pattern, name = 'stdout') {
      return new Promise((resolve, reject) => {
        const watch = () => {
          const match = pattern.exec(output[name])
          if (match === null) return
          watchers.delete(watch)
          resolve(match)
        }
        watchers.add(watch)
        ended.then(({ code, signal, stdout, stderr }) => {
          watchers.delete(watch)
          reject(
            new Error(`child ended (${code ?? signal}) without printing ${pattern}\n${stdout}\n${stderr}`)
          )
        }, reject)
        watch()
      })
    },
    /** @param {NodeJS.Signals} signal */
    kill(signal) {
      child.kill(signal)
      return ended
    }
  }
}

/**
 * Runs a node process to its end.
 *
 * @param {string[]} args
 * @param {Settings} [settings]
 * @returns {Promise<Ended>}
 */
function runChild(args, settings) {
  return startChild(args, settings).ended
}

function inherited() {
  const { SPANLANE_CANARIES, NODE_OPTIONS } = process.env
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^_?DD_|^DATADOG_|^SPANLANE_|_proxy$|^NODE_OPTIONS$|^NODE_EXTRA_CA_CERTS$|^JEST_/i.test(name)
  )
  // scripts/canaries.js listens to children, too.
  return { ...Object.fromEntries(kept), ...(SPANLANE_CANARIES && { SPANLANE_CANARIES, NODE_OPTIONS }) }
}

module.exports = { ROOT, runChild, startChild }
