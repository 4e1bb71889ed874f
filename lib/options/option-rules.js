'use strict'

const { constants } = require('node:os')
const { CODES, misuse, outOfRange } = require('../errors')
const { Names } = require('../values/near-names')
const { isObject, own, typeName } = require('../values/own')

const MIB = 1024 * 1024
const DAY_MS = 86_400_000

/**
 * Every number that can be set: its default, its least and its greatest value. The unit ends the name.
 * The core takes each of them by this name.
 *
 * @satisfies {Readonly<Record<string, readonly [standard: number, least: number, greatest: number]>>}
 */
const LIMITS = {
  flushIntervalMs: [1000, 10, DAY_MS],
  flushLingerMs: [200, 0, DAY_MS],
  requestTimeoutMs: [5000, 1, 600_000],
  // What the intake takes; a smaller one is for gateways in front of it.
  maxEventBytes: [5_000_000, 1000, 5_000_000],
  maxPayloadBytes: [5_000_000, 1000, 5_000_000],
  maxBufferedBytes: [64 * MIB, 1000, 2 ** 40],
  maxBufferedBytesPerTenant: [16 * MIB, 1000, 2 ** 40],
  // Of another total it is half of that.
  maxBufferedBytesFailing: [32 * MIB, 500, 2 ** 40],
  maxRequestsInFlight: [256, 1, 65_536],
  maxRequestsInFlightPerTenant: [2, 1, 1024],
  deliveryThreads: [2, 1, 64],
  maxRetryAgeMs: [300_000, 0, DAY_MS],
  exitTimeoutMs: [3000, 0, 600_000]
}

/** @typedef {keyof typeof LIMITS} LimitName */

/** The options of `init` and `createLLMObs`; `projectName` and `agentlessEnabled` are dd-trace's, ignored. */
const OPTION_NAMES = new Set([
  ...Object.keys(LIMITS),
  'enabled',
  'mlApp',
  'apiKey',
  'site',
  'service',
  'env',
  'version',
  'tags',
  'tenantTags',
  'sampleRate',
  'outsideContexts',
  'onInvalidRoute',
  'onMisuse',
  'allowedSites',
  'intakeUrl',
  'ca',
  'proxy',
  'compression',
  'drainOnSignals',
  'logger',
  'agentlessEnabled',
  'projectName'
])

/** What the same is called where a route or a model is meant. */
const NAMES = new Names([...OPTION_NAMES], {
  meant: {
    ddApiKey: 'apiKey',
    ddSite: 'site',
    url: 'intakeUrl',
    sampleRatio: 'sampleRate',
    application: 'mlApp'
  }
})

/**
 * @param {any} options
 * @param {string} name
 * @returns {any} undefined when it is not given: absent, undefined or null
 */
function given(options, name) {
  return own(options, name) ?? undefined
}

/**
 * @param {string} name
 * @param {string} allowed
 * @param {unknown} value
 */
function wrongType(name, allowed, value) {
  return misuse(CODES.INVALID_OPTION, `option "${name}" must be ${allowed}, got ${typeName(value)}`)
}

/**
 * Refuses what is no options object, and names nobody knows: a misspelt limit must not be a silent default.
 *
 * @param {unknown} options
 */
function checkOptionNames(options) {
  if (!isObject(options) || Array.isArray(options)) {
    throw misuse(CODES.INVALID_OPTION, `options must be an object, got ${typeName(options)}`)
  }
  for (const name of Object.keys(options)) {
    if (OPTION_NAMES.has(name)) continue
    const cure = NAMES.cureOf(name)
    // What has digits or dashes in it may be a key in the wrong place, unless it is nearly the name of an option.
    const isName = (cure === '' ? /^[a-z]{1,40}$/i : /^[a-z_-]{1,40}$/i).test(name)
    const shown = isName ? `option "${name}"` : 'one of the options'
    const known = `known are ${[...OPTION_NAMES].join(', ')}`
    throw misuse(CODES.INVALID_OPTION, `${shown} is not known${cure}; ${known}`)
  }
}

/**
 * @param {Record<string, any>} options
 * @param {string} name
 * @returns {string | undefined}
 */
function optionalString(options, name) {
  const value = given(options, name)
  if (value === undefined) return undefined
  if (typeof value !== 'string') throw wrongType(name, 'a string', value)
  return value
}

/**
 * @param {Record<string, any>} options
 * @param {string} name
 * @returns {string | undefined}
 */
function optionalText(options, name) {
  const value = optionalString(options, name)
  if (value === '') throw misuse(CODES.INVALID_OPTION, `option "${name}" must not be empty`)
  return value
}

/**
 * A name of something. Configuration often has a number there, as a version.
 *
 * @param {Record<string, any>} options
 * @param {string} name
 * @returns {string | undefined}
 */
