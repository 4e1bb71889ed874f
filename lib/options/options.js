'use strict'

const { ownRoots, trustedRoots } = require('./certificates')
const { CODES, misuse } = require('../errors')
const { intakeUrl, proxyUrl } = require('./endpoints')
const { openLogger } = require('./logger')
const rules = require('./option-rules')
const { packageName } = require('./package-name')
const { readResource, readTags } = require('./tag-variables')
const { own, typeName } = require('../values/own')
const { warning } = require('../warnings')
const { version: packageVersion } = require('../../package.json')

const DEFAULT_SITE = 'datadoghq.com'
const UNKNOWN_ML_APP = 'unknown'
const ON_MISUSE = /** @type {const} */ (['warn', 'throw'])
const OUTSIDE_CONTEXTS = /** @type {const} */ (['auto', 'default', 'refuse'])
/** dd-trace's budget for `x-datadog-tags`; 0 turns propagation off. */
const TAGS_HEADER_CHARS = 512

/** @typedef {import('./logger').SafeLogger} SafeLogger */
/** @typedef {ReturnType<typeof resolveOptions>} ResolvedOptions */

/**
 * The only place that reads the environment. Options win over it; what is wrong in options throws, what is
 * wrong in the environment warns and falls back to the default. Switched off, nothing is wrong.
 *
 * @param {Record<string, any> | null} [options]
 */
function resolveOptions(options) {
  try {
    return resolve(options ?? {})
  } catch (error) {
    if (!isSwitchedOff(options)) throw coded(error)
    const resolved = resolve({ enabled: false })
    resolved.logger.debug(`switched off; it would not start: ${/** @type {Error} */ (error).message}`)
    return resolved
  }
}

/**
 * @param {unknown} error of a rule, or of what the options are made of
 * @returns {Error}
 */
function coded(error) {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('SPANLANE_')
    ? error
    : misuse(CODES.INVALID_OPTION, 'the options could not be read: an object among them threw')
}

/**
 * @param {unknown} options
 * @returns {boolean} whether they say nothing but where to log, which each thread says for itself
 */
function givesNone(options) {
  if (options === undefined || options === null) return true
  try {
    return Object.keys(options).every(name => name === 'logger' || rules.given(options, name) === undefined)
  } catch {
    return false
  }
}

/**
 * @param {ResolvedOptions} config
 * @returns {string} the same for the same options
 */
function fingerprintOf({ logger: _, pageUrl: __, settings, ...plain }) {
  return JSON.stringify([plain, { ...settings, ca: settings.ca.length }])
}

/** @param {Record<string, any>} options */
function resolve(options) {
  rules.checkOptionNames(options)
  const logger = openLogger(rules.given(options, 'logger'))
  const intake = intakeUrl(options, envText('SPANLANE_INTAKE_URL'), logger)
  const proxy = proxyUrl(options, envText('https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY'), logger)
  const site = siteChoice(options)
  const tags = hostTags(options)
  const service =
    rules.optionalLabel(options, 'service') ??
    envText('DD_SERVICE', 'DD_SERVICE_NAME', 'OTEL_SERVICE_NAME') ??
    (tags.service || null)
  const enabled =
    (rules.optionalBoolean(options, 'enabled') ?? !isDisabledByEnv()) && !intake.unusable && !proxy.unusable
  return {
    enabled,
    mlApp:
      rules.optionalLabel(options, 'mlApp') ??
      envText('DD_LLMOBS_ML_APP') ??
      service ??
      fallbackMlApp(enabled, logger),
    service,
    env: rules.optionalLabel(options, 'env') ?? envText('DD_ENV') ?? (tags.env || null),
    version: rules.optionalLabel(options, 'version') ?? envText('DD_VERSION') ?? (tags.version || null),
    hostTags: Object.entries(tags),
    tenantTags: rules.optionalStrings(options, 'tenantTags') ?? [],
    tracerVersion: `spanlane-${packageVersion}`,
    packageVersion,
    otelEnabled: envBoolean('DD_TRACE_OTEL_ENABLED') === true,
    tagsHeaderChars: envWholeNumber(
      'DD_TRACE_X_DATADOG_TAGS_MAX_LENGTH',
      [TAGS_HEADER_CHARS, 0, 65_536],
      logger
    ),
    sampleRate: rules.optionalRate(options, 'sampleRate') ?? envRate('DD_LLMOBS_SAMPLE_RATE', logger),
    outsideContexts: rules.optionalChoice(options, 'outsideContexts', OUTSIDE_CONTEXTS) ?? null,
    onInvalidRoute: rules.choice(options, 'onInvalidRoute', /** @type {const} */ (['throw', 'drop'])),
    onMisuse:
      rules.optionalChoice(options, 'onMisuse', ON_MISUSE) ??
      envChoice('SPANLANE_ON_MISUSE', ON_MISUSE, logger),
    site: site.value,
    siteIsOption: site.isOption,
    platform: platform(),
    exitTimeoutMs: limit(options, 'exitTimeoutMs'),
    drainOnSignals: rules.signalList(options),
    pageUrl: intake.page ?? null,
    logger,
    settings: coreSettings(options, intake.value, proxy.value, logger)
  }
}

