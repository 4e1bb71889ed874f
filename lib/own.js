'use strict'

/**
 * Reads one option. Own properties only: a polluted `Object.prototype` must not be able to choose a key,
 * a site, a proxy or a callback.
 *
 * @param {any} options
 * @param {string} name
 * @returns {any} undefined when the property is absent or inherited
 */
function own(options, name) {
  return Object.hasOwn(options, name) ? options[name] : undefined
}

/**
 * Names a value's type for an error text. Never the value: it may be a key.
 *
 * @param {unknown} value
 * @returns {string}
 */
function typeName(value) {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  return typeof value
}

/**
 * True for anything options can be read from.
 *
 * @param {unknown} value
 * @returns {value is Record<string, any>}
 */
function isObject(value) {
  return typeof value === 'object' && value !== null
}

module.exports = { own, typeName, isObject }
