'use strict'

/**
 * Reads what the application passes to one `annotate` or `submit*` call: every property once, every read
 * guarded, every list bounded. What cannot be read is noted, never thrown.
 */

const { CODES, misuse } = require('../errors')
const { noteError, unserializable, UNSERIALIZABLE_TEXT } = require('./collection-errors')
const { ANY_LEVELS, Copier, MAX_ENTRIES, MAX_LEVELS } = require('./copy')
const { FlatFields } = require('./flat')
const { noteOfBytes, noteOfHostObject } = require('./host-objects')
const { jsonText } = require('./json-rules')
const { isLiteral } = require('./own')
const { inheritsNothing } = require('./shapes')

const { hasOwn } = Object

/** Stands for a property whose getter threw. */
const UNREADABLE = Symbol('unreadable')
const MAX_PROTOTYPES = 100
/** With more, to look through a list of fields is no longer cheap. */
const FLAT_FIELDS = 32
/** Most have no more. */
const USUAL_FIELDS = 4
/** Of a text or a name. */
const SMALL_CHARACTERS = 1000
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
 * @param {object} value
 * @returns {boolean} whether a loop visits its own fields and no others, and nothing else is to be asked of it
 */
function isPlainLiteral(value) {
  try {
    return isLiteral(value) && !hasOwn(value, 'toJSON') && inheritsNothing(value)
  } catch {
    return false
  }
}

/** @param {unknown} value */
function isSmall(value) {
  switch (typeof value) {
    case 'string':
      return value.length <= SMALL_CHARACTERS
    case 'number':
      return Number.isFinite(value) && (value !== 0 || 1 / value > 0)
    default:
      return typeof value === 'boolean' || value === null
  }
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
  /** @type {string[] | null} */
  #errors
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
    this.#errors = errors
  }

  /** Collection errors of this call. @returns {string[]} to which is added what more there is */
  get errors() {
    this.#errors ??= []
    return this.#errors
  }

  get hasErrors() {
    return this.#errors !== null && this.#errors.length > 0
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
    const count = this.count(value, place)
    if (count === -1) return [value]
    // A list that grows is given room for sixteen more.
    const items = new Array(count)
    for (let index = 0; index < count; index++) items[index] = this.item(value, index, place)
    return items
  }

  /**
   * How many of an array's elements are read; `item` reads them.
   * @param {unknown} value
   * @param {string} place
   * @returns {number} -1: it is no array; none are read of one that cannot be read
   */
  count(value, place) {
    try {
      if (!Array.isArray(value)) return -1
      const length = value.length
      const count = Math.min(length, MAX_ENTRIES, this.#itemsLeft)
      this.#itemsLeft -= count
      if (length > count) noteError(this.errors, 'truncated', place)
      return count
    } catch {
      unserializable(this.errors, place)
      return 0
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
    for (const key of this.keys(owner, place)) entries.push([key, this.item(owner, key, place)])
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
   * The plain copies of a literal's fields, as a list where they are few. Small ones are not counted: they are too few to
   * come near a limit.
   * @param {object} value
   * @param {string} place
   * @returns {FlatFields | any} null: it is no literal, and nothing was read. A text: it cannot be walked through
   */
  flat(value, place) {
    if (!isPlainLiteral(value)) return null
    try {
      return this.#flat(value, place)
    } catch {
      // A Proxy, whose names cannot be listed, or the end of the stack: it is not tried in another way.
      return unserializable(this.errors, place)
    }
  }

  /**
   * @param {object} value
   * @param {string} place
   */
  #flat(value, place) {
    const flat = new FlatFields(USUAL_FIELDS)
    let count = 0
    /** @type {string[] | null} */
    let others = null
    // To list the names of an object takes long when they are many: once is enough.
    for (const name in value) {
      count++
      if (others !== null || count > FLAT_FIELDS || name.length > SMALL_CHARACTERS) {
        others ??= []
        if (count <= MAX_ENTRIES) others.push(name)
        continue
      }
      let item
      try {
        // The engine reads the fields of such a loop by their place.
        item = /** @type {any} */ (value)[name]
      } catch {
        item = unserializable(this.errors, `${place}.${name}`)
      }
      if (!isSmall(item) || this.#isAutomatic) item = this.#own().field(value, name, item, place)
      if (item !== undefined) flat.add(name, item)
    }
    return others === null ? flat : this.#own().rest(value, flat.whole(), others, count, place)
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
    return this.#own().copy(value, place, levels)
  }

  /** @returns {Copier} */
  #own() {
    this.#copier ??= new Copier(this.errors, { isAutomatic: this.#isAutomatic })
    return this.#copier
  }

  /**
   * @param {any} owner
   * @param {string|number} key of an element, or of a field that is its own
   * @param {string} place of the owner
   * @returns {unknown} UNREADABLE when reading it throws
   */
  item(owner, key, place) {
    try {
      return owner[key]
    } catch {
      unserializable(this.errors, typeof key === 'number' ? `${place}[${key}]` : `${place}.${key}`)
      return UNREADABLE
    }
  }
}

module.exports = { Capture, UNREADABLE }
