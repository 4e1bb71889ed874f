'use strict'

/**
 * The one walk over values that are not ours. What comes of it is plain: strings, finite numbers, booleans, null, and
 * lists and bare objects of these, as `JSON.stringify` would see the value. It runs what the application may have hidden
 * in there - getters, traps, `toJSON` - once and here; nothing after it has to expect any of that.
 */

const { Buffer } = require('node:buffer')
const { bare } = require('./bare')
const { noteError, unserializable } = require('./collection-errors')
const { HIDDEN_TEXT, isCredential } = require('./credentials')
const { noteOfBytes } = require('./host-objects')
const { cutMiddle, jsonText, jsonValueOf } = require('./json-rules')
const { inheritsNothing, isOrdinary } = require('./shapes')
const { shortened } = require('./shorten')

const { keys } = Object
const viewLength = /** @type {() => number} */ (
  Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), 'length')?.get
)

/** Deepest nesting sent as JSON: the intake fails to parse events that nest deeper. */
const MAX_LEVELS = 12
/** Deepest nesting read at all: what nests deeper is not telemetry, and the stack is finite. */
const MAX_TEXT_LEVELS = 200
const MAX_ENTRIES = 10_000
/** Values of one copier: references shared many times over can make a small object endless. */
const MAX_VALUES = 200_000
/** Characters of one copier: three default event limits, so that trimming still has something to choose from. */
const MAX_CHARACTERS = 16_000_000

/** For what becomes text: its nesting does not count. */
const ANY_LEVELS = Number.POSITIVE_INFINITY

const NO_RULES = Object.freeze({})
/** Of what has nothing nested in it, as most metadata. @type {any[]} */
const NONE = []

/** An object with more is read by its names. */
const FEW_FIELDS = 64

/**
 * Copies values until they are as many or as long as one event may hold. It never throws and always ends: what cannot
 * be copied is replaced in place, and named in the list of collection errors.
 */
class Copier {
  #errors
  #entries
  #place = ''
  /** The containers around the value being copied, and where in each it is. @type {object[]} */
  #ancestors = NONE
  /** @type {(string | number)[]} */
  #path = NONE
  #flattenAt = MAX_LEVELS
  #valuesLeft = MAX_VALUES
  #charactersLeft = MAX_CHARACTERS
  #longest
  #isAutomatic

  /**
   * @param {string[]} errors where collection errors are added
   * @param {{ entries?: number, longest?: number, isAutomatic?: boolean }} [rules] `entries`: the most that are read of
   *   one list or object. `longest`: characters that a text keeps, see `keptCharacters`. `isAutomatic`: nobody chose the
   *   values, so bytes and credentials among them are notes
   */
  constructor(
    errors,
    { entries = MAX_ENTRIES, longest = Number.POSITIVE_INFINITY, isAutomatic = false } = NO_RULES
  ) {
    this.#errors = errors
    this.#entries = entries
    this.#longest = longest
    this.#isAutomatic = isAutomatic
  }

  /** Characters that were copied. */
  get characters() {
    return MAX_CHARACTERS - this.#charactersLeft
  }

  /**
   * @param {unknown} value
   * @param {string} place what collection errors call the value, such as `metadata.region`
   * @param {number} [levels] deepest nesting to keep; what is below becomes text
   * @returns {any} undefined where `JSON.stringify` gives undefined
   */
  copy(value, place, levels = MAX_LEVELS) {
    this.#place = place
    this.#flattenAt = levels
    return this.#value(value, '', 0)
  }

  /**
   * As `copy`, for one field of an object.
   *
   * @param {object} container
   * @param {string} name
   * @param {unknown} value what was read there
   * @param {string} place of the container
   * @returns {any} undefined: `JSON.stringify` would leave it out
   */
  field(container, name, value, place) {
    this.#place = place
    this.#flattenAt = MAX_LEVELS
    return this.#item(container, name, value, 0)
  }

  /**
   * The other fields of an object of which some were copied.
   *
   * @param {object} container
   * @param {any} copy gets them
   * @param {string[]} names of the fields, as far as they are read
   * @param {number} length how many fields the object has
   * @param {string} place
   * @returns {any} the copy
   */
  rest(container, copy, names, length, place) {
    this.#place = place
    this.#flattenAt = MAX_LEVELS
    const read = Math.min(length, this.#entries) - names.length
    return this.#named(/** @type {Record<string, unknown>} */ (container), names, copy, 0, read, length)
  }

  /**
   * @param {unknown} value
   * @param {string | number} key
   * @param {number} level containers around it, which have their places in `#ancestors` and `#path`
   */
  #value(value, key, level) {
    this.#valuesLeft--
    if (typeof value !== 'object' && typeof value !== 'function' && typeof value !== 'bigint') {
      return this.#primitive(value, level)
    }
    if (value === null) return null
    const flattenAt = this.#flattenAt
    try {
      const json = isOrdinary(value) ? value : jsonValueOf(value, key)
      return typeof json === 'object' && json !== null
        ? this.#container(json, level)
        : this.#primitive(json, level)
    } catch {
      this.#flattenAt = flattenAt
      return this.#unserializable(level)
    }
  }

