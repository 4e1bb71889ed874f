'use strict'

/** What others know a function by. */

const { fieldOf, methodOf } = require('../values/methods')

/**
 * Gives a function the name, length, own properties and class of the one it stands for, and what frameworks keep of it
 * by its identity: with reflect-metadata, the route a method answers and the guards before it.
 *
 * @param {Function} original
 * @param {Function} wrapped
 * @returns {Function} `wrapped`, or `original` where that cannot be done: a guard must not vanish for a span
 */
function copyShape(original, wrapped) {
  copyFields(original, wrapped)
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
function copyFields(original, wrapped) {
  try {
    Object.setPrototypeOf(wrapped, Object.getPrototypeOf(original))
    for (const key of Reflect.ownKeys(original)) {
      const descriptor = Reflect.getOwnPropertyDescriptor(original, key)
      // The null prototype keeps a polluted `Object.prototype.get` out of the descriptor.
      if (descriptor !== undefined)
        Reflect.defineProperty(wrapped, key, Object.setPrototypeOf(descriptor, null))
    }
  } catch {
    // A Proxy that does not show its function; it can be called.
  }
}

/** @param {Function} fn @returns {boolean} whether it has a prototype, as what can be called with `new` */
function hasPrototype(fn) {
  try {
    return Object.hasOwn(fn, 'prototype')
  } catch {
    return false
  }
}

/** @param {Function} fn @returns {string} '' for one without a name, or with one that is no text */
function nameOf(fn) {
  const name = fieldOf(fn, 'name')
  return typeof name === 'string' ? name : ''
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

module.exports = { copyShape, hasPrototype, nameOf }
