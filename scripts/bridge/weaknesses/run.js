'use strict'

// Runs one program with dd-trace alone, or with the bridge, against a local intake and a local agent.

const { fork } = require('node:child_process')
const http = require('node:http')
const { startIntake } = require('../../../testing')
const { inRepository } = require('../../command')
const { ddTraceOf } = require('../../dd-trace-versions')

const CHILD_TIMEOUT_MS = 20_000

const KEY = Object.freeze({ acme: 'a'.repeat(32), globex: 'b'.repeat(32), platform: 'f'.repeat(32) })

/**
 * @typedef {object} Seen what a run left
 * @property {import('../../../testing').Intake} intake
 * @property {Record<string, any>} facts what the program told
 * @property {string[]} wanted hosts that it asked for
 * @property {string} end code or signal
 * @property {string} stdout
 * @property {string} stderr
 * @property {{ body: string, infoAtMs: number | null }} agent
 */

/**
 * @typedef {object} Case
 * @property {string} row
 * @property {string} [scenario] of scenarios.js
 * @property {string[]} [program] another file of this folder's parent, and its arguments
 * @property {import('../../../testing').IntakeOptions} [intake]
 * @property {number} [infoDelayMs] how long the agent takes to say what it can
 * @property {Record<string, string | undefined>} [env]
 * @property {string} [ddTrace] the version, when the newest no longer has the weakness
 * @property {(seen: Seen, isAttached: boolean) => string} judge
 * @property {(result: string) => boolean} isWeak
 * @property {'cured' | 'remains' | 'does not apply'} [expected] default: cured
 * @property {string} why one short sentence
 */

/**
 * @param {Case} one
 * @param {boolean} isAttached
 * @param {ReturnType<typeof import('../../../bench/support/dd-trace').makeStandIn>} standIn
 * @returns {Promise<string>}
 */
async function resultOf(one, isAttached, standIn) {
  const seen = await runChild(one, isAttached, standIn)
  const result = one.judge(seen, isAttached)
  await seen.intake.close()
  return result
}

/**
 * @param {Case} one
 * @param {boolean} isAttached
 * @param {ReturnType<typeof import('../../../bench/support/dd-trace').makeStandIn>} standIn
 * @returns {Promise<Seen>} with the intake open
 */
async function runChild(
  { scenario, program, intake: options, infoDelayMs = 0, env, ddTrace },
  isAttached,
  standIn
) {
  const intake = await startIntake({ ...options, ...(isAttached ? {} : { tls: standIn.tls }) })
  const agent = await startAgent(infoDelayMs)
  const [file, ...args] = program ?? ['scenarios.js', String(scenario)]
  const child = fork(inRepository('scripts', 'bridge', file), args, {
    execArgv: ['--expose-gc', '--require', inRepository('scripts', 'bridge', 'loopback.js')],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    timeout: CHILD_TIMEOUT_MS,
    killSignal: 'SIGKILL',
    env: {
      ...process.env,
      ...standIn.settings(intake.port).env,
      DD_TAGS: 'rack:7',
      DD_TRACE_AGENT_URL: agent.url,
      ...(ddTrace === undefined ? {} : { BRIDGE_DD_TRACE: ddTraceOf(ddTrace) }),
      ...(isAttached ? { SPANLANE_BRIDGE: '1', SPANLANE_INTAKE_URL: intake.url } : {}),
      ...env
    }
  })
  /** @type {Seen} */
  const seen = { intake, facts: {}, wanted: [], end: '', stdout: '', stderr: '', agent: agent.seen }
  for (const stream of /** @type {const} */ (['stdout', 'stderr'])) {
    child[stream]?.on('data', chunk => {
      seen[stream] += chunk
    })
  }
  child.on('message', (/** @type {any} */ message) => {
    if (message.wanted === undefined) Object.assign(seen.facts, message)
    else seen.wanted.push(message.wanted)
  })
  seen.end = await new Promise(resolve =>
    child.once('close', (code, signal) => resolve(signal ?? `code ${code}`))
  )
  agent.close()
  return seen
}

/** @param {number} infoDelayMs */
async function startAgent(infoDelayMs) {
  /** @type {Seen['agent']} */
  const seen = { body: '', infoAtMs: null }
  const server = http.createServer((request, response) => {
    request.setEncoding('latin1')
    request.on('data', chunk => {
      seen.body += chunk
    })
    request.on('end', () => {
      if (request.url !== '/info') return response.end('{}')
      return setTimeout(() => {
        seen.infoAtMs ??= Date.now()
        response.end('{"endpoints":["/v0.4/traces"]}')
      }, infoDelayMs)
    })
  })
  await new Promise(resolve => server.listen(0, '127.0.0.1', () => resolve(undefined)))
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
  return {
    seen,
    url: `http://127.0.0.1:${port}`,
    close() {
      server.closeAllConnections()
      server.close()
    }
  }
}

/** @param {Seen} seen */
const delivered = ({ intake }) => `${intake.counts.spans} delivered`

/**
 * @param {Seen} seen
 * @param {string} name of a span
 */
function placeOf({ intake }, name) {
  if (intake.spans({ key: KEY.acme }).some(span => span.name === name)) return 'with the tenant'
  return intake.spans().some(span => span.name === name) ? 'with the platform' : 'nowhere'
}

module.exports = { KEY, delivered, placeOf, resultOf }
