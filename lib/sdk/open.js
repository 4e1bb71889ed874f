'use strict'

const { native, openCore } = require('../binding')
const { CODES } = require('../errors')
const { resolveOptions } = require('../options/options')
const { openDefaultRoute } = require('../routing/default-route')
const { Instance } = require('./instance')

/**
 * Opens an instance. Wrong options throw; a missing native part does not, and neither do threads that the system refuses.
 *
 * @param {Record<string, any> | undefined} options
 * @param {boolean} isShared
 * @returns {Instance}
 */
function openInstance(options, isShared) {
  const config = resolveOptions(options)
  const off = () => new Instance(config, null, null, isShared)
  if (!native.available) {
    warnOnce(config.logger, `no native part for ${process.platform}-${process.arch} (${native.reason})`)
    return off()
  }
  if (!config.enabled) return off()
  const core = coreOrNone(config, isShared)
  if (core === null) return off()
  // A site that no route uses yet must not wait for its first context to be found wrong.
  if (config.siteIsOption) core.checkSite(config.site)
  return new Instance(config, core, openDefaultRoute(core, config, options), isShared)
}

/**
 * @param {import('../options/options').ResolvedOptions} config
 * @param {boolean} isShared
 * @returns {import('../binding').Core | null} null: the system does not give what a core needs
 */
function coreOrNone(config, isShared) {
  try {
    return openCore(config.settings, isShared)
  } catch (error) {
    const { code, message } = /** @type {Error & { code?: string }} */ (error)
    if (code !== CODES.NO_THREADS) throw error
    warnOnce(config.logger, `nothing can be delivered (${code}: ${message})`)
    return null
  }
}

let hasWarned = false

/**
 * @param {import('../options/logger').SafeLogger} logger
 * @param {string} reason
 */
function warnOnce(logger, reason) {
  if (hasWarned) return
  hasWarned = true
  logger.warn(`${reason}; LLM Observability is disabled and calls pass through`)
}

module.exports = { openInstance }
