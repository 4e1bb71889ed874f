'use strict'

const { joinCore, native, openCore } = require('../binding')
const { CODES } = require('../errors')
const { openLogger } = require('../options/logger')
const { fingerprintOf, givesNone, isDisabledByEnv, resolveOptions } = require('../options/options')
const { openDefaultRoute } = require('../routing/default-route')
const { NO_OPTIONS, Route } = require('../routing/routing')
const { own } = require('../values/own')
const { Instance } = require('./instance')
const { warning } = require('../warnings')

/**
 * Opens an instance. Wrong options throw; a missing native part does not, and neither do threads that the system refuses.
 *
 * @param {Record<string, any> | undefined} options
 * @param {boolean} isShared
 * @returns {Instance}
 */
function openInstance(options, isShared) {
  const joined = isShared && native.available && givesNone(options) ? joinInstance(options) : null
  if (joined !== null) return joined
  const config = resolveOptions(options)
  const off = () => new Instance(config, null, null, isShared)
  if (!native.available) {
    const what = `no native part for ${process.platform}-${process.arch} (${native.reason})`
    warnOnce(config.logger, 'no_native_part', what, cureOf(native.reason ?? ''))
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
 * @param {ResolvedOptions} config
 * @param {boolean} isShared
 * @returns {import('../binding').Core | null} null: the system does not give what a core needs
 */
function coreOrNone(config, isShared) {
  try {
    return openCore(config.settings, isShared ? sharedText(config) : null)
  } catch (error) {
    const { code, message } = /** @type {Error & { code?: string }} */ (error)
    if (code !== CODES.NO_THREADS) throw error
    const cure = 'raise the limit of threads, or of address space'
    warnOnce(config.logger, 'no_threads', `nothing can be delivered (${code}: ${message})`, cure)
    return null
  }
}

/**
 * A thread that says nothing joins the core that another one opened, with what that one said.
 *
 * @param {Record<string, any> | undefined} options nothing but a logger: it is the thread's own
 * @returns {Instance | null} null when there is none to join
 */
function joinInstance(options) {
  const core = isDisabledByEnv() ? null : joinCore()
  if (core === null) return null
  const logger = openLogger(own(options ?? {}, 'logger') ?? undefined)
  const { plain, fingerprint } = JSON.parse(core.options)
  const opened = core.defaultRoute()
  const defaultRoute = opened === null ? null : new Route(core, opened, NO_OPTIONS, true)
  return new Instance({ ...plain, logger }, core, defaultRoute, true, fingerprint)
}

/**
 * @param {ResolvedOptions} config
 * @returns {string} what those who join need to know of it; no key is among it
 */
function sharedText(config) {
  const { settings: _, logger: __, ...plain } = config
  return JSON.stringify({ plain, fingerprint: fingerprintOf(config) })
}

/** @param {string} reason why the native part was not loaded @returns {string} */
function cureOf(reason) {
  if (reason.includes('addons is disabled')) return 'let Node load addons: no --no-addons, or --allow-addons'
  if (reason.includes('ulimit -v')) return 'raise the limit of address space'
  return 'install spanlane on this platform, with its optional dependencies'
}

let hasWarned = false

/**
 * @param {import('../options/logger').SafeLogger} logger
 * @param {'no_native_part' | 'no_threads'} topic
 * @param {string} reason
 * @param {string} cure
 */
function warnOnce(logger, topic, reason, cure) {
  if (hasWarned) return
  hasWarned = true
  logger.warn(warning(topic, `${reason}: LLM Observability is disabled and calls pass through`, cure))
}

module.exports = { openInstance }
