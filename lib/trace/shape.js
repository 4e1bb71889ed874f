'use strict'

/** What others know a function by. */

const { methodOf } = require('../values/methods')

/**
 * Gives a function the name, length, own properties and class of the one it stands for, and what frameworks keep of it
 * by its identity: with reflect-metadata, the route a method answers and the guards before it.
 *
 * @param {Function} original
 * @param {Function} wrapped
 * @returns {Function} `wrapped`, or `original` where that cannot be done: a guard must not vanish for a span
 */
function copyShape(original, wrapped) {
  Object.setPrototypeOf(wrapped, Object.getPrototypeOf(original))
  for (const key of Reflect.ownKeys(original)) {
    const descriptor = Reflect.getOwnPropertyDescriptor(original, key)
    // The null prototype keeps a polluted `Object.prototype.get` out of the descriptor.
    if (descriptor !== undefined)
      Reflect.defineProperty(wrapped, key, Object.setPrototypeOf(descriptor, null))
  }
  try {
    copyMetadata(original, wrapped)
    return wrapped
  } catch {
    return original
  }
}

/**
 * @param {Function} original
 * @param {Function} wrapped
 */
function copyMetadata(original, wrapped) {
  const metadata = /** @type {any} */ (Reflect)
  const keysOf = methodOf(metadata, 'getOwnMetadataKeys')
  const get = methodOf(metadata, 'getOwnMetadata')
  const define = methodOf(metadata, 'defineMetadata')
  if (keysOf === null || get === null || define === null) return
  for (const key of keysOf.call(metadata, original)) {
    define.call(metadata, key, get.call(metadata, key, original), wrapped)
  }
}

module.exports = { copyShape }
