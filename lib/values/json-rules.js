'use strict'

/**
 * The rules of `JSON.stringify` about single values - `toJSON`, boxed primitives - and of texts in an event, told
 * without trusting any prototype the application or one of its dependencies may have changed.
 */

const { types } = require('node:util')
const { noteOfHostObject } = require('./host-objects')
const { NativePromise } = require('./native-promise')

const stringify = JSON.stringify
const { getPrototypeOf, hasOwn } = Object
const { apply } = Reflect
const { codePointAt } = String.prototype
const ArrayPrototype = Array.prototype

/** Longest prototype chain looked at: a Proxy can make an endless one. */
const MAX_PROTOTYPES = 100

/** Longest name, message or tag: what is longer is a mistake, and costs the event its other contents. */
const MAX_FIELD_CHARACTERS = 1_000_000

/** What `JSON.stringify` has escaped: a lone surrogate, or something else from its backslash on. */
const ESCAPED = /\\(?:ud[89a-f]..|.)/g

/** Prototypes that have no `toJSON` by specification: one found there was put there by somebody else. */
const PLAIN_PROTOTYPES = new Set(
  [
    Object,
    Array,
    Map,
    Set,
    WeakMap,
    WeakSet,
    NativePromise,
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
 * @param {unknown} value plain, and nobody else's: its lists may lose their prototype
 * @returns {string} its JSON text. A lone surrogate becomes U+FFFD, so that the text is valid UTF-8
 */
function jsonText(value) {
  // Somebody else put it there: it would write all lists of all tenants.
  if ('toJSON' in ArrayPrototype) detachLists(value)
  const text = stringify(value)
  return text.includes('\\ud') ? text.replace(ESCAPED, wellFormed) : text
}

/** @param {unknown} value */
function detachLists(value) {
  if (typeof value !== 'object' || value === null) return
  if (Array.isArray(value)) Object.setPrototypeOf(value, null)
  for (const name of Object.keys(value)) detachLists(/** @type {any} */ (value)[name])
}

/** @param {string} escaped */
function wellFormed(escaped) {
  return escaped.length > 2 ? '\ufffd' : escaped
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
 * The text of a field that is a string on the wire, whatever an application put there.
 * @param {unknown} value
 * @returns {string}
 */
function fieldText(value) {
  return cutMiddle(stringOf(value), MAX_FIELD_CHARACTERS)
}

/**
 * `name:value`, with the limit of any field. The end of a long value is put behind what is kept of its beginning: all of
 * both would be copied to be cut.
 *
 * @param {string} name
 * @param {string} value
 * @returns {string}
 */
function tagText(name, value) {
  if (value.length <= MAX_FIELD_CHARACTERS) return cutMiddle(`${name}:${value}`, MAX_FIELD_CHARACTERS)
  const half = MAX_FIELD_CHARACTERS >> 1
  const begin = cutEnd(`${name}:${value.slice(0, half)}`, half)
  const from = value.length - half
  const end = value.slice(isInPair(value, from) ? from + 1 : from)
  const dropped = name.length + 1 + value.length - begin.length - end.length
  return `${begin}[${dropped} characters dropped]${end}`
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
  const note = noteOfHostObject(value)
  if (note !== null) return note
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

module.exports = { cutEnd, cutMiddle, fieldText, jsonText, jsonValueOf, stringOf, tagText }
