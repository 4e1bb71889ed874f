'use strict'

/**
 * Any JavaScript value in a record: the rules of `JsonWriter` (json-text.js), which stays their reference. It never
 * throws and always ends; what cannot be written is replaced in place and named in the list of collection errors.
 */

const { jsonValueOf } = require('../values/json-rules')
const { ANY_LEVELS, MAX_ENTRIES, MAX_LEVELS, MAX_TEXT_LEVELS } = require('../values/json-text')
const { OP } = require('./ops')
const { PlaceWriter } = require('./place')
const { inheritsNothing, isOrdinary } = require('../values/record-shapes')

const { keys } = Object
const viewLength = /** @type {() => number} */ (
  Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), 'length')?.get
)

/** An object with more is read by its names. */
const FEW_FIELDS = 64

class ValueWriter extends PlaceWriter {
  /** The first `level` entries count. @type {(object|null)[]} */
  #ancestors = []
  #flattenAt = MAX_LEVELS

  /**
   * @param {unknown} value
   * @param {string} place what collection errors call the value, such as `metadata.region`
   * @param {number} [levels] deepest nesting to write as JSON
   * @returns {boolean} false, and nothing is written, where `JSON.stringify` gives undefined
   */
  write(value, place, levels = MAX_LEVELS) {
    this.place = place
    this.level = 0
    this.#flattenAt = levels
    return this.#value(value, '')
  }

  /**
   * @param {unknown} value
   * @param {string|number} key
   * @returns {boolean}
   */
  #value(value, key) {
    this.valuesLeft--
    if (typeof value === 'string') return this.#text(value)
    if (typeof value === 'number') {
      this.number(value)
      return true
    }
    if (
      value === null ||
      (typeof value !== 'object' && typeof value !== 'function' && typeof value !== 'bigint')
    ) {
      return this.#primitive(value)
    }
    const { mark } = this
    const level = this.level
    const flattenAt = this.#flattenAt
    try {
      const json = isOrdinary(value) ? value : jsonValueOf(value, key)
      return json !== null && typeof json === 'object' ? this.#container(json) : this.#primitive(json)
    } catch {
      for (let inner = level; inner < this.level; inner++) this.#ancestors[inner] = null
      this.rewind(mark)
      this.level = level
      this.#flattenAt = flattenAt
      return this.unserializable()
    }
  }

  /**
   * @param {unknown} value
   * @returns {boolean}
   */
  #primitive(value) {
    switch (typeof value) {
      case 'string':
        return this.#text(value)
      case 'number':
        this.number(value)
        return true
      case 'boolean':
        this.op(value ? OP.TRUE : OP.FALSE)
        return true
      case 'undefined':
        return false
      case 'object':
        this.op(OP.NULL)
        return true
      default:
        return this.unserializable()
    }
  }

  /**
   * @param {string} text
   * @returns {true}
   */
  #text(text) {
    this.string(this.charged(text))
    return true
  }

  /**
   * @param {object} container
   * @returns {boolean}
   */
  #container(container) {
    const level = this.level
    if (level >= MAX_TEXT_LEVELS || this.#isAncestor(container)) return this.unserializable()
    if (level === this.#flattenAt) {
      this.#flattenAt = ANY_LEVELS
      this.op(OP.TEXT)
      this.#container(container)
      this.#flattenAt = level
      return true
    }
    this.#ancestors[level] = container
    this.path[level] = ''
    this.level = level + 1
    if (ArrayBuffer.isView(container)) this.#view(container)
    else if (Array.isArray(container)) this.#array(container, level)
    else this.#object(/** @type {Record<string, unknown>} */ (container), level)
    this.#ancestors[level] = null
    this.level = level
    return true
  }

  /**
   * @param {object} container
   * @returns {boolean}
   */
  #isAncestor(container) {
    for (let level = 0; level < this.level; level++) if (this.#ancestors[level] === container) return true
    return false
  }

  /**
   * @param {unknown[]} array
   * @param {number} level
   */
  #array(array, level) {
    const length = array.length
    this.op(OP.ARRAY)
    let index = 0
    for (; index < length && index < MAX_ENTRIES && this.hasRoom; index++) {
      this.path[level] = index
      if (!this.#property(array, index)) this.op(OP.NULL)
    }
    if (index < length) this.string(this.dropped(length - index, level))
    this.op(OP.END)
  }

  /**
   * @param {Record<string, unknown>} object
   * @param {number} level
   */
  #object(object, level) {
    this.op(OP.OBJECT)
    if (inheritsNothing(object)) this.#fields(object, level)
    else this.#named(object, keys(object), level)
    this.op(OP.END)
  }

  /**
   * The engine reads the fields of such a loop by their place, without looking their names up.
   *
   * @param {Record<string, unknown>} object
   * @param {number} level
   */
  #fields(object, level) {
    let index = 0
    for (const name in object) {
      if (index === FEW_FIELDS || !this.hasRoom) return this.#named(object, keys(object), level, index)
      index++
      const { mark } = this
      this.path[level] = name
      this.key(this.charged(name))
      let value
      try {
        value = object[name]
      } catch {
        this.unserializable()
        continue
      }
      if (typeof value === 'string') {
        this.valuesLeft--
        this.string(this.charged(value))
      } else if (name === 'toJSON' && typeof value === 'function') this.rewind(mark)
      else if (!this.#value(value, name)) this.rewind(mark)
    }
  }

  /**
   * @param {Record<string, unknown>} object
   * @param {string[]} names
   * @param {number} level
   * @param {number} [start]
   */
  #named(object, names, level, start = 0) {
    const length = names.length
    let index = start
    for (; index < length && index < MAX_ENTRIES && this.hasRoom; index++) {
      const name = names[index]
      const { mark } = this
      this.path[level] = name
      this.key(this.charged(name))
      if (!this.#property(object, name)) this.rewind(mark)
    }
    if (index < length) {
      this.key('[dropped]')
      this.string(this.dropped(length - index, level))
    }
  }

  /**
   * Reads a property exactly once.
   *
   * @param {any} container
   * @param {string|number} key
   * @returns {boolean}
   */
  #property(container, key) {
    let value
    try {
      value = container[key]
    } catch {
      return this.unserializable()
    }
    // Its answer is written in place of the object; itself it says nothing.
    if (key === 'toJSON' && typeof value === 'function') return false
    return this.#value(value, key)
  }

  /**
   * A typed array as `JSON.stringify` writes it.
   *
   * @param {ArrayBufferView} view
   */
  #view(view) {
    this.op(OP.OBJECT)
    if (!(view instanceof DataView)) this.#elements(/** @type {Uint8Array} */ (view))
    this.op(OP.END)
  }

  /** @param {Uint8Array} elements */
  #elements(elements) {
    const length = Reflect.apply(viewLength, elements, [])
    const isBuffer = Buffer.isBuffer(elements)
    if (isBuffer) {
      this.key('type')
      this.string('Buffer')
      this.key('data')
      this.op(OP.ARRAY)
    }
    let index = 0
    for (; index < length && index < MAX_ENTRIES && this.hasRoom; index++) {
      this.path[this.level - 1] = index
      if (!isBuffer) this.#index(`${index}`)
      if (!this.#value(elements[index], index)) this.op(OP.NULL)
    }
    if (index < length) {
      if (!isBuffer) this.#index('[dropped]')
      this.string(this.dropped(length - index, this.level - 1))
    }
    if (isBuffer) this.op(OP.END)
  }

  /** @param {string} name a key that is not worth a number */
  #index(name) {
    this.op(OP.KEY)
    this.string(name)
  }
}

module.exports = { ValueWriter }
