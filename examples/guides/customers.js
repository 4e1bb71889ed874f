'use strict'

/** Made up: of no use anywhere. @type {Record<string, { ddApiKey: string, ddSite: string }>} */
const CUSTOMERS = {
  acme: { ddApiKey: 'acme'.repeat(8), ddSite: 'datadoghq.eu' },
  globex: { ddApiKey: 'globex01'.repeat(4), ddSite: 'us5.datadoghq.com' }
}

module.exports = { CUSTOMERS }
