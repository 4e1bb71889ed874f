'use strict'

/**
 * Checks of one field, with the texts dd-trace's users know. A missing field is fine; one of the wrong type is a
 * mistake in the calling code, and left out where it does not throw; one that cannot be read is no mistake.
 */

const { UNSERIALIZABLE_TEXT } = require('../values/collection-errors')
const { UNREADABLE } = require('../values/capture')

/**
 * @param {Capture} capture
 * @param {unknown} value
 * @param {string} name
 * @returns {string|undefined}
 */
function optionalString(capture, value, name) {
  if (typeof value === 'string') return value
  if (value === undefined || value === null) return undefined
  if (value === UNREADABLE) return UNSERIALIZABLE_TEXT
  return capture.wrong(`"${name}" must be a string.`)
}

/**
 * @param {Capture} capture
 * @param {unknown} value
 * @param {string} name
 * @returns {number|undefined}
 */
function optionalNumber(capture, value, name) {
  if (typeof value === 'number') return value
  if (value === undefined || value === null || value === UNREADABLE) return undefined
  return capture.wrong(`"${name}" must be a number.`)
}

module.exports = { optionalNumber, optionalString }
