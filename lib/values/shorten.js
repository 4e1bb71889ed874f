'use strict'

/**
 * Texts of an event that is certainly too large are cut before they are copied: to more than the core keeps of them
 * (src/wire/trim.rs), so that what it sends is the same but for the count in the mark.
 */

const { cutEnd } = require('./json-rules')

/** The largest event has so many bytes, and each character of a text is one at least. */
const SENDABLE_CHARACTERS = 5_000_000
/** Kept beside that: the core marks a cut, too, and does not divide characters. */
const MARGIN_CHARACTERS = 64
/** No text is cut to less: names and ids stay whole. */
const KEPT_CHARACTERS_MIN = 1_000

/**
 * @param {unknown[]} values plain
 * @returns {number} the characters that the longest texts in them may keep; none is that long where all can be sent
 */
function keptCharacters(values) {
  /** @type {number[]} */
  const lengths = []
  for (const value of values) addLengths(lengths, value)
  const total = lengths.reduce((sum, length) => sum + length, 0)
  if (total <= SENDABLE_CHARACTERS) return Number.POSITIVE_INFINITY
  // The shortest give what they do not need to the rest.
  lengths.sort((one, other) => one - other)
  let left = SENDABLE_CHARACTERS
  let index = 0
  for (; index < lengths.length; index++) {
    if (lengths[index] * (lengths.length - index) > left) break
    left -= lengths[index]
  }
  const each = Math.floor(left / (lengths.length - index))
  return Math.max(KEPT_CHARACTERS_MIN, each) + MARGIN_CHARACTERS
}

/**
 * @param {number[]} lengths gets those of all texts in the value but names
 * @param {unknown} value plain
 */
function addLengths(lengths, value) {
  if (typeof value === 'string') lengths.push(value.length)
  else if (Array.isArray(value))
    for (let index = 0; index < value.length; index++) addLengths(lengths, value[index])
  else if (typeof value === 'object' && value !== null) {
    for (const name in value) addLengths(lengths, /** @type {any} */ (value)[name])
  }
}

/**
 * @param {string} text
 * @param {number} characters that it keeps
 * @returns {string} with its middle marked as the core marks it; a character that was left out counts as a byte
 */
function shortened(text, characters) {
  const half = characters >> 1
  const begin = cutEnd(text, half)
  const end = cutStart(text, half)
  const mark = `[... ${text.length - begin.length - end.length} bytes removed ...]`
  return begin.length + mark.length + end.length < text.length ? begin + mark + end : text
}

/** @param {string} text @param {number} characters */
function cutStart(text, characters) {
  const from = text.length - characters
  const unit = text.charCodeAt(from)
  // The second half of a character goes with the first.
  return text.slice(unit >= 0xdc00 && unit <= 0xdfff ? from + 1 : from)
}

module.exports = { SENDABLE_CHARACTERS, keptCharacters, shortened }
