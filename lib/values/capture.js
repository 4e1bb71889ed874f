'use strict'

/**
 * Reads what the application passes to one `annotate` or `submit*` call: every property once, every read
 * guarded, every list bounded. What cannot be read is noted, never thrown.
 */

const { CODES, misuse } = require('../errors')
const { noteError, unserializable, UNSERIALIZABLE_TEXT } = require('./collection-errors')
const { ANY_LEVELS, Copier, MAX_ENTRIES, MAX_LEVELS } = require('./copy')
const { noteOfBytes, noteOfHostObject } = require('./host-objects')
const { jsonText } = require('./json-rules')
const { isLiteral } = require('./own')

/** Stands for a property whose getter threw. */
const UNREADABLE = Symbol('unreadable')
const MAX_PROTOTYPES = 100
/** Elements of all lists in one call: those of one for the input, and of one for the output. */
const MAX_ITEMS = 2 * MAX_ENTRIES

/**
 * Class instances may define their fields as accessors of the class; what sits on a root prototype
 * (Object.prototype of any realm) is nobody's field.
 * @param {object} owner
 * @param {string} key
 * @returns {boolean}
 */
function definesField(owner, key) {
  if (Object.hasOwn(owner, key)) return true
  let holder = Object.getPrototypeOf(owner)
  for (let step = 0; holder !== null && step < MAX_PROTOTYPES; step++) {
    const above = Object.getPrototypeOf(holder)
    if (above !== null && Object.hasOwn(holder, key)) return true
    holder = above
  }
  return false
}

/**
 * @param {object} owner of a property that could not be read
 * @param {string} key
 * @returns {boolean} whether it is one that somebody put on a root prototype
 */
function isForeign(owner, key) {
  try {
    return !definesField(owner, key)
  } catch {
    return false
  }
}

class Capture {
  /**
   * Collection errors of this call.
   * @type {string[]}
   */
  errors
  #misuse
  #code
  #span
  #isAutomatic
  #itemsLeft = MAX_ITEMS
  /** @type {Copier | null} */
  #copier = null

  /**
   * @param {Misuse | null} [misuse] null: what is wrong throws, and nobody is warned
   * @param {string} [code] of what is wrong in the call
   * @param {{ kind: string, name: unknown } | null} [span] that the call is about
   * @param {string[] | null} [errors] given when nobody chose what is captured: what was noted before
   */
  constructor(misuse = null, code = CODES.INVALID_ANNOTATION, span = null, errors = null) {
    this.#misuse = misuse
    this.#code = code
    this.#span = span
    this.#isAutomatic = errors !== null
    this.errors = errors ?? []
  }

  /** Whether what is wrong throws. Then nothing is guessed either: it is read as dd-trace reads it. */
  get isStrict() {
    return this.#misuse === null || this.#misuse.isThrown
  }

