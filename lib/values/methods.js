'use strict'

/**
 * Puts a method on an object that the caller owns, so that the caller keeps the very object it made.
 *
 * @param {any} target
 * @param {PropertyKey} name
 * @param {Function} method
 * @returns {boolean} false when the object is frozen or refuses
 */
function defineMethod(target, name, method) {
  try {
    // The null prototype keeps a polluted `Object.prototype.get` out of the descriptor.
    const descriptor = {
      __proto__: null,
      value: method,
      configurable: true,
      enumerable: false,
      writable: true
    }
    return Reflect.defineProperty(target, name, /** @type {PropertyDescriptor} */ (descriptor))
  } catch {
    return false
  }
}

/**
 * Reads a method of an object that may be a Proxy or have throwing getters.
 *
 * @param {any} target
 * @param {PropertyKey} name
 * @returns {Function | null}
 */
function methodOf(target, name) {
  try {
    const method = target[name]
    return typeof method === 'function' ? method : null
  } catch {
    return null
  }
}

module.exports = { defineMethod, methodOf }
