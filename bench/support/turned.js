'use strict'

/**
 * Who comes first in one round comes later in another.
 *
 * @template T
 * @param {T[]} list
 * @param {number} by
 * @returns {T[]} the list from another one on
 */
function turned(list, by) {
  const start = by % list.length
  return [...list.slice(start), ...list.slice(0, start)]
}

module.exports = { turned }
