'use strict'

/** Headers on their way between services, and the set of tags in the one that dd-trace uses. */

const { CODES, misuse } = require('../errors')
const { isObject, typeName } = require('../values/own')

const HEADER = 'x-datadog-tags'

/**
 * @param {string} header
 * @returns {[string, string][]}
 */
function splitTags(header) {
  if (header === '') return []
  return header.split(',').map(entry => {
    const equals = entry.indexOf('=')
    return equals === -1 ? [entry, ''] : [entry.slice(0, equals).trim(), entry.slice(equals + 1)]
  })
}

/** @param {[string, string][]} entries */
function joinTags(entries) {
  return entries.map(([key, value]) => `${key}=${value}`).join(',')
}

/** @param {unknown} carrier */
function checkCarrier(carrier) {
  if (isObject(carrier)) return
  throw misuse(
    CODES.INVALID_CARRIER,
    `carrier must be an object of headers, a Headers or a Map, got ${typeName(carrier)}`
  )
}

/**
 * @param {any} carrier
 * @param {string} [header] in lower case
 * @returns {string} '' when there is none
 */
function readHeader(carrier, header = HEADER) {
  try {
    let value
    if (typeof carrier.get === 'function') {
      value = carrier.get(header)
    } else {
      const name = Object.keys(carrier).find(key => key.toLowerCase() === header)
      value = name === undefined ? undefined : carrier[name]
    }
    if (Array.isArray(value)) value = value.join(',')
    return typeof value === 'string' ? value : ''
  } catch {
    throw misuse(CODES.INVALID_CARRIER, 'carrier could not be read: it must be an object of headers')
  }
}

/**
 * @param {any} carrier
 * @param {string} text
 * @param {string} [header] in lower case
 */
function writeHeader(carrier, text, header = HEADER) {
  try {
    if (typeof carrier.set === 'function') {
      carrier.set(header, text)
      return
    }
    const name = Object.keys(carrier).find(key => key.toLowerCase() === header) ?? header
    carrier[name] = text
  } catch {
    throw misuse(CODES.INVALID_CARRIER, 'carrier could not be written: it must be an object of headers')
  }
}

module.exports = { HEADER, checkCarrier, joinTags, readHeader, splitTags, writeHeader }