/**
 * @param {unknown} options
 * @returns {boolean}
 */
function isSwitchedOff(options) {
  try {
    const enabled = options === undefined || options === null ? undefined : own(options, 'enabled')
    return enabled === false || ((enabled ?? undefined) === undefined && isDisabledByEnv())
  } catch {
    return isDisabledByEnv()
  }
}

/**
 * A span without an application's name would be refused by the intake; the application's own function must not be.
 *
 * @param {boolean} enabled
 * @param {SafeLogger} logger
 * @returns {string}
 */
function fallbackMlApp(enabled, logger) {
  const name = packageName()
  if (name !== null) return name
  if (enabled) {
    const what = `no application name: spans are sent as those of "${UNKNOWN_ML_APP}"`
    logger.warn(warning('no_application_name', what, 'set the option mlApp, DD_LLMOBS_ML_APP or DD_SERVICE'))
  }
  return UNKNOWN_ML_APP
}

/** @returns {boolean} true only when the environment says so explicitly */
function isDisabledByEnv() {
  return envBoolean('DD_LLMOBS_ENABLED') === false
}

/**
 * Reads the default route's key apart from the other options, so that no object that lives on holds it.
 *
 * @param {Record<string, any> | null} [options]
 * @returns {{ apiKey: string | undefined, isOption: boolean }}
 */
function readApiKey(options) {
  const option = rules.given(options ?? {}, 'apiKey')
  if (option === undefined) return { apiKey: envText('DD_API_KEY', 'DATADOG_API_KEY'), isOption: false }
  if (typeof option !== 'string') {
    throw misuse(
      CODES.INVALID_API_KEY,
      `option "apiKey" must be a string of visible ASCII characters, got ${typeName(option)}`
    )
  }
  return { apiKey: option, isOption: true }
}

/**
 * @param {Record<string, any>} options
 * @param {string | null} intake
 * @param {string | null} proxy
 * @param {SafeLogger} logger
 */
function coreSettings(options, intake, proxy, logger) {
  const roots = ownRoots(rules.given(options, 'ca'))
  if (envText('NODE_TLS_REJECT_UNAUTHORIZED') === '0') {
    logger.warnRarely(
      'tls',
      Infinity,
      warning(
        'certificates',
        'NODE_TLS_REJECT_UNAUTHORIZED=0 is ignored: certificates are always verified',
        'give the option "ca"'
      )
    )
  }
  // Plain http is loopback only (checked above): nothing to trust, and the list costs 6 ms to build.
  const needsRoots = intake === null || !intake.startsWith('http:')
  return {
    ...limitsOf(options),
    intakeUrl: intake,
    allowedSites: rules.optionalStrings(options, 'allowedSites') ?? [],
    ca: needsRoots ? trustedRoots(roots, envText('NODE_EXTRA_CA_CERTS'), logger) : [],
    proxy,
    noProxy: envText('no_proxy', 'NO_PROXY') ?? null,
    compression: rules.choice(options, 'compression', /** @type {const} */ (['none', 'gzip'])),
    flushIntervalMs:
      rules.optionalLimit(options, 'flushIntervalMs') ??
      envWholeNumber('_DD_LLMOBS_FLUSH_INTERVAL', rules.LIMITS.flushIntervalMs, logger),
    // A function may be frozen before a linger is over.
    flushLingerMs:
      rules.optionalLimit(options, 'flushLingerMs') ??
      (platform() === null ? rules.LIMITS.flushLingerMs[0] : 0),
    requestTimeoutMs:
      rules.optionalLimit(options, 'requestTimeoutMs') ??
      envWholeNumber('_DD_LLMOBS_TIMEOUT', rules.LIMITS.requestTimeoutMs, logger),
    // A connection that was idle through a freeze is dead without knowing it.
    keepAlive: platform() === null,
    tracerVersion: `spanlane-${packageVersion}`
  }
}

