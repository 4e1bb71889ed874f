'use strict'

/**
 * JSON text of any JavaScript value: as `JSON.stringify` writes it, but it never throws and always ends. What
 * cannot be written is replaced in place and named in the list of collection errors.
 */

const { noteError, unserializable } = require('./collection-errors')
const { cutMiddle, jsonValueOf, numberText, quote } = require('./json-rules')

/** Deepest nesting sent as JSON: the intake fails to parse events that nest deeper. */
const MAX_LEVELS = 12
/** Deepest nesting written at all: what nests deeper is not telemetry, and the stack is finite. */
const MAX_TEXT_LEVELS = 200
const MAX_ENTRIES = 10_000
/** Values in one text: references shared many times over can make a small object endless. */
const MAX_VALUES = 200_000
/** Characters in one text: three default event limits, so that trimming still has something to choose from. */
const MAX_CHARACTERS = 16_000_000

/** For text that becomes a string in the event: its nesting does not count. */
const ANY_LEVELS = Number.POSITIVE_INFINITY

const viewLength = /** @type {() => number} */ (
  Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), 'length')?.get
)

/**
 * One writer serves one event: its limits are shared by all values written with it.
 */
class JsonWriter {
  #errors
  #place = ''
  /** Containers around the value being written. */
  #level = 0
  /** The first `#level` entries of both lists count. @type {(string|number)[]} */
  #path = []
  /** @type {object[]} */
  #ancestors = []
  /** @type {object|null} */
  #original = null
  #flattenAt = MAX_LEVELS
  #valuesLeft = MAX_VALUES
  #charactersLeft = MAX_CHARACTERS

  /** @param {string[]} errors where collection errors are added */
  constructor(errors) {
    this.#errors = errors
  }

  /**
   * @param {unknown} value
   * @param {string} place what collection errors call the value, such as `metadata.region`
   * @param {number} [levels] deepest nesting to write as JSON
   * @param {object|null} [original] what `value` is a copy of: it may hold it
   * @returns {string|undefined} undefined where `JSON.stringify` gives undefined
   */
  write(value, place, levels = MAX_LEVELS, original = null) {
    this.#place = place
    this.#original = original
    this.#level = 0
    this.#flattenAt = levels
    return this.#value(value, '')
  }

