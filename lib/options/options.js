'use strict'

const { ownRoots, trustedRoots } = require('./certificates')
const { CODES, misuse } = require('../errors')
const { openLogger } = require('./logger')
const rules = require('./option-rules')
const { own } = require('../values/own')
const { version: packageVersion } = require('../../package.json')

const DEFAULT_SITE = 'datadoghq.com'
/** dd-trace's budget for `x-datadog-tags`; 0 turns propagation off. */
const TAGS_HEADER_CHARS = 512

/** @typedef {import('./logger').SafeLogger} SafeLogger */
/** @typedef {ReturnType<typeof resolveOptions>} ResolvedOptions */

/**
 * The only place that reads the environment. Options win over it; what is wrong in options throws, what is
 * wrong in the environment warns and falls back to the default.
 *
 * @param {Record<string, any>} [options]
 */
function resolveOptions(options = {}) {
  rules.checkOptionNames(options)
  const logger = openLogger(own(options, 'logger'))
  const intake = intakeUrl(options, logger)
  const proxy = proxyUrl(options, logger)
  const service =
    rules.optionalText(options, 'service') ?? envText('DD_SERVICE', 'DD_SERVICE_NAME', 'OTEL_SERVICE_NAME')
  const mlApp = rules.optionalText(options, 'mlApp') ?? envText('DD_LLMOBS_ML_APP') ?? service
  const site = siteChoice(options)
  return {
    enabled:
      (rules.optionalBoolean(options, 'enabled') ?? !isDisabledByEnv()) &&
      !intake.unusable &&
      !proxy.unusable,
    mlApp: mlApp ?? null,
    service: service ?? null,
    env: rules.optionalText(options, 'env') ?? envText('DD_ENV') ?? null,
    version: rules.optionalText(options, 'version') ?? envText('DD_VERSION') ?? null,
    hostTags: hostTags(options),
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
    strictRouting: rules.optionalBoolean(options, 'strictRouting') ?? false,
    onInvalidRoute: rules.choice(options, 'onInvalidRoute', /** @type {const} */ (['throw', 'drop'])),
    allowDefaultEvaluations: rules.optionalBoolean(options, 'allowDefaultEvaluations') ?? false,
    site: site.value,
    siteIsOption: site.isOption,
    platform: platform(),
    exitTimeoutMs: limit(options, 'exitTimeoutMs'),
    drainOnSignals: rules.signalList(options),
    logger,
    settings: coreSettings(options, intake.value, proxy.value, logger)
  }
}

/** @returns {boolean} true only when the environment says so explicitly */
function isDisabledByEnv() {
  return envBoolean('DD_LLMOBS_ENABLED') === false
}

/**
 * Reads the default route's key apart from the other options, so that no object that lives on holds it.
 *
 * @param {Record<string, any>} [options]
 * @returns {{ apiKey: string | undefined, isOption: boolean }}
 */
