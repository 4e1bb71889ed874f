'use strict'

/** Questions about objects whose answers let the encoder go the short way. */

const { BARE_PROTOTYPE } = require('./bare')

const { getPrototypeOf, hasOwn } = Object
const ObjectPrototype = Object.prototype
const ArrayPrototype = Array.prototype

/**
 * A plain object or array without a `toJSON`: nothing has to be asked of it.
 *
 * @param {unknown} value
 * @returns {boolean}
 */
function isOrdinary(value) {
  if (typeof value !== 'object' || value === null) return false
  const prototype = getPrototypeOf(value)
  return (
    (prototype === ObjectPrototype ||
      prototype === ArrayPrototype ||
      prototype === BARE_PROTOTYPE ||
      prototype === null) &&
    !hasOwn(value, 'toJSON')
  )
}

/**
 * @param {object} object
 * @returns {boolean} true when `for in` visits its own fields and no others
 */
function inheritsNothing(object) {
  const prototype = getPrototypeOf(object)
  if (prototype === BARE_PROTOTYPE || prototype === null) return true
  if (prototype !== ObjectPrototype) return false
  // Somebody may have added to it.
  for (const _ in ObjectPrototype) return false
  return true
}

module.exports = { inheritsNothing, isOrdinary }
