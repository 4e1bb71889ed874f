'use strict'

// An intake that answers 503 for five seconds: what is lost. dd-trace beside, on the same load.

const { tenantsOf } = require('../support/load')
const { send, titleOf } = require('../support/sending')

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
    lost[titleOf('dd-trace')] = made - arrived
  }
  const problems = lost.spanlane === 0 ? [] : [`${lost.spanlane} of ${made} spans were lost`]
  return { figures: { made, lost }, problems }
}

/**
 * @param {{ sender: string, routes: import('../support/load').Route[], seconds: number, lateMs: number, unavailableMs: number }} plan
 * @returns {Promise<number>} spans that arrived
 */
async function measure({ unavailableMs, ...load }) {
  const { report } = await send(load, { delayMs: 0, unavailableMs })
  return report.spans
}

module.exports = { defaults, run }
