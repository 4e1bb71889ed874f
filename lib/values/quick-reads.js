'use strict'

/** Reading what most callers pass - object literals of few fields - without asking for each field who defines it. */

const { inheritsNothing } = require('./record-shapes')

const { getPrototypeOf, hasOwn } = Object
const ObjectPrototype = Object.prototype

/** More fields or longer texts than that are copied the careful way, which counts them. */
const MAX_FIELDS = 64
const MAX_CHARACTERS = 100_000

/** In place of what could not be read: no JSON has it. */
const NO_JSON = Symbol('unreadable')

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
 * @returns {boolean} few fields, all of them its own, and no answer of its own to `JSON.stringify`
 */
function isSmall(object) {
  try {
    if (!inheritsNothing(object) || hasOwn(object, 'toJSON') || Array.isArray(object)) return false
    let fields = 0
    for (const _ in object) if (++fields > MAX_FIELDS) return false
    return true
  } catch {
    return false
  }
}

/**
 * Reads every field of a small object once.
 *
 * @param {any} object
 * @param {Record<string, any>} copy gets the fields, numbers as JSON has them
 * @returns {boolean} whether the copy is what JSON would make of the object; if not, JSON can be made of the copy
 */
function copyFields(object, copy) {
  let isFlat = true
  let characters = 0
  for (const name in object) {
    let value
    try {
      value = object[name]
    } catch {
      value = NO_JSON
    }
    characters += name.length
    switch (typeof value) {
      case 'string':
        characters += value.length
        copy[name] = value
        break
      case 'number':
        copy[name] = Number.isFinite(value) ? value + 0 : null
        break
      case 'boolean':
        copy[name] = value
        break
      case 'undefined':
        break
      default:
        copy[name] = value
        if (value !== null) isFlat = false
    }
  }
  return isFlat && characters <= MAX_CHARACTERS
}

/**
 * @param {any} object
 * @param {number} count
 * @returns {boolean} whether a loop over its fields ends after that many
 */
function hasFields(object, count) {
  let fields = 0
  for (const _ in object) if (++fields > count) return false
  return fields === count
}

module.exports = { copyFields, hasFields, isLiteral, isSmall }
