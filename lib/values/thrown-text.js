'use strict'

const { noteOfHostObject } = require('./host-objects')
const { ANY_LEVELS, Copier } = require('./copy')
const { cutMiddle, jsonText } = require('./json-rules')
const { fieldOf } = require('./methods')

const { isMap, isSet } = require('node:util').types

/** Characters of a thrown value's text: it is shown, not kept. */
const MAX_CHARACTERS = 4000
const MAX_ENTRIES = 100

/**
 * What is thrown and is no Error, as text: its status, if it is a response, else its content.
 *
 * @param {any} thrown
 * @returns {string} '' when there is nothing to show
 */
function textOfThrown(thrown) {
  if (typeof thrown === 'string') return cutMiddle(thrown, MAX_CHARACTERS)
  const statusText = fieldOf(thrown, 'statusText')
  if (typeof fieldOf(thrown, 'status') === 'number' && typeof statusText === 'string') {
    return cutMiddle(`${fieldOf(thrown, 'status')} ${statusText}`.trim(), MAX_CHARACTERS)
  }
  const note = noteOfHostObject(thrown)
  if (note !== null) return note
  const copy = new Copier([], { isAutomatic: true }).copy(listed(thrown), 'error', ANY_LEVELS)
  const text = copy === undefined ? '{}' : jsonText(copy)
  return text === '{}' ? '' : cutMiddle(text, MAX_CHARACTERS)
}

/** JSON has no collections. @param {any} value */
function listed(value) {
  if (!isMap(value) && !isSet(value)) return value
  const entries = []
  for (const entry of isMap(value) ? Map.prototype.entries.call(value) : Set.prototype.values.call(value)) {
    if (entries.push(entry) === MAX_ENTRIES) break
  }
  return entries
}

module.exports = { textOfThrown }
