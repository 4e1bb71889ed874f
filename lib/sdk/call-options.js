'use strict'

const { CODES, misuse, outOfRange, refused } = require('../errors')
const { checkLabel } = require('../routing/routing')
const { isObject, own, typeName } = require('../values/own')

const FLUSH_TIMEOUT_MS = 5000
const TIMEOUT_MS_MAX = 86_400_000
/** Tenants with series of their own. A tenant has about eight. */
const METRICS_TENANTS = 200
const METRICS_TENANTS_MAX = 10_000

/**
 * @param {any} options
 * @returns {number}
 */
function timeoutOption(options) {
  if (options === undefined || options === null) return FLUSH_TIMEOUT_MS
  if (!isObject(options))
    throw misuse(CODES.INVALID_OPTION, `options must be an object, got ${typeName(options)}`)
  const timeoutMs = own(options, 'timeoutMs') ?? undefined
  if (timeoutMs === undefined) return FLUSH_TIMEOUT_MS
  if (typeof timeoutMs !== 'number') {
    throw misuse(
      CODES.INVALID_OPTION,
      `option "timeoutMs" must be a number of milliseconds, got ${typeName(timeoutMs)}`
    )
  }
  if (timeoutMs >= 0 && timeoutMs <= TIMEOUT_MS_MAX) return timeoutMs
  throw outOfRange(
    CODES.INVALID_OPTION,
    `option "timeoutMs" must be from 0 to ${TIMEOUT_MS_MAX}, got ${timeoutMs}`
  )
}

/**
 * @param {any} options of `flush`, whose `timeoutMs` was read
 * @returns {boolean} whether the report names the tenants
 */
function tenantsOption(options) {
  const tenants = isObject(options) ? (own(options, 'tenants') ?? true) : true
  if (typeof tenants === 'boolean') return tenants
  throw misuse(CODES.INVALID_OPTION, `option "tenants" must be true or false, got ${typeName(tenants)}`)
}

/**
 * @param {any} options of `openMetrics`
 * @returns {number} how many tenants have series of their own
 */
function tenantsMaxOption(options) {
  const tenants = isObject(options) ? (own(options, 'tenants') ?? METRICS_TENANTS) : METRICS_TENANTS
  if (typeof tenants !== 'number') {
    throw misuse(CODES.INVALID_OPTION, `option "tenants" must be a number, got ${typeName(tenants)}`)
  }
  if (Number.isInteger(tenants) && tenants >= 0 && tenants <= METRICS_TENANTS_MAX) return tenants
  throw outOfRange(
    CODES.INVALID_OPTION,
    `option "tenants" must be a whole number from 0 to ${METRICS_TENANTS_MAX}, got ${tenants}`
  )
}

/**
 * @param {unknown} tenant
 * @param {unknown} options
 * @returns {string} the new key
 */
function rotationKey(tenant, options) {
  checkLabel(tenant)
  const ddApiKey = isObject(options) ? own(options, 'ddApiKey') : undefined
  if (typeof ddApiKey === 'string') return ddApiKey
  throw misuse(CODES.INVALID_API_KEY, `rotate needs { ddApiKey }: a string, got ${typeName(ddApiKey)}`)
}

/**
 * @param {unknown} processor
 * @param {unknown} registered the one that is set already, or null
 */
function checkProcessor(processor, registered) {
  if (typeof processor !== 'function') {
    throw misuse(CODES.INVALID_CALLBACK, `a span processor must be a function, got ${typeName(processor)}`)
  }
  if (registered === null) return
  throw refused(
    CODES.PROCESSOR_REGISTERED,
    '[LLMObs] Only one user span processor can be registered. ' +
      'To register a new processor, deregister the existing processor first using `llmobs.deregisterProcessor()`.'
  )
}

/** @param {unknown} stream */
function checkStream(stream) {
  if (isObject(stream)) return
  throw misuse(CODES.INVALID_CALLBACK, `bindStream needs an iterable or a stream, got ${typeName(stream)}`)
}

/** @param {string} member */
function notSupported(member) {
  return refused(
    CODES.NOT_SUPPORTED,
    `llmobs.${member} is no telemetry and not part of spanlane: use tracer.llmobs.${member} of dd-trace`
  )
}

module.exports = {
  FLUSH_TIMEOUT_MS,
  checkProcessor,
  checkStream,
  notSupported,
  rotationKey,
  tenantsMaxOption,
  tenantsOption,
  timeoutOption
}
