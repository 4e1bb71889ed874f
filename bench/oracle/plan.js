'use strict'

const { createHash } = require('node:crypto')

/**
 * A run of the oracle, the same in every thread and process that takes part.
 *
 * @typedef {object} Plan
 * @property {number} seed
 * @property {number} events issued in all, spans and evaluations
 * @property {number} tenants
 * @property {number} workers
 * @property {number} faultShare part of the requests that is treated badly, 0 to 1
 * @property {number} poisonEvery every n-th event is one that the intake refuses for ever; 0: none
 * @property {number} revokedEvery every n-th tenant's key is refused for ever; 0: none
 *
 * @typedef {{ ddApiKey: string, ddSite: string, tenant?: string }} Place
 */

const SITES = Object.freeze([
  'datadoghq.com',
  'us3.datadoghq.com',
  'us5.datadoghq.com',
  'datadoghq.eu',
  'ap1.datadoghq.com',
  'ap2.datadoghq.com',
  'uk1.datadoghq.com'
])

/**
 * Where a tenant's data belongs. Two neighbours share a key and differ in the site, and a third of the tenants have
 * no label: the cases in which data could end up with somebody else.
 *
 * @param {Plan} plan
 * @param {number} owner number of the tenant
 * @returns {Place}
 */
function placeOf(plan, owner) {
  const ddApiKey = createHash('sha256')
    .update(`oracle ${plan.seed} ${owner >> 1}`)
    .digest('hex')
    .slice(0, 32)
  const ddSite = SITES[owner % SITES.length]
  return owner % 3 === 0 ? { ddApiKey, ddSite } : { ddApiKey, ddSite, tenant: `tenant-${owner}` }
}

/**
 * @param {Plan} plan
 * @param {number} owner
 */
function isRevoked(plan, owner) {
  return plan.revokedEvery > 0 && owner % plan.revokedEvery === plan.revokedEvery - 1
}

/**
 * @param {Plan} plan
 * @param {number} id
 */
function isPoison(plan, id) {
  return plan.poisonEvery > 0 && id % plan.poisonEvery === plan.poisonEvery - 1
}

module.exports = { SITES, isPoison, isRevoked, placeOf }
