'use strict'

/**
 * Checks of one field of an annotation, with the texts dd-trace's users know. A missing field is fine; a field
 * of the wrong type is a mistake in the calling code and throws; a field that cannot be read is not.
 */

const { CODES, misuse } = require('../errors')
const { UNSERIALIZABLE_TEXT } = require('../values/collection-errors')
const { UNREADABLE } = require('../values/capture')

/**
 * @param {string} message
 * @returns {TypeError}
 */
function invalidAnnotation(message) {
  return misuse(CODES.INVALID_ANNOTATION, message)
}

/**
 * @param {unknown} value
 * @param {string} name
 * @returns {string|undefined}
 */
function optionalString(value, name) {
  if (value === undefined || value === null) return undefined
  if (value === UNREADABLE) return UNSERIALIZABLE_TEXT
  if (typeof value !== 'string') throw invalidAnnotation(`"${name}" must be a string.`)
  return value
}

/**
 * @param {unknown} value
 * @param {string} name
 * @returns {number|undefined}
 */
function optionalNumber(value, name) {
  if (value === undefined || value === null || value === UNREADABLE) return undefined
  if (typeof value !== 'number') throw invalidAnnotation(`"${name}" must be a number.`)
  return value
}

module.exports = { invalidAnnotation, optionalNumber, optionalString }
