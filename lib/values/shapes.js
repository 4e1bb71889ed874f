'use strict'

/** Questions about a value's shape. Those of the second part may run a Proxy's traps, and throw what they throw. */

const { BARE_PROTOTYPE } = require('./bare')

const { getPrototypeOf, hasOwn } = Object
const ObjectPrototype = Object.prototype
const ArrayPrototype = Array.prototype

/** An experiment may be about the value null, while null in a span's field says that it was never annotated. */
const ANNOTATED_NULL = Symbol('null')

/**
 * False for class instances: a schema library's object, read field by field, would give a misleading manifest.
 * @param {unknown} value
 * @returns {value is Record<string, unknown>}
 */
function isPlainObject(value) {
  if (value === null || typeof value !== 'object') return false
  try {
    const prototype = getPrototypeOf(value)
    return prototype === ObjectPrototype || prototype === null
  } catch {
    return false
  }
}

/**
 * @param {unknown} value
 * @returns {boolean} whether it is an object as JSON has them: of no class, in any realm, and without functions in it
 */
function isJsonLike(value) {
  if (value === null || typeof value !== 'object' || isArray(value)) return false
  try {
    const prototype = getPrototypeOf(value)
    if (prototype !== null && getPrototypeOf(prototype) !== null) return false
    return !Object.keys(value).some(name => name !== 'toJSON' && isFunctionField(value, name))
  } catch {
    return false
  }
}

/**
 * @param {object} owner none of its getters runs
 * @param {string} name
 */
function isFunctionField(owner, name) {
  return typeof Object.getOwnPropertyDescriptor(owner, name)?.value === 'function'
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

/**
 * A plain object or array without a `toJSON`: nothing has to be asked of it.
 *
 * @param {any} value an object, a function or a BigInt
 * @returns {boolean}
 */
function isOrdinary(value) {
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

module.exports = {
  ANNOTATED_NULL,
  inheritsNothing,
  isArray,
  isJsonLike,
  isOrdinary,
  isPlainObject,
  isPrintable,
  isUnset
}
