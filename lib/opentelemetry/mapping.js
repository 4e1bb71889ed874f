'use strict'

/**
 * From the attributes of a span to the fields of an event, by the tables in `conventions/`. What no table names: an
 * attribute of a convention's own names becomes metadata; any other becomes a tag if it is short, and metadata if not.
 */

const { bare } = require('../values/bare')
const { noteError } = require('../values/collection-errors')
const { isCredential } = require('../values/credentials')
const { isOfConvention, rankOf, rowOf } = require('./conventions')
const { Flattened, TREES } = require('./flattened')
const { isObject } = require('./messages')
const { text } = require('./readers')

/** @typedef {import('./conventions').Row} Row */

/** Attributes that no table names: more are counted as truncated. */
const UNKNOWN_MAX = 256
/** Longer texts are no tags. */
const TAG_CHARACTERS_MAX = 256
/** Elements of a list that become tags. */
const TAG_ELEMENTS_MAX = 32

/** What the attributes of one span say, by field. */
class Draft {
  /** @type {Record<string, any>} */
  fields = bare()
  /** @type {Record<string, any>} */
  metadata = bare()
  /** @type {Record<string, number>} */
  metrics = bare()
  /** @type {Record<string, any>} */
  tags = bare()
  /** Collection errors. @type {string[]} */
  errors = []
  /** The rank of what a place has, by field and name. @type {Record<string, number>} */
  #ranks = bare()
  #unknown = 0
  #hidesContent

  /** @param {boolean} hidesContent whether only what is no content may be sent */
  constructor(hidesContent) {
    this.#hidesContent = hidesContent
  }

  /**
   * @param {Row} row
   * @param {string} attribute
   * @param {any} given
   */
  take(row, attribute, given) {
    if (row.to === 'nothing' || (row.isContent && this.#hidesContent)) return
    const note = (/** @type {string} */ reason) => noteError(this.errors, reason, attribute)
    const value = row.read === undefined ? given : row.read(given, note)
    if (value === undefined || value === null) return
    const [field, name] = split(row, attribute)
    if (field === 'metadata') this.#merge(this.metadata, 'metadata', name, value, row)
    else if (field === 'metrics') this.#merge(this.metrics, 'metrics', name, value, row)
    else if (field === 'tags') this.#merge(this.tags, 'tags', name, value, row)
    else {
      const place = row.kinds === undefined ? row.to : `${row.to} of ${row.kinds[0]}`
      this.#put(this.fields, place, place, value, rankOf(row))
    }
  }

  /**
   * @param {string} attribute that no table names
   * @param {any} value
   */
  takeUnknown(attribute, value) {
    if (value === undefined || value === null || isCredential(attribute.split('.').at(-1) ?? '', value))
      return
    if (++this.#unknown > UNKNOWN_MAX) return noteError(this.errors, 'truncated', 'attributes')
    const tag = isOfConvention(attribute) ? undefined : tagOf(value)
    if (tag !== undefined) this.tags[attribute] ??= tag
    // It may be anything, a prompt too.
    else if (!this.#hidesContent) this.metadata[attribute] ??= value
  }

  /**
   * @param {Record<string, any>} place
   * @param {string} field
   * @param {string} name '' when the value is an object of names
   * @param {any} value
   * @param {Row} row
   */
  #merge(place, field, name, value, row) {
    const rank = rankOf(row)
    if (name !== '') return this.#put(place, name, `${field} ${name}`, value, rank)
    if (!isObject(value)) return this.#put(place, row.from, `${field} ${row.from}`, value, rank)
    for (const own of Object.keys(value)) this.#put(place, own, `${field} ${own}`, value[own], rank)
  }

  /**
   * @param {Record<string, any>} place
   * @param {string} name
   * @param {string} key
   * @param {any} value
   * @param {number} rank
   */
  #put(place, name, key, value, rank) {
    const before = this.#ranks[key]
    if (before !== undefined && before <= rank) return
    this.#ranks[key] = rank
    place[name] = value
  }
}

/**
 * @param {Row} row
 * @param {string} attribute
 * @returns {[field: string, name: string]}
 */
function split({ to, from, tree }, attribute) {
  const dot = to.indexOf('.')
  const field = dot === -1 ? to : to.slice(0, dot)
  if (dot !== -1) return [field, to.slice(dot + 1)]
  return [field, tree === undefined && from.endsWith('.') ? attribute.slice(from.length) : '']
}

/**
 * @param {any} value
 * @returns {any} undefined when it is no tag
 */
function tagOf(value) {
  if (Array.isArray(value)) {
    const isShort =
      value.length <= TAG_ELEMENTS_MAX &&
      value.every(item => tagOf(item) !== undefined && !Array.isArray(item))
    return isShort && value.length > 0 ? value : undefined
  }
  if (typeof value === 'object') return undefined
  const tag = text(value, () => {})
  return tag !== undefined && tag.length <= TAG_CHARACTERS_MAX ? tag : undefined
}

/**
 * @param {Record<string, any>[]} sources of attributes; what one says, the later ones do not say again
 * @param {boolean} [hidesContent]
 * @param {(attribute: string) => boolean} [isRead] default: all are
 * @returns {Draft}
 */
function draftOf(sources, hidesContent = false, isRead = () => true) {
  const draft = new Draft(hidesContent)
  /** @type {Map<Row, Flattened>} */
  const flattened = new Map()
  for (const [index, source] of sources.entries()) {
    for (const attribute of Object.keys(source)) {
      if (!isRead(attribute)) continue
      if (index > 0 && sources.slice(0, index).some(before => Object.hasOwn(before, attribute))) continue
      takeOne(draft, flattened, attribute, valueIn(source, attribute, draft.errors))
    }
  }
  for (const [row, whole] of flattened) {
    draft.take(row, row.from, TREES[/** @type {string} */ (row.tree)](whole.value()))
  }
  return draft
}

/**
 * @param {Draft} draft
 * @param {Map<Row, Flattened>} flattened
 * @param {string} attribute
 * @param {any} value
 */
function takeOne(draft, flattened, attribute, value) {
  const row = rowOf(attribute)
  if (row === undefined) return draft.takeUnknown(attribute, value)
  if (row.tree === undefined) return draft.take(row, attribute, value)
  let whole = flattened.get(row)
  if (whole === undefined) {
    whole = new Flattened()
    flattened.set(row, whole)
  }
  whole.put(attribute.slice(row.from.length), value)
}

/**
 * @param {Record<string, any>} attributes
 * @param {string} attribute
 * @param {string[]} errors
 */
function valueIn(attributes, attribute, errors) {
  try {
    return attributes[attribute]
  } catch {
    noteError(errors, 'unserializable', attribute)
    return undefined
  }
}

module.exports = { draftOf }
