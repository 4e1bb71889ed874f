'use strict'

// One sending process, with Spanlane or dd-trace: one span a second for each route, then some time for what is late:
// all of it with dd-trace, whose flush does not say when it is done. Argument: the plan as JSON. `notAwaited` of the
// routes, the first ones, are not waited for. Says { made } when it is over.

const { setTimeout: delay } = require('node:timers/promises')
const { oneSpanASecond } = require('./load')

const { sender, url, routes, seconds, lateMs, notAwaited = 0 } = JSON.parse(process.argv[2])

/** @returns {any} */
function openSender() {
  if (sender === 'dd-trace') return require('./dd-trace').openDdTrace()
  const { createLLMObs } = require('../..')
  return createLLMObs({ mlApp: 'bench', intakeUrl: url, exitTimeoutMs: 0, logger: {} })
}

async function main() {
  const llmobs = openSender()
  const made = await oneSpanASecond(llmobs, routes, seconds)
  if (sender === 'dd-trace') await delay(lateMs)
  else await settled(llmobs)
  process.send?.({ made })
  process.once('disconnect', () => process.exit())
}

/** @param {import('../..').LLMObs} llmobs */
function settled(llmobs) {
  const awaited = /** @type {import('./load').Route[]} */ (routes.slice(notAwaited))
  return Promise.all(awaited.map(route => llmobs.flush({ route, timeoutMs: lateMs })))
}

main()
