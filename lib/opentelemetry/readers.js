'use strict'

/**
 * How the value of an attribute is read. Attributes are whatever an application made of them: each reader takes
 * anything, throws nothing, and returns undefined for what says nothing.
 */

/** @typedef {(attribute: string) => void} Note told of an attribute that is not what it should be */
/** @typedef {(value: any, note: Note) => any} Reader */

const SPACE = 32
const BRACKET = 91
const BRACE = 123

/** For who does not want to be told. */
const QUIET = () => {}

/** @type {Reader} */
const any = value => (value === null ? undefined : value)

/** @type {Reader} */
function text(value) {
  if (typeof value === 'string') return value === '' ? undefined : value
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint') return `${value}`
  return value === undefined || value === null ? undefined : jsonOf(value)
}

/** @type {Reader} */
function number(value, note) {
  const read = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
  if (typeof read === 'number' && Number.isFinite(read)) return read
  if (value !== undefined && value !== null) note('invalid_number')
  return undefined
}

/** @type {Reader} */
function milliseconds(value, note) {
  const ms = number(value, note)
  return ms === undefined ? undefined : ms / 1000
}

/** @type {Reader} */
const flag = value => (typeof value === 'boolean' ? value : text(value, () => {}))

/** @type {Reader} */
function list(value) {
  if (value === undefined || value === null || value === '') return undefined
  return Array.isArray(value) ? value : [value]
}

/** JSON, or text that is none. What should be JSON and is not stays the text it is. @type {Reader} */
function json(value, note) {
  if (typeof value !== 'string') return any(value, note)
  if (!isLikeJson(value)) return value === '' ? undefined : value
  const parsed = parsedOf(value)
  if (parsed !== undefined) return parsed
  note('invalid_json')
  return value
}

/** Values that each are JSON. @type {Reader} */
function jsons(value) {
  return list(value, () => {})?.map((/** @type {any} */ item) =>
    typeof item === 'string' ? (parsedOf(item) ?? item) : item
  )
}

/** @type {Reader} */
const beforeDot = (value, note) => text(value, note)?.split('.', 1)[0]

/**
 * @param {Record<string, string>} names
 * @returns {Reader} of a span's kind
 */
function kinds(names) {
  return value => (typeof value === 'string' && Object.hasOwn(names, value) ? names[value] : 'workflow')
}

/**
 * @param {Record<string, string>} names
 * @returns {Reader} of a span's kind, from the end of a dotted name
 */
function operation(names) {
  const kindOf = kinds(names)
  return (value, note) =>
    kindOf(typeof value === 'string' ? value.slice(value.lastIndexOf('.') + 1) : value, note)
}

/**
 * @param {Record<string, string>} names
 * @returns {Reader} of an object of numbers: those that are known, under the names of metrics
 */
function usage(names) {
  return (value, note) => {
    const given = json(value, note)
    if (typeof given !== 'object' || given === null) return undefined
    /** @type {Record<string, number>} */
    const read = Object.create(null)
    for (const name of Object.keys(names)) {
      const count = Object.hasOwn(given, name) ? number(given[name], note) : undefined
      if (count !== undefined) read[names[name]] ??= count
    }
    return read
  }
}

/** @param {string} value @returns {boolean} whether it begins as JSON with anything in it does, and is meant to be some */
function isLikeJson(value) {
  let at = 0
  // All of JSON's white space, and nothing else that JSON begins with, is no more than this.
  while (value.charCodeAt(at) <= SPACE) at++
  const first = value.charCodeAt(at)
  return first === BRACE || first === BRACKET
}

/** @param {string} value @returns {any} undefined when it is no JSON */
function parsedOf(value) {
  try {
    return JSON.parse(value)
  } catch {
    return undefined
  }
}

/** @param {unknown} value @returns {string | undefined} */
function jsonOf(value) {
  try {
    return JSON.stringify(value)
  } catch {
    return undefined
  }
}

module.exports = {
  QUIET,
  any,
  beforeDot,
  flag,
  isLikeJson,
  json,
  jsonOf,
  jsons,
  kinds,
  list,
  milliseconds,
  number,
  operation,
  parsedOf,
  text,
  usage
}