  /**
   * @param {unknown} value
   * @param {string|number} key
   * @returns {string|undefined}
   */
  #value(value, key) {
    this.#valuesLeft--
    if (typeof value === 'string') return this.#string(value)
    if (
      value === null ||
      (typeof value !== 'object' && typeof value !== 'function' && typeof value !== 'bigint')
    ) {
      return this.#primitive(value)
    }
    const level = this.#level
    const flattenAt = this.#flattenAt
    try {
      const json = jsonValueOf(value, key)
      return json !== null && typeof json === 'object' ? this.#container(json) : this.#primitive(json)
    } catch {
      this.#level = level
      this.#flattenAt = flattenAt
      return this.#unserializable()
    }
  }

  /**
   * @param {unknown} value
   * @returns {string|undefined}
   */
  #primitive(value) {
    switch (typeof value) {
      case 'string':
        return this.#string(value)
      case 'number':
        return numberText(value)
      case 'boolean':
        return value ? 'true' : 'false'
      case 'undefined':
        return undefined
      case 'object':
        return 'null'
      default:
        return this.#unserializable()
    }
  }

  /**
   * @param {string} text
   * @returns {string}
   */
  #string(text) {
    const limit = this.#charactersLeft
    if (text.length <= limit) {
      this.#charactersLeft = limit - text.length
      return quote(text)
    }
    this.#charactersLeft = 0
    noteError(this.#errors, 'truncated', this.#placeText())
    return quote(cutMiddle(text, limit))
  }

  /**
   * @param {object} container
   * @returns {string}
   */
  #container(container) {
    const level = this.#level
    if (level >= MAX_TEXT_LEVELS || this.#isAncestor(container)) return this.#unserializable()
    if (level === this.#flattenAt) {
      this.#flattenAt = ANY_LEVELS
      const text = this.#container(container)
      this.#flattenAt = level
      return quote(text)
    }
    this.#ancestors[level] = level === 0 && this.#original !== null ? this.#original : container
    this.#path[level] = ''
    this.#level = level + 1
    const text = ArrayBuffer.isView(container)
      ? this.#view(container)
      : Array.isArray(container)
        ? this.#array(container, level)
        : this.#object(/** @type {Record<string, unknown>} */ (container), level)
    this.#level = level
    return text
  }

  /** @returns {boolean} */
  get #hasRoom() {
    return this.#valuesLeft > 0 && this.#charactersLeft > 0
  }

  /**
   * @param {object} container
   * @returns {boolean}
   */
  #isAncestor(container) {
    for (let level = 0; level < this.#level; level++) if (this.#ancestors[level] === container) return true
    return false
  }

  /**
   * @param {unknown[]} array
   * @param {number} level
   * @returns {string}
   */
  #array(array, level) {
    const length = array.length
    let text = '['
    let index = 0
    for (; index < length && index < MAX_ENTRIES && this.#hasRoom; index++) {
      this.#path[level] = index
      if (index > 0) text += ','
      text += this.#property(array, index) ?? 'null'
    }
    if (index < length) text += `${index > 0 ? ',' : ''}${quote(this.#dropped(length - index, level))}`
    return `${text}]`
  }

  /**
   * @param {Record<string, unknown>} object
   * @param {number} level
   * @returns {string}
   */
  #object(object, level) {
    const names = Object.keys(object)
    const length = names.length
    let text = '{'
    let index = 0
    for (; index < length && index < MAX_ENTRIES && this.#hasRoom; index++) {
      const name = names[index]
      this.#path[level] = name
      const nameText = this.#string(name)
      const json = this.#property(object, name)
      if (json !== undefined) text += `${text.length > 1 ? ',' : ''}${nameText}:${json}`
    }
    if (index < length) {
      text += `${text.length > 1 ? ',' : ''}"[dropped]":${quote(this.#dropped(length - index, level))}`
    }
    return `${text}}`
  }

  /**
   * Reads a property exactly once.
   * @param {any} container
   * @param {string|number} key
   * @returns {string|undefined}
   */
  #property(container, key) {
    let value
    try {
      value = container[key]
    } catch {
      return this.#unserializable()
    }
    // Its answer is written in place of the object; itself it says nothing.
    if (key === 'toJSON' && typeof value === 'function') return undefined
    return this.#value(value, key)
  }

  /**
   * A typed array as `JSON.stringify` writes it, without making a key for each of its elements.
   * @param {ArrayBufferView} view
   * @returns {string}
   */
  #view(view) {
    if (view instanceof DataView) return '{}'
    const elements = /** @type {Uint8Array} */ (view)
    const length = Reflect.apply(viewLength, elements, [])
    const isBuffer = Buffer.isBuffer(elements)
    let text = ''
    let index = 0
    for (; index < length && index < MAX_ENTRIES && this.#hasRoom; index++) {
      this.#path[this.#level - 1] = index
      const element = this.#value(elements[index], index)
      text += `${index > 0 ? ',' : ''}${isBuffer ? '' : `"${index}":`}${element}`
    }
    if (index < length) {
      const dropped = quote(this.#dropped(length - index, this.#level - 1))
      text += `${index > 0 ? ',' : ''}${isBuffer ? '' : '"[dropped]":'}${dropped}`
    }
    return isBuffer ? `{"type":"Buffer","data":[${text}]}` : `{${text}}`
  }

  /**
   * @param {number} count
   * @param {number} level of the container that is cut
   * @returns {string} what stands for the entries left out
   */
  #dropped(count, level) {
    noteError(this.#errors, 'truncated', this.#placeText(level))
    return `${count} entries dropped`
  }

  /** @returns {string} */
  #unserializable() {
    return quote(unserializable(this.#errors, this.#placeText()))
  }

  /**
   * @param {number} [levels]
   * @returns {string}
   */
  #placeText(levels = this.#level) {
    let text = this.#place
    for (let level = 0; level < levels; level++) {
      const key = this.#path[level]
      text += typeof key === 'number' ? `[${key}]` : `.${key}`
    }
    return text
  }
}

module.exports = {
  ANY_LEVELS,
  JsonWriter,
  MAX_CHARACTERS,
  MAX_ENTRIES,
  MAX_LEVELS,
  MAX_TEXT_LEVELS,
  MAX_VALUES
}
