'use strict'

const { isNativeError } = require('node:util').types
const { fieldOf } = require('../values/methods')
const { textOfThrown } = require('../values/thrown-text')

/** How deep causes and lists of errors are told, how many of a list, and how many in all. */
const MAX_DEPTH = 5
const MAX_ERRORS = 10
const MAX_RELATED = 50
/** Characters of all that stands beside an error's own stack. */
const MAX_CHARACTERS = 50_000

/**
 * What a span tells of an error. Anything can be thrown, also objects whose getters throw.
 *
 * @param {any} error
 * @returns {{ type: string, message: string, stack: string }}
 */
function readError(error) {
  if ((typeof error !== 'object' && typeof error !== 'function') || error === null) {
    return { type: error === null ? 'null' : typeof error, message: text(error), stack: '' }
  }
  return {
    type: text(fieldOf(error, 'name')) || 'Error',
    message: text(fieldOf(error, 'message')) || text(fieldOf(error, 'code')) || otherText(error),
    stack: stackOf(error)
  }
}

/**
 * @param {any} value
 * @returns {boolean} an Error of any realm, also what `abort` gives
 */
function isError(value) {
  if (typeof value !== 'object' || value === null) return false
  try {
    return (
      isNativeError(value) ||
      value instanceof Error ||
      Object.prototype.toString.call(value) === '[object DOMException]'
    )
  } catch {
    return false
  }
}

/** @param {any} error */
function otherText(error) {
  return isError(error) ? '' : textOfThrown(error)
}

/**
 * The stack, and below it those of what caused the error or is listed in it.
 *
 * @param {any} error
 * @returns {string}
 */
function stackOf(error) {
  const own = text(fieldOf(error, 'stack'))
  const others = relatedTo(error, 1, new Set([error]))
  if (others.length === 0) return own
  const related = others.join('\n')
  return `${own}\n${related.length > MAX_CHARACTERS ? `${related.slice(0, MAX_CHARACTERS)}...` : related}`
}

/**
 * @param {any} error
 * @param {number} depth
 * @param {Set<unknown>} told
 * @returns {string[]}
 */
function relatedTo(error, depth, told) {
  if (depth > MAX_DEPTH || !isError(error)) return []
  const lines = []
  const cause = fieldOf(error, 'cause')
  if (cause !== undefined && cause !== null) lines.push(...linesOf('[cause]', cause, depth, told))
  const { first, length } = listOf(fieldOf(error, 'errors'))
  for (const [index, one] of first.entries()) lines.push(...linesOf(`[errors][${index}]`, one, depth, told))
  if (length > MAX_ERRORS) lines.push(`[errors]: ${length - MAX_ERRORS} more`)
  return lines
}

/**
 * @param {string} label
 * @param {any} error
 * @param {number} depth
 * @param {Set<unknown>} told a cause may be its own
 * @returns {string[]}
 */
function linesOf(label, error, depth, told) {
  if (told.has(error) || told.size > MAX_RELATED) return []
  told.add(error)
  const isGiven = isError(error)
  const own = isGiven ? text(fieldOf(error, 'stack')) || text(fieldOf(error, 'message')) : textOfThrown(error)
  return [`${label}: ${own}`, ...relatedTo(error, depth + 1, told)]
}

/**
 * @param {unknown} value
 * @returns {{ first: unknown[], length: number }} of a list
 */
function listOf(value) {
  try {
    if (Array.isArray(value)) return { first: Array.from(value.slice(0, MAX_ERRORS)), length: value.length }
  } catch {
    // A list that cannot be read says nothing.
  }
  return { first: [], length: 0 }
}

/**
 * @param {unknown} value
 * @returns {string}
 */
function text(value) {
  switch (typeof value) {
    case 'string':
      return value
    case 'number':
    case 'boolean':
    case 'bigint':
    case 'symbol':
      return String(value)
    default:
      return ''
  }
}

module.exports = { isError, readError }
