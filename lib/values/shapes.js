'use strict'

/** Questions about a value's shape that also a revoked Proxy can be asked without throwing. */

/**
 * False for class instances: a schema library's object, read field by field, would give a misleading manifest.
 * @param {unknown} value
 * @returns {value is Record<string, unknown>}
 */
function isPlainObject(value) {
  if (value === null || typeof value !== 'object') return false
  try {
    const prototype = Object.getPrototypeOf(value)
    return prototype === Object.prototype || prototype === null
  } catch {
    return false
  }
}

/**
 * @param {unknown} value
 * @returns {value is unknown[]}
 */
function isArray(value) {
  try {
    return Array.isArray(value)
  } catch {
    return false
  }
}

/**
 * What says nothing, and so does not replace what was said before.
 * @param {unknown} value
 * @returns {boolean}
 */
function isUnset(value) {
  if (value === undefined || value === null || value === '') return true
  try {
    return isArray(value) && value.length === 0
  } catch {
    return false
  }
}

/**
 * Printing a number takes longer the longer it is; this one is longer than any that counts or identifies.
 */
const LONGEST_BIGINT = 2n ** 256n

/**
 * @param {bigint} value
 * @returns {boolean}
 */
function isPrintable(value) {
  return value < LONGEST_BIGINT && value > -LONGEST_BIGINT
}

module.exports = { isArray, isPlainObject, isPrintable, isUnset }
