'use strict'

const { deserialize, serialize } = require('node:v8')

/**
 * A copy that shares nothing with the value: what `structuredClone` makes, which some environments do not have.
 *
 * @template T
 * @param {T} value plain
 * @returns {T}
 */
function detached(value) {
  return deserialize(serialize(value))
}

module.exports = { detached }