/**
 * @param {Record<string, any>} options
 * @returns {Record<rules.LimitName, number>}
 */
function limitsOf(options) {
  const names = /** @type {rules.LimitName[]} */ (Object.keys(rules.LIMITS))
  const limits = /** @type {any} */ (Object.fromEntries(names.map(name => [name, limit(options, name)])))
  if (rules.optionalLimit(options, 'maxBufferedBytesFailing') === undefined)
    limits.maxBufferedBytesFailing = Math.floor(limits.maxBufferedBytes / 2)
  return limits
}

/** @returns {'lambda' | 'vercel' | null} a platform that freezes the process between requests */
function platform() {
  if (envText('AWS_LAMBDA_FUNCTION_NAME') !== undefined) return 'lambda'
  return envText('VERCEL') === '1' ? 'vercel' : null
}

/**
 * @param {Record<string, any>} options
 * @param {rules.LimitName} name
 */
function limit(options, name) {
  return rules.optionalLimit(options, name) ?? rules.LIMITS[name][0]
}

/** @param {Record<string, any>} options */
function siteChoice(options) {
  const option = rules.optionalString(options, 'site')
  if (option !== undefined) return { value: option, isOption: true }
  return { value: envText('DD_SITE') ?? DEFAULT_SITE, isOption: false }
}

/**
 * @param {Record<string, any>} options
 * @returns {Record<string, string>} option over DD_TAGS over OTEL_RESOURCE_ATTRIBUTES, in order of first appearance
 */
function hostTags(options) {
  const tags = readTags(envText('DD_TAGS') ?? '')
  for (const [name, value] of Object.entries(readResource(envText('OTEL_RESOURCE_ATTRIBUTES') ?? ''))) {
    tags[name] ??= value
  }
  return Object.assign(tags, rules.optionalTags(options))
}

/**
 * LangChain reads the variable when it makes a handler. One that is set already stays as it is.
 *
 * @returns {boolean} whether the application itself has said that handlers are awaited
 */
function awaitLangChainHandlers() {
  const name = 'LANGCHAIN_CALLBACKS_BACKGROUND'
  const said = envText(name)
  if (said === undefined) process.env[name] = 'false'
  return said === 'false'
}

/**
 * @param {...string} names the first that is set wins; an empty value is not set
 * @returns {string | undefined}
 */
function envText(...names) {
  for (const name of names) {
    const value = Object.hasOwn(process.env, name) ? process.env[name] : undefined
    if (value !== undefined && value !== '') return value
  }
  return undefined
}

/** @param {string} name */
function envBoolean(name) {
  const value = envText(name)?.trim().toLowerCase()
  if (value === '1' || value === 'true') return true
  if (value === '0' || value === 'false') return false
  return undefined
}

/**
 * @template {string} C
 * @param {string} name
 * @param {readonly C[]} choices the first is the default
 * @param {SafeLogger} logger
 * @returns {C}
 */
function envChoice(name, choices, logger) {
  const text = envText(name)?.trim().toLowerCase()
  const found = choices.find(known => known === text)
  if (found !== undefined || text === undefined) return found ?? choices[0]
  const what = `${name} must be one of ${choices.join(', ')}: ${choices[0]} is used`
  logger.warn(warning('wrong_environment', what, 'correct the variable, or unset it'))
  return choices[0]
}

/**
 * @param {string} name
 * @param {readonly [standard: number, least: number, greatest: number]} limits
 * @param {SafeLogger} logger
 * @returns {number}
 */
function envWholeNumber(name, limits, logger) {
  const [standard, least, greatest] = limits
  const text = envText(name)
  if (text === undefined) return standard
  const value = Number(text)
  if (Number.isInteger(value) && value >= least && value <= greatest) return value
  const what = `${name} must be a whole number from ${least} to ${greatest}: ${standard} is used`
  logger.warn(warning('wrong_environment', what, 'correct the variable, or unset it'))
  return standard
}

/**
 * @param {string} name
 * @param {SafeLogger} logger
 * @returns {number}
 */
function envRate(name, logger) {
  const text = envText(name)
  if (text === undefined) return 1
  const value = Number(text)
  if (value >= 0 && value <= 1) return value
  const what = `${name} must be a number from 0 to 1: 1 is used`
  logger.warn(warning('wrong_environment', what, 'correct the variable, or unset it'))
  return 1
}

module.exports = {
  awaitLangChainHandlers,
  fingerprintOf,
  givesNone,
  isDisabledByEnv,
  readApiKey,
  resolveOptions
}
