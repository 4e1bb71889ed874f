'use strict'

const path = require('node:path')
const { openChild } = require('./child')
const { ddTraceVersion, makeStandIn } = require('./dd-trace')

const INTAKE = path.join(__dirname, 'intake-process.js')
const SENDER = path.join(__dirname, 'sender-process.js')

/**
 * One sender and one intake, each in a process of its own, until the sender says that it is over.
 *
 * @param {{ sender: string } & Record<string, unknown>} load see sender-process.js
 * @param {{ delayMs: number } & Record<string, unknown>} answers see intake-process.js
 * @returns {Promise<{ said: any, report: any }>} what the sender said, and what the intake saw until then
 */
async function send(load, answers) {
  const standIn = load.sender === 'dd-trace' ? makeStandIn() : null
  const plan = { blackHoledKeys: [], faultShare: 0, ...answers, tls: standIn?.tls }
  const intake = openChild(INTAKE, plan)
  const { url, port } = await intake.next()
  const { env = {}, execArgv = [] } = standIn?.settings(port) ?? {}
  const sender = openChild(SENDER, { ...load, url }, { execArgv, env: { ...process.env, ...env } })
  const said = await sender.next()
  const report = await intake.ask({ ask: 'report' })
  await sender.close()
  await intake.close()
  standIn?.remove()
  return { said, report }
}

/** @param {string} peer `yes`: dd-trace is measured beside */
function sendersOf(peer) {
  return peer === 'yes' ? ['spanlane', 'dd-trace'] : ['spanlane']
}

/** @param {string} sender */
function titleOf(sender) {
  return sender === 'dd-trace' ? `dd-trace ${ddTraceVersion()}` : sender
}

module.exports = { send, sendersOf, titleOf }
