'use strict'

/** Tags of a span: a string each on the wire, so that is what they become when they are given. */

const { bare } = require('../values/bare')
const { UNREADABLE } = require('../values/capture')
const { UNSERIALIZABLE_TEXT, unserializable } = require('../values/collection-errors')
const { isObject } = require('../values/own')
const { isArray, isPrintable } = require('../values/shapes')

/** @typedef {string|number|boolean|null|undefined} TagScalar */
/** @typedef {TagScalar|TagScalar[]} TagValue a list is sent as one tag for each element */

/**
 * @param {Capture} capture
 * @param {unknown} tags
 * @returns {Record<string, TagValue>}
 */
function captureTags(capture, tags) {
  /** @type {Record<string, TagValue>} */
  const captured = bare()
  if (!isObject(tags)) {
    capture.warn(`tags must be an object, got ${typeof tags}. Ignoring value.`)
    return captured
  }
  for (const [name, value] of capture.entries(tags, 'tags')) {
    if (value === undefined || value === null) continue
    const place = `tags.${name}`
    const tag = isArray(value) ? tagList(capture, value, place) : tagScalar(capture, value, place)
    if (tag !== null) captured[name] = tag
  }
  return captured
}

/**
 * @param {Capture} capture
 * @param {unknown[]} list
 * @param {string} place
 * @returns {TagScalar[] | null} null when all of them say nothing
 */
function tagList(capture, list, place) {
  const items = capture.items(list, place)
  /** @type {TagScalar[]} */
  const tags = []
  for (let index = 0; index < items.length; index++) {
    const item = items[index]
    if (item !== undefined && item !== null) tags.push(tagScalar(capture, item, `${place}[${index}]`))
  }
  return tags.length === 0 && items.length > 0 ? null : tags
}

/**
 * @param {Capture} capture
 * @param {unknown} value
 * @param {string} place
 * @returns {TagScalar}
 */
function tagScalar(capture, value, place) {
  switch (typeof value) {
    case 'string':
    case 'number':
    case 'boolean':
    case 'undefined':
      return value
    case 'object':
      if (value === null) return null
      return isArray(value) ? listText(capture, value, place) : objectText(capture, value, place)
    case 'bigint':
      return isPrintable(value) ? `${value}` : unserializable(capture.errors, place)
    default:
      return value === UNREADABLE ? UNSERIALIZABLE_TEXT : unserializable(capture.errors, place)
  }
}

/**
 * As a list prints itself, but not for ever: a sparse one may be 4 billion elements long.
 * @param {Capture} capture
 * @param {unknown[]} list
 * @param {string} place
 * @returns {string}
 */
function listText(capture, list, place) {
  const texts = capture.items(list, place).map((item, index) => {
    if (item === undefined || item === null) return ''
    return isArray(item)
      ? capture.text(item, `${place}[${index}]`)
      : tagScalar(capture, item, `${place}[${index}]`)
  })
  return texts.join(',')
}

/**
 * An object that knows how to print itself does (Date, URL, an ObjectId); a plain one is shown as JSON.
 * @param {Capture} capture
 * @param {object} value
 * @param {string} place
 * @returns {string|undefined}
 */
function objectText(capture, value, place) {
  if (ArrayBuffer.isView(value)) return capture.text(value, place)
  const print = capture.read(value, 'toString', place)
  if (print === UNREADABLE) return UNSERIALIZABLE_TEXT
  if (typeof print !== 'function' || print === Array.prototype.toString) return capture.text(value, place)
  try {
    return `${Reflect.apply(print, value, [])}`
  } catch {
    return unserializable(capture.errors, place)
  }
}

/**
 * The tags whose values a cost is split by.
 * @param {Capture} capture
 * @param {unknown} costTags
 * @param {Record<string, unknown>|null} tags all tags of the span
 * @returns {string[]} those that name a tag of the span; the others are left out with a warning
 */
function captureCostTags(capture, costTags, tags) {
  if (!isArray(costTags)) {
    capture.warn('costTags must be an array of strings. Ignoring value.')
    return []
  }
  /** @type {string[]} */
  const captured = []
  for (const name of capture.items(costTags, 'costTags')) {
    if (name === undefined || name === null) continue
    if (typeof name !== 'string') capture.warn('costTags entries must be strings. Skipping entry.')
    else if (tags === null || !Object.hasOwn(tags, name)) {
      const what = `costTags entry "${name}" must reference a key present in span tags. Skipping entry.`
      capture.warn(what, 'costTags entry without a tag')
    } else if (!captured.includes(name)) captured.push(name)
  }
  return captured
}

module.exports = { captureCostTags, captureTags, tagScalar }
