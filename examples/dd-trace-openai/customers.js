'use strict'

/**
 * @typedef {object} Customer
 * @property {string} name
 * @property {string} ddApiKey made up: of no use anywhere
 * @property {string} ddSite
 */

/** Two customers of one platform, each with its own Datadog organisation. @type {Customer[]} */
const customers = [
  { name: 'acme', ddApiKey: 'acme'.repeat(8), ddSite: 'datadoghq.eu' },
  { name: 'globex', ddApiKey: 'globex01'.repeat(4), ddSite: 'us5.datadoghq.com' }
]

module.exports = { customers }
