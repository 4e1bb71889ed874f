'use strict'

/**
 * Copies what the application passes in, at the moment it passes it in: later changes to its objects do not
 * change the span, and its getters run once.
 */

const { ANY_LEVELS, JsonWriter } = require('./json-text')

/**
 * A plain JSON value equal to what the event will say about this value. Never throws.
 * @param {unknown} value
 * @param {string[]} [errors] collection errors are added here
 * @param {string} [place] what collection errors call the value
 * @returns {any} undefined where `JSON.stringify` would leave the value out
 */
function sanitise(value, errors = [], place = '') {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value
  const text = new JsonWriter(errors).write(value, place)
  return text === undefined ? undefined : JSON.parse(text)
}

/**
 * `JSON.stringify` that never throws; its nesting does not count, because the intake sees one string.
 * @param {unknown} value
 * @param {string[]} [errors] collection errors are added here
 * @param {string} [place] what collection errors call the value
 * @returns {string|undefined} undefined where `JSON.stringify` gives undefined
 */
function safeStringify(value, errors = [], place = '') {
  return new JsonWriter(errors).write(value, place, ANY_LEVELS)
}

module.exports = { safeStringify, sanitise }
