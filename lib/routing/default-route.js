'use strict'

const { CODES } = require('../errors')
const { readApiKey } = require('../options/options')
const { NO_OPTIONS, Route } = require('./routing')
const { warning } = require('../warnings')

/**
 * @param {any} core
 * @param {ResolvedOptions} config
 * @param {Record<string, any> | undefined} options
 * @returns {Route | null}
 */
function openDefaultRoute(core, config, options) {
  const { apiKey, isOption } = readApiKey(options)
  if (apiKey === undefined) return null
  try {
    const opened = core.openRoute(apiKey, { ddSite: config.site, tenant: null, isDefault: true })
    return new Route(core, opened, NO_OPTIONS, true)
  } catch (error) {
    const { code, message } = /** @type {Error & { code?: string }} */ (error)
    // What the code says is wrong is the programmer's; what the environment says is the operator's.
    if (code === CODES.INVALID_SITE ? config.siteIsOption : isOption) throw error
    const cure = 'correct DD_API_KEY or DD_SITE, or give the options apiKey and site'
    config.logger.warn(warning('no_default_route', `no default route: ${message}`, cure))
    return null
  }
}

module.exports = { openDefaultRoute }
