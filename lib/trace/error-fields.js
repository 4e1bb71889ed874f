'use strict'

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
    type: text(read(error, 'name')) || 'Error',
    message: text(read(error, 'message')) || text(read(error, 'code')) || '',
    stack: text(read(error, 'stack'))
  }
}

/**
 * @param {any} error
 * @param {string} field
 * @returns {unknown}
 */
function read(error, field) {
  try {
    return error[field]
  } catch {
    return undefined
  }
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

module.exports = { readError }
