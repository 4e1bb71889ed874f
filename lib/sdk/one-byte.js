'use strict'

const v8 = require('node:v8')

/** For a string of one-byte characters the engine knows without looking that this cannot match. */
const BEYOND_ONE_BYTE = /[\u0100-\uffff]/
const NOTHING = /^/
/** Below, UTF-16 without asking is cheaper. */
const WORTH_ASKING_CHARACTERS = 512

/**
 * Whether the engine holds a text as one byte a character. Node 22.15 and 23.10 can say so.
 *
 * @type {(text: string) => boolean}
 */
const isOneByte = /** @type {any} */ (v8).isStringOneByteRepresentation ?? looksOneByte

/**
 * @param {string} text
 * @returns {boolean} false does not say that it is not
 */
function looksOneByte(text) {
  if (text.length < WORTH_ASKING_CHARACTERS) return false
  if (!BEYOND_ONE_BYTE.test(text)) return true
  // The engine keeps the last text that matched for `RegExp.input`: let it be another.
  NOTHING.test('')
  return false
}

module.exports = { isOneByte }
