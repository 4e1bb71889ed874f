'use strict'

const { native, openCore } = require('../binding')
const { resolveOptions } = require('../options/options')
const { openDefaultRoute } = require('../routing/default-route')
const { Instance } = require('./instance')

/**
 * Opens an instance. Wrong options throw; a missing native part does not.
 *
 * @param {Record<string, any> | undefined} options
 * @param {boolean} isShared
 * @returns {Instance}
 */
function openInstance(options, isShared) {
  const config = resolveOptions(options)
  if (!native.available) {
    const platform = `${process.platform}-${process.arch}`
    warnOnce(
      config.logger,
      `no native part for ${platform} (${native.reason}); LLM Observability is disabled and calls pass through`
    )
    return new Instance(config, null, null, isShared)
  }
  if (!config.enabled) return new Instance(config, null, null, isShared)
  const core = openCore(config.settings, isShared)
  // A site that no route uses yet must not wait for its first context to be found wrong.
  if (config.siteIsOption) core.checkSite(config.site)
  return new Instance(config, core, openDefaultRoute(core, config, options), isShared)
}

let hasWarned = false

/**
 * @param {import('../options/logger').SafeLogger} logger
 * @param {string} message
 */
function warnOnce(logger, message) {
  if (hasWarned) return
  hasWarned = true
  logger.warn(message)
}

module.exports = { openInstance }