function optionalLabel(options, name) {
  const value = given(options, name)
  return isPrimitive(value) ? String(value) : optionalText(options, name)
}

/**
 * @param {unknown} value
 * @returns {value is number | boolean | bigint | symbol} of those that are no text
 */
function isPrimitive(value) {
  const type = typeof value
  return type === 'number' || type === 'boolean' || type === 'bigint' || type === 'symbol'
}

/**
 * @param {Record<string, any>} options
 * @param {string} name
 * @returns {boolean | undefined}
 */
function optionalBoolean(options, name) {
  const value = given(options, name)
  if (value !== undefined && typeof value !== 'boolean') throw wrongType(name, 'true or false', value)
  return value
}

/**
 * @template {string} C
 * @param {Record<string, any>} options
 * @param {string} name
 * @param {readonly C[]} choices the first is the default
 * @returns {C}
 */
function choice(options, name, choices) {
  return optionalChoice(options, name, choices) ?? choices[0]
}

/**
 * @template {string} C
 * @param {Record<string, any>} options
 * @param {string} name
 * @param {readonly C[]} choices
 * @returns {C | undefined}
 */
function optionalChoice(options, name, choices) {
  const value = given(options, name)
  if (value === undefined) return undefined
  if (typeof value !== 'string') throw wrongType(name, `one of ${choices.join(', ')}`, value)
  const found = choices.find(known => known === value)
  if (found === undefined) {
    throw misuse(CODES.INVALID_OPTION, `option "${name}" must be one of ${choices.join(', ')}`)
  }
  return found
}

/**
 * @param {Record<string, any>} options
 * @param {string} name
 * @returns {string[] | undefined} a copy
 */
function optionalStrings(options, name) {
  const value = given(options, name)
  if (value === undefined) return undefined
  if (!Array.isArray(value)) throw wrongType(name, 'an array of strings', value)
  return value.map((item, index) => {
    if (typeof item !== 'string') throw wrongType(`${name}[${index}]`, 'a string', item)
    return item
  })
}

/**
 * @param {Record<string, any>} options
 * @param {LimitName} name
 * @returns {number | undefined}
 */
function optionalLimit(options, name) {
  const value = given(options, name)
  if (value === undefined) return undefined
  const [, least, greatest] = LIMITS[name]
  if (typeof value !== 'number') throw wrongType(name, `a whole number from ${least} to ${greatest}`, value)
  if (!Number.isInteger(value) || value < least || value > greatest) {
    throw outOfRange(
      CODES.INVALID_OPTION,
      `option "${name}" must be a whole number from ${least} to ${greatest}, got ${value}`
    )
  }
  return value
}

/**
 * @param {Record<string, any>} options
 * @param {string} name
 * @returns {number | undefined} 0 to 1
 */
function optionalRate(options, name) {
  const value = given(options, name)
  if (value === undefined) return undefined
  if (typeof value !== 'number') throw wrongType(name, 'a number from 0 to 1', value)
  if (!(value >= 0 && value <= 1)) {
    throw outOfRange(CODES.INVALID_OPTION, `option "${name}" must be a number from 0 to 1, got ${value}`)
  }
  return value
}

/**
 * @param {Record<string, any>} options
 * @returns {Record<string, string> | undefined}
 */
function optionalTags(options) {
  const value = given(options, 'tags')
  if (value === undefined) return undefined
  if (!isObject(value) || Array.isArray(value)) throw wrongType('tags', 'an object', value)
  /** @type {Record<string, string>} */
  const tags = Object.create(null)
  for (const key of Object.keys(value)) {
    const type = typeof value[key]
    if (type !== 'string' && type !== 'number' && type !== 'boolean') {
      throw wrongType(`tags.${key}`, 'a string, a number or a boolean', value[key])
    }
    tags[key] = String(value[key])
  }
  return tags
}

/**
 * @param {Record<string, any>} options
 * @returns {NodeJS.Signals[]}
 */
function signalList(options) {
  const names = optionalStrings(options, 'drainOnSignals') ?? []
  return names.map(name => {
    if (!Object.hasOwn(constants.signals, name) || name === 'SIGKILL' || name === 'SIGSTOP') {
      throw misuse(
        CODES.INVALID_OPTION,
        'option "drainOnSignals" must name signals that can be caught, as SIGTERM'
      )
    }
    return /** @type {NodeJS.Signals} */ (name)
  })
}

module.exports = {
  LIMITS,
  checkOptionNames,
  choice,
  given,
  optionalBoolean,
  optionalChoice,
  optionalLabel,
  optionalLimit,
  optionalRate,
  optionalString,
  optionalStrings,
  optionalTags,
  optionalText,
  signalList
}
