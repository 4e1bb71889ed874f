'use strict'

/** The first that can say how a text is held: of 22 and of 23; all later ones can. @type {Record<number, number>} */
const CAN_SAY = Object.freeze({ 22: 15, 23: 10 })

/** For a string of one-byte characters the engine knows without looking that this cannot match. */
const BEYOND_ONE_BYTE = /[\u0100-\uffff]/
const NOTHING = /^/
/** Below, UTF-16 without asking is cheaper. */
const WORTH_ASKING_CHARACTERS = 512
/** From here on the pattern costs more than a serializer when a two-byte string has to be searched. */
const LARGE_CHARACTERS = 32 * 1024
/** A piece that the engine does not copy, so that it is held as the whole is. */
const PIECE_CHARACTERS = 16
/** Where the serialized piece says how it is held, and that it is as one byte a character. */
const TAG_AT = 2
const ONE_BYTE_TAG = 0x22

/** @type {{ isStringOneByteRepresentation?: (text: string) => boolean }} */
const engine = /** @type {any} */ (canSay(process.versions.node) ? require('node:v8') : {})

/** Whether the engine holds a text as one byte a character. */
const isOneByte = engine.isStringOneByteRepresentation ?? looksOneByte

/**
 * Asked of the version: to load what could be looked at takes two milliseconds of a process's start.
 *
 * @param {string} version
 * @returns {boolean} whether `node:v8` has `isStringOneByteRepresentation`
 */
function canSay(version) {
  const [major, minor] = version.split('.').map(Number)
  return major > 23 || minor >= (CAN_SAY[major] ?? Infinity)
}

/**
 * @param {string} text
 * @returns {boolean} false does not say that it is not
 */
function looksOneByte(text) {
  if (text.length < WORTH_ASKING_CHARACTERS) return false
  // The pattern would read all of a large text of two-byte characters without any beyond one.
  if (text.length >= LARGE_CHARACTERS && !isHeldAsOneByte(text)) return false
  if (!BEYOND_ONE_BYTE.test(text)) return true
  // The engine keeps the last text that matched for `RegExp.input`: let it be another.
  NOTHING.test('')
  return false
}

/**
 * @param {string} text
 * @returns {boolean} what serializing it shows; whoever relies on it looks at the text too
 */
function isHeldAsOneByte(text) {
  const { serialize } = require('node:v8')
  return serialize(text.slice(0, PIECE_CHARACTERS))[TAG_AT] === ONE_BYTE_TAG
}

module.exports = { canSay, isOneByte, looksOneByte }
