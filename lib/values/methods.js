'use strict'

const { apply, defineProperty } = Reflect
const isOwnEnumerable = Object.prototype.propertyIsEnumerable
const ObjectPrototype = /** @type {any} */ (Object.prototype)

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
      // Who copies the object's own fields copies the same ones as before.
      enumerable: isOwnEnumerable.call(target, name),
      writable: true
    }
    return defineProperty(target, name, /** @type {PropertyDescriptor} */ (descriptor))
  } catch {
    return false
  }
}

/**
 * Reads a method of an object that may be a Proxy or have throwing getters. One that somebody put on
 * `Object.prototype` is nobody's method.
 *
 * @param {any} target
 * @param {PropertyKey} name
 * @returns {Function | null}
 */
function methodOf(target, name) {
  try {
    const method = target[name]
    return typeof method === 'function' && method !== ObjectPrototype[name] ? method : null
  } catch {
    return null
  }
}

/**
 * @param {unknown} value
 * @returns {boolean} whether it is what may have methods of its own
 */
function isObjectOrFunction(value) {
  return (typeof value === 'object' && value !== null) || typeof value === 'function'
}

/**
 * Puts something around a method of one object. `around` gets the method, the arguments and what it was called on.
 *
 * @param {any} target
 * @param {PropertyKey} name
 * @param {(method: Function, args: any[], self: any) => unknown} around
 * @returns {boolean} false when there is no such method, or the object refuses
 */
function replaceMethod(target, name, around) {
  const method = methodOf(target, name)
  if (method === null) return false
  return defineMethod(
    target,
    name,
    /** @this {any} */ function (/** @type {any[]} */ ...args) {
      return around(method, args, this)
    }
  )
}

/**
 * A field of an object that may be a Proxy or have throwing getters.
 *
 * @param {any} target
 * @param {PropertyKey} name
 * @returns {any} undefined when it cannot be read
 */
function fieldOf(target, name) {
  try {
    return target[name]
  } catch {
    return undefined
  }
}

module.exports = { apply, defineMethod, fieldOf, isObjectOrFunction, methodOf, replaceMethod }
