'use strict'

/**
 * The list of what could not be collected of a span, sent as its `collection_errors`. Entries name a place
 * and never a value.
 */

const { cutEnd } = require('./json-rules')

const UNSERIALIZABLE_TEXT = 'Unserializable value'
const MAX_COLLECTION_ERRORS = 20
const MAX_PLACE_CHARACTERS = 200

/**
 * Adds an entry once; a full list stays as it is, because its reader knows by then that the span is incomplete.
 * @param {string[]} errors
 * @param {string} reason
 * @param {string} [place] such as `metadata.customer.region`
 */
function noteError(errors, reason, place) {
  if (errors.length >= MAX_COLLECTION_ERRORS) return
  const entry = place ? `${reason}:${cutEnd(place, MAX_PLACE_CHARACTERS)}` : reason
  if (!errors.includes(entry)) errors[errors.length] = entry
}

/**
 * @param {string[]} errors
 * @param {string} place
 * @returns {string} the text that stands for the value
 */
function unserializable(errors, place) {
  noteError(errors, 'unserializable', place)
  return UNSERIALIZABLE_TEXT
}

module.exports = { MAX_COLLECTION_ERRORS, UNSERIALIZABLE_TEXT, noteError, unserializable }
