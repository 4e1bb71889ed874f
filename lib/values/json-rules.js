'use strict'

/**
 * The rules of `JSON.stringify` about single values - `toJSON`, boxed primitives, strings - told without
 * trusting any prototype the application or one of its dependencies may have changed.
 */

const { types } = require('node:util')

const stringify = JSON.stringify
const { getPrototypeOf, hasOwn } = Object
const { apply } = Reflect
/** Node 20 has both; the type library of its language version does not. */
const { codePointAt, isWellFormed, toWellFormed } = /** @type {any} */ (String.prototype)

/** Longest prototype chain looked at: a Proxy can make an endless one. */
const MAX_PROTOTYPES = 100

/** Up to here looking for something to escape is cheaper than calling `JSON.stringify`. */
const SHORT_TEXT_CHARACTERS = 256
/** Anything but what JSON leaves as it is; surrogates are looked at in pairs elsewhere. */
const NEEDS_ESCAPE = /[^ !#-[\]-\ud7ff\ue000-\uffff]/

/** Prototypes that have no `toJSON` by specification: one found there was put there by somebody else. */
const PLAIN_PROTOTYPES = new Set(
  [
    Object,
    Array,
    Map,
    Set,
    WeakMap,
    WeakSet,
    Promise,
    Function,
    RegExp,
    Error,
    String,
    Number,
    Boolean,
    Symbol
  ].map(builtIn => builtIn.prototype)
)

/**
 * JSON text of a string. A lone surrogate becomes U+FFFD, so that every text is valid UTF-8.
 * @param {string} text
 * @returns {string}
 */
function quote(text) {
  if (text.length <= SHORT_TEXT_CHARACTERS && !NEEDS_ESCAPE.test(text)) return `"${text}"`
  return stringify(apply(isWellFormed, text, []) ? text : apply(toWellFormed, text, []))
}

/**
 * Keeps both ends of a text that is too long to be delivered, whatever else its event holds. Half a character is no
 * character: the cuts step back from the middle of a surrogate pair.
 * @param {string} text
 * @param {number} limit characters to keep
 * @returns {string}
 */
function cutMiddle(text, limit) {
  if (text.length <= limit) return text
  const half = limit >> 1
  const begin = cutEnd(text, half)
  const from = text.length - half
  const end = text.slice(isInPair(text, from) ? from + 1 : from)
  return `${begin}[${text.length - begin.length - end.length} characters dropped]${end}`
}

/**
 * The beginning of a text.
 * @param {string} text
 * @param {number} limit characters to keep
 * @returns {string}
 */
function cutEnd(text, limit) {
  if (text.length <= limit) return text
  return text.slice(0, isInPair(text, limit) ? limit - 1 : limit)
}

/**
 * @param {string} text
 * @param {number} at
 * @returns {boolean} whether the units before and at this place are one character
 */
function isInPair(text, at) {
  // A code point over 0xffff takes two units, and begins with the first of them.
  return at > 0 && /** @type {number} */ (apply(codePointAt, text, [at - 1])) > 0xffff
}

/**
 * @param {number} number
 * @returns {string}
 */
function numberText(number) {
  return Number.isFinite(number) ? `${number}` : 'null'
}

/**
 * The `toJSON` that the value or its own class defines. One on a built-in prototype is pollution: it would
 * rewrite every event of every tenant.
 * @param {any} value
 * @returns {unknown}
 */
function toJsonOf(value) {
  if (typeof value === 'bigint') {
    // Giving BigInt a `toJSON` is how applications make it serialisable.
    return hasOwn(BigInt.prototype, 'toJSON') ? Reflect.get(BigInt.prototype, 'toJSON', value) : undefined
  }
  if (hasOwn(value, 'toJSON')) return value.toJSON
  let holder = getPrototypeOf(value)
  if (holder === Object.prototype || holder === Array.prototype) return undefined
  for (let step = 0; holder !== null && step < MAX_PROTOTYPES; step++) {
    const above = getPrototypeOf(holder)
    // The root of another realm's objects is its Object.prototype.
    if (above !== null && !PLAIN_PROTOTYPES.has(holder) && hasOwn(holder, 'toJSON')) return value.toJSON
    holder = above
  }
  return undefined
}

/**
 * What `JSON.stringify` writes in place of a value that is not a plain one, or the value itself.
 * Runs the value's own `toJSON`: may throw whatever that throws.
 * @param {any} value
 * @param {string|number} key
 * @returns {unknown}
 */
function jsonValueOf(value, key) {
  // A view is written by its elements; Buffer's own toJSON would copy all of them first.
  if (ArrayBuffer.isView(value)) return value
  const toJson = toJsonOf(value)
  const json = typeof toJson === 'function' ? apply(toJson, value, [`${key}`]) : value
  return types.isBoxedPrimitive(json) ? unboxed(json) : json
}

/**
 * @param {unknown} boxed
 * @returns {unknown}
 */
function unboxed(boxed) {
  if (types.isStringObject(boxed)) return apply(String.prototype.valueOf, boxed, [])
  if (types.isNumberObject(boxed)) return apply(Number.prototype.valueOf, boxed, [])
  if (types.isBooleanObject(boxed)) return apply(Boolean.prototype.valueOf, boxed, [])
  return Symbol('unserializable')
}

module.exports = { cutEnd, cutMiddle, jsonValueOf, numberText, quote }
