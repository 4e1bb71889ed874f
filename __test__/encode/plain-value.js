'use strict'

/**
 * What a value of an application should be in an event, as JSON text and written the plain way: one function that builds
 * text. It shares nothing with `lib/`; what it says of hostile values is what the SDK has to make of them.
 */

const { types } = require('node:util')

const UNSERIALIZABLE = 'Unserializable value'
const LIMITS = { levels: 12, depth: 200, entries: 10_000, values: 200_000, characters: 16_000_000 }
const BUILT_IN = [Object, Array, Map, Set, WeakMap, WeakSet, Promise, Function, RegExp, Error]
  .concat(/** @type {any[]} */ ([String, Number, Boolean, Symbol]))
  .map(({ prototype }) => prototype)

/** Values that share limits, and the list of what was wrong with them. */
class PlainValues {
  /** @type {string[]} */
  errors = []
  #valuesLeft = LIMITS.values
  #charactersLeft = LIMITS.characters

  /**
   * @param {unknown} value
   * @param {string} place
   * @param {number} [levels] Infinity: all nesting is kept
   * @returns {string | undefined} undefined where `JSON.stringify` gives undefined
   */
  text(value, place, levels = LIMITS.levels) {
    return this.#write(value, '', place, [], levels)
  }

  /**
   * @param {any} value
   * @param {string} key
   * @param {string} place
   * @param {object[]} around the containers that hold it, outermost first
   * @param {number} levels
   * @returns {string | undefined}
   */
  #write(value, key, place, around, levels) {
    this.#valuesLeft--
    try {
      const json = seenByJson(value, key)
      if (typeof json === 'string') return this.#string(json, place)
      if (typeof json === 'number') return Number.isFinite(json) ? `${json}` : 'null'
      if (json === null || json === undefined || typeof json === 'boolean')
        return json === undefined ? json : `${json}`
      if (typeof json !== 'object' || around.length >= LIMITS.depth || around.includes(json)) {
        return this.#unserializable(place)
      }
      if (around.length >= levels) {
        return quoted(this.#container(json, place, around, Number.POSITIVE_INFINITY))
      }
      return this.#container(json, place, around, levels)
    } catch {
      return this.#unserializable(place)
    }
  }

  /**
   * @param {any} container
   * @param {string} place
   * @param {object[]} around
   * @param {number} levels
   */
  #container(container, place, around, levels) {
    const inner = [...around, container]
    const isView = ArrayBuffer.isView(container)
    if (isView && container instanceof DataView) return '{}'
    const isList = Array.isArray(container)
    const isBuffer = isView && Buffer.isBuffer(container)
    const names = isList || isView ? null : Object.keys(container)
    const length = names?.length ?? container.length
    const parts = []
    let index = 0
    for (
      ;
      index < length && index < LIMITS.entries && this.#valuesLeft > 0 && this.#charactersLeft > 0;
      index++
    ) {
      const name = names === null ? index : names[index]
      const at = typeof name === 'number' ? `${place}[${name}]` : `${place}.${name}`
      const label = names === null ? '' : this.#string(names[index], at)
      const item = this.#property(container, name, at, inner, levels)
      if (names !== null) {
        if (item !== undefined) parts.push(`${label}:${item}`)
      } else if (isView && !isBuffer) parts.push(`"${index}":${item}`)
      else parts.push(item ?? 'null')
    }
    if (index < length) {
      const dropped = `"${length - index} entries dropped"`
      this.#note('truncated', place)
      parts.push(isList || isBuffer ? dropped : `"[dropped]":${dropped}`)
    }
    if (isBuffer) return `{"type":"Buffer","data":[${parts}]}`
    return isList ? `[${parts}]` : `{${parts}}`
  }

  /**
   * @param {any} container
   * @param {any} key
   * @param {string} place
   * @param {object[]} around
   * @param {number} levels
   */
  #property(container, key, place, around, levels) {
    let value
    try {
      value = container[key]
    } catch {
      return this.#unserializable(place)
    }
    if (key === 'toJSON' && typeof value === 'function') return undefined
    return this.#write(value, `${key}`, place, around, levels)
  }

  /**
   * @param {string} text
   * @param {string} place
   */
  #string(text, place) {
    const limit = this.#charactersLeft
    this.#charactersLeft = Math.max(0, limit - text.length)
    if (text.length <= limit) return quoted(text)
    this.#note('truncated', place)
    const half = limit >> 1
    return quoted(
      `${text.slice(0, half)}[${text.length - 2 * half} characters dropped]${text.slice(text.length - half)}`
    )
  }

  /** @param {string} place */
  #unserializable(place) {
    this.#note('unserializable', place)
    return quoted(UNSERIALIZABLE)
  }

  /**
   * @param {string} reason
   * @param {string} place
   */
  #note(reason, place) {
    const entry = place === '' ? reason : `${reason}:${place.slice(0, 200)}`
    if (this.errors.length < 20 && !this.errors.includes(entry)) this.errors.push(entry)
  }
}

/**
 * @param {any} value
 * @param {string} key
 * @returns {any} what `JSON.stringify` sees in its place, if nobody has touched the built-in prototypes
 */
function seenByJson(value, key) {
  if (
    value === null ||
    !['object', 'function', 'bigint'].includes(typeof value) ||
    ArrayBuffer.isView(value)
  ) {
    return value
  }
  // Of the host's objects, of which a note stands in content, these are drawn.
  if (types.isAnyArrayBuffer(value))
    return types.isSharedArrayBuffer(value) ? '[SharedArrayBuffer]' : '[ArrayBuffer]'
  const ownsJson = typeof value === 'bigint' ? Object.hasOwn(BigInt.prototype, 'toJSON') : definesJson(value)
  const toJson = ownsJson ? value.toJSON : undefined
  const json = typeof toJson === 'function' ? Reflect.apply(toJson, value, [key]) : value
  if (types.isStringObject(json)) return String.prototype.valueOf.call(json)
  if (types.isNumberObject(json)) return Number.prototype.valueOf.call(json)
  if (types.isBooleanObject(json)) return Boolean.prototype.valueOf.call(json)
  return types.isBoxedPrimitive(json) ? Symbol('boxed') : json
}

/** @param {any} value */
function definesJson(value) {
  if (Object.hasOwn(value, 'toJSON')) return true
  let holder = Object.getPrototypeOf(value)
  for (let step = 0; holder !== null && step < 100; step++) {
    const above = Object.getPrototypeOf(holder)
    if (above !== null && !BUILT_IN.includes(holder) && Object.hasOwn(holder, 'toJSON')) return true
    holder = above
  }
  return false
}

/** @param {string} text */
function quoted(text) {
  return JSON.stringify(/** @type {any} */ (text).toWellFormed())
}

module.exports = { PlainValues }
