'use strict'

// What one process does to show one weakness. Run by bridge-weaknesses.js: `scenarios.js <name>`, with
// SPANLANE_BRIDGE=1 for the bridge, without it dd-trace is alone. BRIDGE_DD_TRACE names another dd-trace.

const { setTimeout: wait } = require('node:timers/promises')
const { isMainThread, workerData } = require('node:worker_threads')

/**
 * @typedef {object} World
 * @property {any} tracer
 * @property {any} llmobs of dd-trace
 * @property {boolean} isAttached
 * @property {(ms: number) => Promise<void>} wait
 * @property {(letter: string) => string} key
 * @property {{ ddApiKey: string, ddSite: string }} acme
 * @property {(route: object, fn: () => any) => any} within a routing context
 * @property {(called: string, fn?: (span: any) => any, options?: object) => any} span
 * @property {(facts: object, then?: () => void) => void} tell
 */

/**
 * @typedef {{ init?: object, attach?: object, run: (world: World) => unknown }} Scenario
 *   init: options of `llmobs` in dd-trace's init; attach: options of the bridge
 */

/** @type {Record<string, Scenario | ((world: World) => unknown)>} */
const SCENARIOS = {
  ...require('./scenarios/routing'),
  ...require('./scenarios/delivery'),
  ...require('./scenarios/limits'),
  ...require('./scenarios/exits'),
  ...require('./scenarios/modes')
}

const name = isMainThread ? process.argv[2] : workerData.scenario
const chosen = SCENARIOS[name]
/** @type {Scenario} */
const { init, attach: options, run } = typeof chosen === 'function' ? { run: chosen } : chosen

const isAttached = process.env.SPANLANE_BRIDGE === '1'
/** @type {any} */
const tracer = require(process.env.BRIDGE_DD_TRACE ?? 'dd-trace')

tracer.init({
  startupLogs: false,
  plugins: false,
  llmobs: { mlApp: 'assistant', agentlessEnabled: true, ...init }
})
if (isAttached) {
  require('../../dd-trace').attach(tracer, {
    apmGenAiTags: 'remove',
    drainOnSignals: ['SIGTERM'],
    logger: {},
    ...options
  })
}
const { llmobs } = tracer
const key = (/** @type {string} */ letter) => letter.repeat(32)

async function main() {
  await run({
    tracer,
    llmobs,
    isAttached,
    wait,
    key,
    acme: { ddApiKey: key('a'), ddSite: 'datadoghq.eu' },
    within: (route, fn) => llmobs.routingContext(route, fn),
    span: (called, fn = () => {}, settings = {}) =>
      llmobs.trace({ kind: 'task', name: called, ...settings }, (/** @type {any} */ ...[span]) => fn(span)),
    tell: (facts, then) => process.send?.(facts, undefined, undefined, then)
  })
  if (isMainThread && process.connected) process.disconnect()
}

main()