  /**
   * What is wrong, and left out where this returns.
   * @param {string} message
   * @param {string} [kind] the same for what differs only in values
   * @returns {undefined}
   * @throws {TypeError} with the call's code, where that is asked for
   */
  wrong(message, kind) {
    if (this.#misuse === null) throw misuse(this.#code, message)
    this.#misuse.found(this.#code, message, kind, this.#span)
  }

  /**
   * What is left out and never throws: dd-trace warns of it, too.
   * @param {string} message
   * @param {string} [kind] the same for what differs only in values
   */
  warn(message, kind) {
    this.#misuse?.note(this.#code, message, kind, this.#span)
  }

  /**
   * @param {object} owner
   * @param {string} key
   * @param {string} place of the owner
   * @returns {unknown} UNREADABLE when reading it throws
   */
  read(owner, key, place) {
    try {
      if (isLiteral(owner)) {
        const value = /** @type {Record<string, unknown>} */ (owner)[key]
        return value === undefined || Object.hasOwn(owner, key) ? value : undefined
      }
      return definesField(owner, key) ? Reflect.get(owner, key) : undefined
    } catch {
      return this.thrown(owner, key, place)
    }
  }

  /**
   * Notes a property of which the caller found that reading it throws.
   *
   * @param {object} owner
   * @param {string} key
   * @param {string} place of the owner
   * @returns {unknown} UNREADABLE, or undefined where the property is nobody's field
   */
  thrown(owner, key, place) {
    return isForeign(owner, key) ? undefined : this.unreadable(place === '' ? key : `${place}.${key}`)
  }

  /**
   * As `readOptions` wants it: what cannot be read is noted, and not given.
   *
   * @param {object} options
   * @param {string} name
   */
  readOption(options, name) {
    const value = this.read(options, name, '')
    return value === UNREADABLE ? undefined : value
  }

  /**
   * @param {object} options
   * @param {string} name
   */
  thrownOption(options, name) {
    this.thrown(options, name, '')
    return undefined
  }

  /** @param {string} place of what could not be read */
  unreadable(place) {
    unserializable(this.errors, place)
    return UNREADABLE
  }

  /**
   * The elements of an array, or the value itself as the only one.
   * @param {unknown} value
   * @param {string} place
   * @returns {unknown[]}
   */
  items(value, place) {
    try {
      if (!Array.isArray(value)) return [value]
      const length = value.length
      const count = Math.min(length, MAX_ENTRIES, this.#itemsLeft)
      this.#itemsLeft -= count
      // A list that grows is given room for sixteen more.
      const items = new Array(count)
      for (let index = 0; index < count; index++) items[index] = this.#element(value, index, place)
      if (length > count) noteError(this.errors, 'truncated', place)
      return items
    } catch {
      unserializable(this.errors, place)
      return []
    }
  }

  /**
   * The own enumerable properties.
   * @param {object} owner
   * @param {string} place
   * @returns {[string, unknown][]}
   */
  entries(owner, place) {
    /** @type {[string, unknown][]} */
    const entries = []
    for (const key of this.keys(owner, place)) entries.push([key, this.#element(owner, key, place)])
    return entries
  }

  /**
   * The names of the own enumerable properties.
   * @param {object} owner
   * @param {string} place
   * @returns {string[]}
   */
  keys(owner, place) {
    try {
      const keys = Object.keys(owner)
      if (keys.length <= MAX_ENTRIES) return keys
      noteError(this.errors, 'truncated', place)
      return keys.slice(0, MAX_ENTRIES)
    } catch {
      unserializable(this.errors, place)
      return []
    }
  }

  /**
   * A plain copy of a value.
   * @param {unknown} value
   * @param {string} place
   * @param {number} [outerLevels] nesting around the value in its field of the event
   * @returns {any} undefined where `JSON.stringify` would leave the value out
   */
  json(value, place, outerLevels = 0) {
    if (value === UNREADABLE) return UNSERIALIZABLE_TEXT
    if (value === null || typeof value === 'boolean' || typeof value === 'string') return value
    return this.#copy(value, place, MAX_LEVELS - outerLevels)
  }

  /**
   * A value as text: strings as they are, anything else as JSON.
   * @param {unknown} value
   * @param {string} place
   * @returns {string|undefined}
   */
  text(value, place) {
    if (typeof value === 'string') return value
    if (value === UNREADABLE) return UNSERIALIZABLE_TEXT
    const note = this.#noteOf(value)
    if (note !== null) return note
    const copy = this.#copy(value, place, ANY_LEVELS)
    return copy === undefined || copy === UNSERIALIZABLE_TEXT ? copy : jsonText(copy)
  }

  /**
   * @param {unknown} value
   * @returns {string|null} what stands for it; null when it stands for itself
   */
  #noteOf(value) {
    if (typeof value !== 'object' || value === null) return null
    if (this.#isAutomatic && ArrayBuffer.isView(value)) return noteOfBytes(value.byteLength)
    return noteOfHostObject(value)
  }

  /**
   * One copier for all values of a call: they share its limits.
   * @param {unknown} value
   * @param {string} place
   * @param {number} levels
   */
  #copy(value, place, levels) {
    this.#copier ??= new Copier(this.errors, { isAutomatic: this.#isAutomatic })
    return this.#copier.copy(value, place, levels)
  }

  /**
   * @param {any} owner
   * @param {string|number} key
   * @param {string} place
   * @returns {unknown}
   */
  #element(owner, key, place) {
    try {
      return owner[key]
    } catch {
      unserializable(this.errors, typeof key === 'number' ? `${place}[${key}]` : `${place}.${key}`)
      return UNREADABLE
    }
  }
}

module.exports = { Capture, UNREADABLE }