function readApiKey(options = {}) {
  const option = own(options, 'apiKey')
  if (option === undefined) return { apiKey: envText('DD_API_KEY', 'DATADOG_API_KEY'), isOption: false }
  if (typeof option !== 'string') {
    throw misuse(
      CODES.INVALID_API_KEY,
      `option "apiKey" must be a string of visible ASCII characters, got ${option === null ? 'null' : typeof option}`
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
  const roots = ownRoots(own(options, 'ca'))
  if (envText('NODE_TLS_REJECT_UNAUTHORIZED') === '0') {
    logger.warnRarely(
      'tls',
      Infinity,
      'NODE_TLS_REJECT_UNAUTHORIZED=0 is ignored: certificates are always verified; use the option "ca"'
    )
  }
  // Plain http is loopback only (checked above): nothing to trust, and the list costs 6 ms to build.
  const needsRoots = intake === null || !intake.startsWith('http:')
  return {
    intakeUrl: intake,
    allowedSites: rules.optionalStrings(options, 'allowedSites') ?? [],
    ca: needsRoots
      ? trustedRoots(roots, envText('NODE_EXTRA_CA_CERTS'), message => logger.warn(message))
      : [],
    proxy: { url: proxy, noProxy: envText('no_proxy', 'NO_PROXY') ?? null },
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
    maxEventBytes: limit(options, 'maxEventBytes'),
    maxPayloadBytes: limit(options, 'maxPayloadBytes'),
    maxBufferedBytes: limit(options, 'maxBufferedBytes'),
    maxBufferedBytesPerTenant: limit(options, 'maxBufferedBytesPerTenant'),
    maxRequestsInFlight: limit(options, 'maxRequestsInFlight'),
    maxRequestsInFlightPerTenant: limit(options, 'maxRequestsInFlightPerTenant'),
    deliveryThreads: limit(options, 'deliveryThreads'),
    maxRetryAgeMs: limit(options, 'maxRetryAgeMs'),
    // A connection that was idle through a freeze is dead without knowing it.
    keepAlive: platform() === null,
    exitTimeoutMs: limit(options, 'exitTimeoutMs'),
    tracerVersion: `spanlane-${packageVersion}`
  }
}

/** @returns {'lambda' | 'vercel' | null} a platform that freezes the process between requests */
function platform() {
  if (envText('AWS_LAMBDA_FUNCTION_NAME') !== undefined) return 'lambda'
  return envText('VERCEL') === '1' ? 'vercel' : null
}

/**
 * @param {Record<string, any>} options
 * @param {string} name
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
 * A base URL that cannot be used disables the instance: falling back to the real sites would send the data
 * where its owner did not want it.
 *
 * @param {Record<string, any>} options
 * @param {SafeLogger} logger
 * @returns {{ value: string | null, unusable: boolean }}
 */
function intakeUrl(options, logger) {
  const option = rules.optionalString(options, 'intakeUrl')
  const text = option ?? envText('SPANLANE_INTAKE_URL')
  if (text === undefined) return { value: null, unusable: false }
  const problem = intakeUrlProblem(text)
  if (problem === null) return { value: text.replace(/\/+$/, ''), unusable: false }
  if (option !== undefined) throw misuse(CODES.INVALID_OPTION, `option "intakeUrl" ${problem}`)
  logger.warn(`SPANLANE_INTAKE_URL ${problem}; LLM Observability is disabled`)
  return { value: null, unusable: true }
}

/**
 * @param {string} text
 * @returns {string | null}
 */
function intakeUrlProblem(text) {
  if (!URL.canParse(text)) return 'must be an absolute URL, as http://127.0.0.1:8126'
  const url = new URL(text)
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    return 'must hold no user, password, query or fragment'
  }
  if (url.protocol === 'https:') return null
  if (url.protocol !== 'http:') return 'must start with https: or http:'
  const isLoopback = /^(127(\.\d{1,3}){3}|\[::1\]|localhost)$/.test(url.hostname)
  return isLoopback ? null : 'must use https: unless its host is a loopback address'
}

/**
 * A proxy that cannot be used disables the instance, too: going round it is for the operator to decide.
 *
 * @param {Record<string, any>} options
 * @param {SafeLogger} logger
 * @returns {{ value: string | null, unusable: boolean }}
 */
function proxyUrl(options, logger) {
  const given = own(options, 'proxy')
  if (given === false || given === null) return { value: null, unusable: false }
  const option = rules.optionalText(options, 'proxy')
  const text = option ?? envText('https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY')
  if (text === undefined) return { value: null, unusable: false }
  const url = text.includes('://') ? text : `http://${text}`
  if (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) return { value: text, unusable: false }
  // The text may hold a password, so it is not shown.
  const problem = 'must be the URL of an http: or https: proxy'
  if (option !== undefined) throw misuse(CODES.INVALID_OPTION, `option "proxy" ${problem}`)
  logger.warn(`HTTPS_PROXY (or ALL_PROXY) ${problem}; LLM Observability is disabled`)
  return { value: null, unusable: true }
}

/**
 * @param {Record<string, any>} options
 * @returns {[string, string][]} option over environment, in order of first appearance
 */
function hostTags(options) {
  /** @type {Record<string, string>} */
  const tags = Object.create(null)
  for (const pair of (envText('DD_TAGS') ?? '').split(',')) {
    const colon = pair.indexOf(':')
    const key = (colon === -1 ? pair : pair.slice(0, colon)).trim()
    if (key !== '') tags[key] = colon === -1 ? '' : pair.slice(colon + 1).trim()
  }
  return Object.entries(Object.assign(tags, rules.optionalTags(options)))
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
  logger.warn(`${name} must be a whole number from ${least} to ${greatest}; ${standard} is used`)
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
  logger.warn(`${name} must be a number from 0 to 1; 1 is used`)
  return 1
}

module.exports = { isDisabledByEnv, readApiKey, resolveOptions }
