'use strict'

const { CODES, misuse } = require('../errors')
const { labelOf } = require('../values/labels')
const { Names, shownName } = require('../values/near-names')
const { own, typeName } = require('../values/own')

const ROUTE_OPTION_NAMES = ['mlApp', 'service', 'env', 'sampleRate', 'captureContent', 'processor']
const ROUTE_NAMES = ['ddApiKey', 'ddSite', 'tenant', 'targets', ...ROUTE_OPTION_NAMES]
/** Names that mean a known one. A misspelt site must not silently become another region. */
const MISSPELT = new Map(ROUTE_NAMES.map(name => [plain(name), name]))
MISSPELT.set('site', 'ddSite').set('apikey', 'ddApiKey')
/** Of these nothing is taken: whose data it is must be said, not guessed. */
const NAMES = new Names(ROUTE_NAMES, { meant: { tenantId: 'tenant', tenantName: 'tenant' } })
const LABELS = ['mlApp', 'service', 'env']

/**
 * @typedef {object} RouteOptions per-route settings; undefined means the instance's
 * @property {string} [mlApp]
 * @property {string} [service]
 * @property {string} [env]
 * @property {number} [sampleRate]
 * @property {boolean} [captureContent]
 * @property {(span: any) => any} [processor]
 */

/** @type {RouteOptions} */
const NO_OPTIONS = Object.freeze(Object.create(null))

/**
 * @param {Record<string, any>} input
 * @param {RouteOptions} base what the route inherits
 * @param {{ processor?: unknown }} [instead] of what the input says
 * @returns {RouteOptions} `base` where nothing is said: a route that is kept has no object for it
 */
function readOptions(input, base, instead = {}) {
  /** @type {Record<string, any> | null} */
  let options = null
  for (const name of ROUTE_OPTION_NAMES) {
    const given = own(Object.hasOwn(instead, name) ? instead : input, name) ?? undefined
    if (given === undefined) continue
    const value = LABELS.includes(name) ? (labelOf(given) ?? given) : given
    const problem = routeOptionProblem(name, value)
    if (problem !== null)
      throw misuse(CODES.INVALID_ROUTE, `route option "${name}" must be ${problem}, got ${typeName(value)}`)
    options ??= /** @type {Record<string, any>} */ (Object.assign(Object.create(null), base))
    options[name] = value
  }
  return options === null ? base : Object.freeze(options)
}

/**
 * @param {string} name
 * @param {unknown} value
 * @returns {string | null} what is allowed, or null when the value is
 */
function routeOptionProblem(name, value) {
  switch (name) {
    case 'sampleRate':
      return typeof value === 'number' && value >= 0 && value <= 1 ? null : 'a number from 0 to 1'
    case 'captureContent':
      return typeof value === 'boolean' ? null : 'true or false'
    case 'processor':
      return typeof value === 'function' ? null : 'a function'
    default:
      return typeof value === 'string' && value !== '' ? null : 'a string that is not empty'
  }
}

/**
 * @param {Record<string, any>} input
 * @param {Misuse} reports
 */
function checkNames(input, reports) {
  for (const name of namesOf(input)) {
    if (ROUTE_NAMES.includes(name)) continue
    const meant = MISSPELT.get(plain(name))
    if (meant === undefined) noteUnknown(input, name, reports)
    if (meant === undefined || (own(input, meant) ?? undefined) !== undefined) continue
    throw misuse(CODES.INVALID_ROUTE, `route option "${name}" is not known: "${meant}" is meant`)
  }
}

/**
 * A context may be given a whole row of a table: what is near to nothing, or to what is given, is not told.
 *
 * @param {Record<string, any>} input
 * @param {string} name
 * @param {Misuse} reports
 */
function noteUnknown(input, name, reports) {
  const near = NAMES.nearTo(name)
  if (near === undefined || (own(input, near) ?? undefined) !== undefined) return
  const cure = NAMES.cureOf(name)
  reports.note(CODES.INVALID_ROUTE, `route option ${shownName(name)} is not known${cure}`)
}

/**
 * @param {Record<string, any>} input
 * @returns {string[]}
 */
function namesOf(input) {
  try {
    return Object.keys(input)
  } catch {
    throw misuse(CODES.INVALID_ROUTE, 'the options of the routing context could not be read')
  }
}

/** @param {string} name */
function plain(name) {
  return name.toLowerCase().replaceAll(/[_-]/g, '')
}

module.exports = { NO_OPTIONS, checkNames, readOptions }
