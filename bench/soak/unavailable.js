'use strict'

// An intake that answers 503 for five seconds: what is lost. dd-trace beside, on the same load.

const path = require('node:path')
const { openChild } = require('../support/child')
const { ddTraceVersion, makeStandIn } = require('../support/dd-trace')
const { tenantsOf } = require('../support/load')

const INTAKE = path.join(__dirname, '..', 'support', 'intake-process.js')
const SENDER = path.join(__dirname, '..', 'support', 'sender-process.js')

const PEER_LATE_MS = 10_000

const defaults = {
  tenants: '100',
  seconds: '10',
  'unavailable-ms': '5000',
  'late-ms': '60000',
  peer: 'yes'
}

/** @param {typeof defaults} options */
async function run({ tenants, seconds, 'unavailable-ms': unavailableMs, 'late-ms': lateMs, peer }) {
  const routes = tenantsOf(Number(tenants))
  const made = routes.length * Number(seconds)
  const plan = {
    routes,
    seconds: Number(seconds),
    lateMs: Number(lateMs),
    unavailableMs: Number(unavailableMs)
  }
  /** @type {Record<string, number>} */
  const lost = { spanlane: made - (await measure({ ...plan, sender: 'spanlane' })) }
  if (peer === 'yes') {
    // It repeats nothing: what is not there soon does not come.
    const arrived = await measure({ ...plan, sender: 'dd-trace', lateMs: PEER_LATE_MS })
    lost[`dd-trace ${ddTraceVersion()}`] = made - arrived
  }
  const problems = lost.spanlane === 0 ? [] : [`${lost.spanlane} of ${made} spans were lost`]
  return { figures: { made, lost }, problems }
}

/**
 * @param {{ sender: string, routes: import('../support/load').Route[], seconds: number, lateMs: number, unavailableMs: number }} plan
 * @returns {Promise<number>} spans that arrived
 */
async function measure({ sender, routes, seconds, lateMs, unavailableMs }) {
  const standIn = sender === 'dd-trace' ? makeStandIn() : null
  const intake = openChild(INTAKE, {
    delayMs: 0,
    blackHoledKeys: [],
    faultShare: 0,
    unavailableMs,
    tls: standIn?.tls
  })
  const { url, port } = await intake.next()
  const { env = {}, execArgv = [] } = standIn?.settings(port) ?? {}
  const options = { execArgv, env: { ...process.env, ...env } }
  const child = openChild(SENDER, { sender, url, routes, seconds, lateMs }, options)
  await child.next()
  const { spans } = await intake.ask({ ask: 'report' })
  await child.close()
  await intake.close()
  standIn?.remove()
  return spans
}

module.exports = { defaults, run }
