'use strict'

// One sending process, with Spanlane or dd-trace: one load of `LOADS` for each route, then some time for what is late:
// all of it with dd-trace, whose flush does not say when it is done. Argument: the plan as JSON. Of `notAwaited` routes
// (by their keys) nothing is waited for. Says { made, stats } when it is over; dd-trace has no stats.

const { setTimeout: delay } = require('node:timers/promises')
const { largeSpans, oneSpanASecond } = require('./load')

const LOADS = { 'one span a second': oneSpanASecond, 'large spans': largeSpans }

/**
 * @typedef {object} Plan
 * @property {string} sender
 * @property {string} url
 * @property {keyof typeof LOADS} [load] the first one without it
 * @property {import('./load').Route[]} routes
 * @property {number} seconds
 * @property {number} lateMs
 * @property {string[]} [notAwaited]
 * @property {import('../..').InitOptions} [options] of Spanlane
 */

/** @type {Plan} */
const plan = JSON.parse(process.argv[2])

/** @returns {any} */
function openSender() {
  if (plan.sender === 'dd-trace') return require('./dd-trace').openDdTrace()
  const { createLLMObs } = require('../..')
  const options = { mlApp: 'bench', intakeUrl: plan.url, exitTimeoutMs: 0, logger: {}, ...plan.options }
  return createLLMObs(options)
}

async function main() {
  const llmobs = openSender()
  const made = await LOADS[plan.load ?? 'one span a second'](llmobs, plan.routes, plan.seconds)
  if (plan.sender === 'dd-trace') await delay(plan.lateMs)
  else await settled(llmobs)
  process.send?.({ made, stats: plan.sender === 'dd-trace' ? null : statsOf(llmobs) })
  process.once('disconnect', () => process.exit())
}

/** @param {import('../..').LLMObs} llmobs */
function settled(llmobs) {
  const awaited = plan.routes.filter(route => plan.notAwaited?.includes(route.ddApiKey) !== true)
  return Promise.all(awaited.map(route => llmobs.flush({ route, timeoutMs: plan.lateMs })))
}

/** @param {import('../..').LLMObs} llmobs */
function statsOf(llmobs) {
  const { total, tenants } = llmobs.stats()
  return { total, tenants }
}

main()
