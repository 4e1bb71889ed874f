'use strict'

const { UNREADABLE } = require('./capture')
const { isPrintable } = require('./shapes')

/**
 * A name as text: of a span, a session, an application, a model. Numbers are common there, as ids.
 *
 * @param {unknown} value
 * @returns {string | null | undefined} undefined: not given, as an empty one; null: it is none
 */
function labelOf(value) {
  if (value === undefined || value === null || value === '') return undefined
  if (typeof value === 'string') return value
  if (typeof value === 'object' || typeof value === 'function' || value === UNREADABLE) return null
  return typeof value === 'bigint' && !isPrintable(value) ? null : String(value)
}

module.exports = { labelOf }
