'use strict'

const { cutMiddle } = require('./json-rules')

/** Longest name, message or tag: what is longer is a mistake, and costs the event its other contents. */
const MAX_FIELD_CHARACTERS = 1_000_000

/**
 * The text of a field that is a string on the wire, whatever an application put there.
 * @param {unknown} value
 * @returns {string}
 */
function fieldText(value) {
  return cutMiddle(stringOf(value), MAX_FIELD_CHARACTERS)
}

/**
 * @param {unknown} value
 * @returns {string}
 */
function stringOf(value) {
  switch (typeof value) {
    case 'string':
      return value
    case 'number':
    case 'boolean':
    case 'bigint':
      return `${value}`
    default:
      return ''
  }
}

module.exports = { fieldText, stringOf }
