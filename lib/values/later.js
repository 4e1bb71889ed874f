'use strict'

/**
 * What most processes never need, and none for its first span: to load a file costs half a millisecond.
 *
 * @template T
 * @param {() => T} load
 * @returns {() => T} what it loads, at the first call
 */
function later(load) {
  /** @type {T | undefined} */
  let loaded
  return () => {
    loaded ??= load()
    return loaded
  }
}

module.exports = { later }