  /**
   * @param {unknown} value no object but null
   * @param {number} level
   */
  #primitive(value, level) {
    switch (typeof value) {
      case 'string':
        return this.#takes(value) ? value : this.#text(value, level)
      case 'number':
        return numberOf(value)
      case 'boolean':
      case 'undefined':
      case 'object':
        return value
      default:
        return this.#unserializable(level)
    }
  }

  /**
   * @param {object} container
   * @param {number} level
   * @returns {unknown}
   */
  #container(container, level) {
    if (level >= MAX_TEXT_LEVELS || this.#isAncestor(container, level)) return this.#unserializable(level)
    if (level === this.#flattenAt) {
      this.#flattenAt = ANY_LEVELS
      const copy = this.#container(container, level)
      this.#flattenAt = level
      return jsonText(copy)
    }
    if (Array.isArray(container)) return this.#list(container, level)
    if (ArrayBuffer.isView(container)) return this.#view(container, level)
    return this.#object(/** @type {Record<string, unknown>} */ (container), level)
  }

  /**
   * @param {object} container
   * @param {number} level
   */
  #isAncestor(container, level) {
    for (let outer = 0; outer < level; outer++) if (this.#ancestors[outer] === container) return true
    return false
  }

  get #hasRoom() {
    return this.#valuesLeft > 0 && this.#charactersLeft > 0
  }

  /**
   * @param {unknown[]} list
   * @param {number} level
   */
  #list(list, level) {
    const length = list.length
    /** @type {unknown[]} */
    const copy = []
    let index = 0
    for (; index < length && index < this.#entries && this.#hasRoom; index++) {
      const value = this.#property(list, index, level)
      if (this.#isAutomatic && isHeaderValue(copy, value)) copy[index] = HIDDEN_TEXT
      else copy[index] = value === undefined ? null : value
    }
    if (index < length) copy[index] = this.#dropped(length - index, level)
    return copy
  }

  /**
   * @param {Record<string, unknown>} object
   * @param {number} level
   */
  #object(object, level) {
    const copy = bare()
    if (!inheritsNothing(object)) {
      const names = keys(object)
      return this.#named(object, names, copy, level, 0, names.length)
    }
    let index = 0
    /** @type {string[]} */
    const others = []
    // The engine reads the fields of such a loop by their place, without looking their names up.
    for (const name in object) {
      index++
      if (index > FEW_FIELDS || others.length > 0 || !this.#hasRoom) {
        // To list the names of an object takes long when they are many: once is enough.
        if (index <= this.#entries) others.push(name)
        continue
      }
      const key = this.#takes(name) ? name : this.#cutName(object, name, level)
      let value
      try {
        value = object[name]
      } catch {
        copy[key] = this.#unreadable(object, name, level)
        continue
      }
      if (typeof value === 'string' && !this.#isAutomatic && this.#takes(value)) {
        this.#valuesLeft--
        copy[key] = value
      } else {
        value = this.#item(object, name, value, level)
        if (value !== undefined) copy[key] = value
      }
    }
    const read = Math.min(index, this.#entries) - others.length
    return index === read ? copy : this.#named(object, others, copy, level, read, index)
  }

  /**
   * @param {Record<string, unknown>} object
   * @param {string[]} names of fields that were not read
   * @param {Record<string, unknown>} copy
   * @param {number} level
   * @param {number} read how many were
   * @param {number} length how many fields there are
   */
  #named(object, names, copy, level, read, length) {
    let index = read
    for (; index < length && index < this.#entries && this.#hasRoom; index++) {
      const name = names[index - read]
      const key = this.#takes(name) ? name : this.#cutName(object, name, level)
      const value = this.#property(object, name, level)
      if (value !== undefined) copy[key] = value
    }
    if (index < length) copy['[dropped]'] = this.#dropped(length - index, level)
    return copy
  }

  /**
   * Reads a property exactly once.
   *
   * @param {any} container
   * @param {string | number} key
   * @param {number} level
   */
  #property(container, key, level) {
    let value
    try {
      value = container[key]
    } catch {
      return this.#unreadable(container, key, level)
    }
    return this.#item(container, key, value, level)
  }

  /**
   * @param {object} container
   * @param {string | number} key
   * @param {unknown} value what was read there
   * @param {number} level
   */
  #item(container, key, value, level) {
    switch (typeof value) {
      case 'number':
        this.#valuesLeft--
        return numberOf(value)
      case 'boolean':
      case 'undefined':
        this.#valuesLeft--
        return value
    }
    if (this.#isAutomatic && isCredential(key, value)) return HIDDEN_TEXT
    // Its answer stands in place of the object; itself it says nothing.
    if (key === 'toJSON' && typeof value === 'function') return undefined
    this.#enter(container, key, level)
    return this.#value(value, key, level + 1)
  }

  /**
   * @param {object} container
   * @param {string | number} key
   * @param {number} level of the container
   */
  #enter(container, key, level) {
    if (this.#path === NONE) {
      this.#ancestors = []
      this.#path = []
    }
    this.#ancestors[level] = container
    this.#path[level] = key
  }

  /**
   * A typed array as `JSON.stringify` sees it, without making a key for each of its elements first.
   *
   * @param {ArrayBufferView} view
   * @param {number} level
   */
  #view(view, level) {
    if (this.#isAutomatic) return noteOfBytes(view.byteLength)
    const copy = bare()
    if (view instanceof DataView) return copy
    const elements = /** @type {Uint8Array} */ (view)
    const isBuffer = Buffer.isBuffer(elements)
    /** @type {any} */
    const target = isBuffer ? [] : copy
    const length = Reflect.apply(viewLength, elements, [])
    let index = 0
    for (; index < length && index < this.#entries && this.#hasRoom; index++) {
      target[index] = this.#item(elements, index, elements[index], level)
    }
    if (index < length) target[isBuffer ? index : '[dropped]'] = this.#dropped(length - index, level)
    if (isBuffer) {
      copy.type = 'Buffer'
      copy.data = target
    }
    return copy
  }

  /**
   * @param {string} text
   * @returns {boolean} whether there is room for all of it, which is then taken
   */
  #takes(text) {
    const left = this.#charactersLeft - text.length
    if (left < 0 || text.length > this.#longest) return false
    this.#charactersLeft = left
    return true
  }

  /**
   * @param {string} text that is too long, or for which there is no room
   * @param {number} level
   * @returns {string} what of it is kept
   */
  #text(text, level) {
    const kept = text.length > this.#longest ? shortened(text, this.#longest) : text
    const left = this.#charactersLeft - kept.length
    if (left < 0) return this.#cut(text, level)
    this.#charactersLeft = left
    return kept
  }

  /**
   * @param {string} text for which there is no room
   * @param {number} level
   * @returns {string} what there is room for
   */
  #cut(text, level) {
    const limit = this.#charactersLeft
    this.#charactersLeft = 0
    noteError(this.#errors, 'truncated', this.#placeText(level))
    return cutMiddle(text, limit)
  }

  /**
   * @param {object} container
   * @param {string} name of a field, for which there is no room
   * @param {number} level
   */
  #cutName(container, name, level) {
    const left = this.#charactersLeft - name.length
    if (left >= 0) {
      // Longer than texts may be. Names are not shortened: they tell fields apart.
      this.#charactersLeft = left
      return name
    }
    this.#enter(container, name, level)
    return this.#cut(name, level + 1)
  }

  /**
   * @param {object} container
   * @param {string | number} key
   * @param {number} level
   */
  #unreadable(container, key, level) {
    this.#enter(container, key, level)
    return this.#unserializable(level + 1)
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

  /**
   * @param {number} level
   * @returns {string}
   */
  #unserializable(level) {
    return unserializable(this.#errors, this.#placeText(level))
  }

  /** @param {number} level */
  #placeText(level) {
    let text = this.#place
    for (let outer = 0; outer < level; outer++) {
      const key = this.#path[outer]
      text += typeof key === 'number' ? `[${key}]` : `.${key}`
    }
    return text
  }
}

/**
 * Servers also give headers as lists: names and values by turns, or pairs of them.
 *
 * @param {unknown[]} before
 * @param {unknown} value that follows them
 */
function isHeaderValue(before, value) {
  const name = before[before.length - 1]
  return typeof name === 'string' && isCredential(name, value)
}

/**
 * @param {number} number
 * @returns {number | null} as JSON has it, which has one zero and no infinity
 */
function numberOf(number) {
  return Number.isFinite(number) ? number + 0 : null
}

module.exports = { ANY_LEVELS, Copier, MAX_CHARACTERS, MAX_ENTRIES, MAX_LEVELS }
