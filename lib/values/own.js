'use strict'

const { CODES, misuse } = require('../errors')
const { inheritsNothing, isArray } = require('./shapes')

const { getPrototypeOf } = Object
const ObjectPrototype = Object.prototype

/** What a field of a call's options holds before it was looked for. */
const UNREAD = Symbol('unread')

/** An object with more fields is read by its names. */
const FEW_FIELDS = 64

/**
 * Reads one option. Own properties only: a polluted `Object.prototype` must not be able to choose a key,
 * a site, a proxy or a callback.
 *
 * @param {any} options
 * @param {string} name
 * @returns {any} undefined when the property is absent or inherited
 * @throws {TypeError} `SPANLANE_INVALID_OPTION` when the object cannot be read
 */
function own(options, name) {
  try {
    return Object.hasOwn(options, name) ? options[name] : undefined
  } catch {
    throw unreadable(name)
  }
}

/**
 * Whether an option is there, even if it is undefined.
 *
 * @param {any} options
 * @param {string} name
 * @returns {boolean}
 */
function hasOwn(options, name) {
  try {
    return Object.hasOwn(options, name)
  } catch {
    throw unreadable(name)
  }
}

/**
 * How a call reads an option that is not the plain field of a literal.
 *
 * @typedef {object} OptionReader
 * @property {(options: object, name: string) => unknown} readOption own fields, or what else the call takes for one
 * @property {(options: object, name: string) => unknown} thrownOption in place of one whose reading has thrown
 */

/** Own fields only. What cannot be read is misuse. @type {OptionReader} */
const OWN = {
  readOption: own,
  thrownOption(options, name) {
    if (!hasOwn(options, name)) return undefined
    throw unreadable(name)
  }
}

/**
 * The options of one call.
 *
 * @typedef {object} OptionNames
 * @property {(given: any, options: any) => void} take reads all of them from a literal, in the order of its fields
 * @property {() => boolean} areShared whether somebody has put one of them on the prototype of all literals
 */

/**
 * Reads the options of a call, each once.
 *
 * @template {object} Given
 * @param {Given} given gets them; each of its fields is UNREAD
 * @param {object} options
 * @param {OptionNames} names of `given`
 * @param {OptionReader} [reader]
 * @returns {Given}
 */
function readOptions(given, options, names, reader = OWN) {
  let hasThrown = false
  if (isLiteral(options)) {
    try {
      names.take(given, options)
      if (!names.areShared()) return given
    } catch {
      hasThrown = true
    }
  }
  const fields = /** @type {Record<string, unknown>} */ (given)
  for (const name in fields) {
    const value = fields[name]
    if (value === undefined) continue
    if (value !== UNREAD) {
      if (!isOwn(options, name)) fields[name] = undefined
    } else if (hasThrown) {
      // The first one that is missing. Those after it were not looked for.
      hasThrown = false
      fields[name] = reader.thrownOption(options, name)
    } else {
      fields[name] = reader.readOption(options, name)
    }
  }
  return given
}

/**
 * @param {object} options a literal, whose field was read
 * @param {string} name
 * @returns {boolean} false where somebody has put it on the prototype of all, or where it cannot be told
 */
function isOwn(options, name) {
  try {
    return Object.hasOwn(options, name)
  } catch {
    return false
  }
}

/**
 * A revoked or throwing Proxy, or a getter that throws: the caller's error is not repeated, it may say anything.
 *
 * @param {string} name
 */
function unreadable(name) {
  return misuse(CODES.INVALID_OPTION, `"${name}" could not be read: the object it was looked for in threw`)
}

/**
 * Names a value's type for an error text. Never the value: it may be a key.
 *
 * @param {unknown} value
 * @returns {string}
 */
function typeName(value) {
  if (value === null) return 'null'
  return isArray(value) ? 'array' : typeof value
}

/**
 * @param {unknown} value
 * @returns {boolean} false for what says nothing: an option of these values was not given
 */
function isGiven(value) {
  return value !== undefined && value !== null
}

/**
 * True for anything options can be read from.
 *
 * @param {unknown} value
 * @returns {value is Record<string, any>}
 */
function isObject(value) {
  return typeof value === 'object' && value !== null
}

/**
 * @param {object} value
 * @returns {boolean} an object literal, or something that answers like one; what throws is none
 */
function isLiteral(value) {
  try {
    return getPrototypeOf(value) === ObjectPrototype
  } catch {
    return false
  }
}

/**
 * @param {object} object
 * @returns {number} how many fields a loop over it visits, all of them its own; -1: many, or others
 */
function fewFieldsOf(object) {
  try {
    if (!inheritsNothing(object)) return -1
    let fields = 0
    for (const _ in object) if (++fields > FEW_FIELDS) return -1
    return fields
  } catch {
    return -1
  }
}

/**
 * @param {object} object
 * @param {number} count
 * @returns {boolean} whether a loop over its fields ends after that many
 */
function hasFields(object, count) {
  try {
    let fields = 0
    for (const _ in object) if (++fields > count) return false
    return fields === count
  } catch {
    return false
  }
}

/**
 * @param {object} options
 * @param {number} read how many of its fields said something
 * @returns {boolean} whether there are more: fields that nobody reads, or that say nothing
 */
function hasMore(options, read) {
  try {
    for (const _ in options) if (read-- === 0) return true
  } catch {
    // What cannot be walked through was told of when it was read.
  }
  return false
}

module.exports = {
  UNREAD,
  fewFieldsOf,
  hasFields,
  hasMore,
  hasOwn,
  isGiven,
  isLiteral,
  isObject,
  own,
  readOptions,
  typeName,
  unreadable
}
