'use strict'

const { execFileSync } = require('node:child_process')
const path = require('node:path')
const { openChild } = require('../support/child')
const { environment } = require('../support/environment')

/** No measured process needs longer; one that hangs is ended, and its measurement fails. */
const CHILD_MAX_MS = 240_000
const BENCH = path.join(__dirname, '..')
/** @type {import('node:child_process').StdioOptions} */
const QUIET = ['ignore', 'ignore', 'pipe', 'ipc']

/** @typedef {{ folder: string, version: string }} DdTrace */

/** One Node version's part of a run: how its processes are started. */
class Context {
  #standIn

  /**
   * @param {object} parts
   * @param {string} parts.execPath of the Node that is measured
   * @param {DdTrace} parts.ddTrace
   * @param {import('../scales').Scale} parts.scale
   * @param {number} parts.seed
   * @param {import('../support/installed').Installed} parts.installed this package as users have it
   * @param {ReturnType<typeof import('../support/dd-trace').makeStandIn>} parts.standIn
   */
  constructor({ execPath, ddTrace, scale, seed, installed, standIn }) {
    this.execPath = execPath
    this.ddTrace = ddTrace
    this.scale = scale
    this.seed = seed
    this.installed = installed
    this.#standIn = standIn
  }

  /** @returns {string} as 24.1.0 */
  nodeVersion() {
    if (this.execPath === process.execPath) return process.versions.node
    return execFileSync(this.execPath, ['--version'], { encoding: 'utf8' }).trim().slice(1)
  }

  /**
   * An intake that speaks TLS. It runs on the Node that runs the suite, whichever is measured.
   *
   * @param {{ delayMs: number, isForgetful?: boolean, isExact?: boolean }} behaviour
   */
  async openIntake({ delayMs, isForgetful = false, isExact = false }) {
    const plan = { tls: this.#standIn.tls, delayMs, isForgetful, isExact }
    const intake = limited(
      openChild(path.join(BENCH, 'children', 'intake.js'), plan, { env: environment(), execArgv: [] }),
      2 * CHILD_MAX_MS
    )
    const { port, agentPort } = await intake.next()
    return { ...intake, port, agentPort, url: `https://127.0.0.1:${port}` }
  }

  /**
   * Where every product can send to, over HTTP and TLS, in a process of its own.
   *
   * @param {{ delayMs: number }} behaviour before each answer
   */
  async openSink({ delayMs }) {
    const file = path.join(BENCH, 'children', 'sink.js')
    const plan = { tls: this.#standIn.tls, delayMs }
    const sink = limited(openChild(file, plan, { env: environment(), execArgv: [] }), 2 * CHILD_MAX_MS)
    const { port, tlsPort } = await sink.next()
    return { ...sink, agentPort: Number(port), port: Number(tlsPort), url: `http://127.0.0.1:${port}` }
  }

  /** An intake that speaks plain HTTP and looks at nothing. */
  async openBlackIntake() {
    const file = path.join(BENCH, 'support', 'black-intake.js')
    const intake = limited(openChild(file, {}, { env: environment(), execArgv: [] }), 2 * CHILD_MAX_MS)
    const { url } = await intake.next()
    return { ...intake, url: String(url) }
  }

  /**
   * A measured process. It can reach no host but the intake.
   *
   * @param {string} name of a file in bench/children
   * @param {unknown} plan
   * @param {{ port?: number, agentPort?: number, nodeOptions?: string[], isQuiet?: boolean }} [settings] isQuiet: what it
   *   writes is not shown; its standard error can be read
   */
  openMeasured(name, plan, { port = 0, agentPort = 0, nodeOptions = [], isQuiet = false } = {}) {
    const { env, execArgv } = this.#standIn.settings(port)
    const settings = {
      ...env,
      // For LLM Observability alone dd-trace is cheaper without APM. Its agent is there all the same.
      DD_APM_TRACING_ENABLED: 'false',
      DD_TRACE_AGENT_URL: `http://127.0.0.1:${agentPort}`,
      SPANLANE_BENCH_DD_TRACE: this.ddTrace.folder,
      ...flushedEvery(this.scale.flushMs)
    }
    const options = {
      ...(isQuiet ? { stdio: QUIET } : null),
      execPath: this.execPath,
      execArgv: [...nodeOptions, ...(port === 0 ? [] : execArgv)],
      env: environment(settings)
    }
    return limited(openChild(path.join(BENCH, 'children', name), plan, options), CHILD_MAX_MS)
  }

  /**
   * What a process finds out that hands events to an intake which looks at nothing. It may collect garbage.
   *
   * @param {string} name of a file in bench/children
   * @param {Record<string, unknown>} plan beside where the intake is
   * @returns {Promise<any>}
   */
  async measureBeforeBlackIntake(name, plan) {
    const intake = await this.openBlackIntake()
    const { rounds, cpuMs } = this.scale
    const whole = { ...plan, url: intake.url, rounds, cpuMs, seed: this.seed }
    const child = this.openMeasured(name, whole, { nodeOptions: ['--expose-gc'] })
    const result = await child.next()
    await child.close()
    await intake.close()
    return result
  }
}

/**
 * @param {number | undefined} flushMs undefined: each has its own default
 * @returns {Record<string, string>} settings of those that know none but the environment
 */
function flushedEvery(flushMs) {
  if (flushMs === undefined) return {}
  return { _DD_LLMOBS_FLUSH_INTERVAL: `${flushMs}`, OTEL_BSP_SCHEDULE_DELAY: `${flushMs}` }
}

/**
 * @param {Record<string, { made: number, arrived: number }>} counts by peer
 * @returns {string[]} a line for each that has lost something
 */
function lostOf(counts) {
  return Object.entries(counts)
    .filter(([, { made, arrived }]) => made !== arrived)
    .map(([peer, { made, arrived }]) => `${peer}: ${arrived} of ${made} came through`)
}

/**
 * @template {ReturnType<typeof openChild>} C
 * @param {C} opened
 * @param {number} limitMs
 * @returns {C}
 */
function limited(opened, limitMs) {
  const timer = setTimeout(() => opened.child.kill('SIGKILL'), limitMs)
  opened.child.once('exit', () => clearTimeout(timer))
  return opened
}

module.exports = { Context, lostOf }
