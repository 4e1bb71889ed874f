'use strict'

const { isCredential } = require('../values/credentials')

/** A longer list is copied as what applications say is. */
const ELEMENTS_MAX = 32

/**
 * @param {any} value of an attribute
 * @returns {string | number | boolean | (string | number | boolean)[] | undefined} it, or a copy of a short list, as an
 *   event can hold it without further questions; undefined: they have to be asked
 */
function plainOf(value) {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value
    case 'number':
      return Number.isFinite(value) ? value : undefined
    default:
      try {
        return Array.isArray(value) ? plainList(value) : undefined
      } catch {
        return undefined
      }
  }
}

/** @param {any[]} list */
function plainList(list) {
  const { length } = list
  if (length > ELEMENTS_MAX) return undefined
  /** @type {any[]} */
  const copy = []
  for (let index = 0; index < length; index++) {
    const item = list[index]
    const plain = Array.isArray(item) ? undefined : plainOf(item)
    // Headers come as lists of names and values, too.
    if (plain === undefined || (index > 0 && isCredential(copy[index - 1], plain))) return undefined
    copy.push(plain)
  }
  return copy
}

module.exports = { plainOf }
