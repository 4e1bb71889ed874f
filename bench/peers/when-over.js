'use strict'

/**
 * Ends what a callback began: at once, or when the promise that it returned is fulfilled.
 *
 * @param {any} result of the callback
 * @param {() => void} end
 */
function whenOver(result, end) {
  if (typeof result?.then !== 'function') {
    end()
    return result
  }
  return result.then((/** @type {unknown} */ value) => {
    end()
    return value
  })
}

module.exports = { whenOver }
