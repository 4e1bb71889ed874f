'use strict'

// One sending process, with Spanlane or dd-trace: one span a second for each route, then some time for what is late,
// then (Spanlane only) a flush. Argument: the plan as JSON. Says { made, pending } when it is over.

const { setTimeout: delay } = require('node:timers/promises')
const { oneSpanASecond } = require('./load')

const { sender, url, routes, seconds, lateMs, flushMs = 0 } = JSON.parse(process.argv[2])

/** @returns {any} */
function openSender() {
  if (sender === 'dd-trace') return require('./dd-trace').openDdTrace()
  const { createLLMObs } = require('../..')
  return createLLMObs({ mlApp: 'bench', intakeUrl: url, exitTimeoutMs: 0, logger: {} })
}

async function main() {
  const llmobs = openSender()
  const made = await oneSpanASecond(llmobs, routes, seconds)
  await delay(lateMs)
  const { pending = 0 } = sender === 'spanlane' ? await llmobs.flush({ timeoutMs: flushMs }) : {}
  process.send?.({ made, pending })
  process.once('disconnect', () => process.exit())
}

main()
