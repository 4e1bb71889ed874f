'use strict'

const { defineMethod, fieldOf } = require('../values/methods')

/** @typedef {(options: Record<string, any>, fn: Function) => Function} Wrap */

/**
 * The decorator of a method, for TypeScript's legacy decorators and for standard ones. What is no method is
 * left as it is.
 *
 * @param {Wrap} wrap
 * @param {Record<string, any>} options
 * @returns {(target: any, contextOrKey?: any, descriptor?: PropertyDescriptor) => any}
 */
function decorate(wrap, options) {
  return (target, contextOrKey, descriptor) => {
    if (contextOrKey === undefined || contextOrKey === null) return target
    if (typeof contextOrKey === 'object') {
      return contextOrKey.kind === 'method' ? wrap(named(options, contextOrKey.name), target) : target
    }
    if (descriptor === undefined) return decorateProperty(wrap, options, target, contextOrKey)
    if (typeof descriptor.value === 'function') {
      descriptor.value = wrap(named(options, contextOrKey), descriptor.value)
    }
    return descriptor
  }
}

/**
 * @param {Wrap} wrap
 * @param {Record<string, any>} options
 * @param {any} target
 * @param {PropertyKey} key
 */
function decorateProperty(wrap, options, target, key) {
  // A getter of the prototype may need an object to read.
  const method = fieldOf(target, key)
  if (typeof method !== 'function') return method
  defineMethod(target, key, wrap(named(options, key), method))
  return target
}

/**
 * @param {Record<string, any>} options
 * @param {PropertyKey} key
 */
function named(options, key) {
  const name = typeof key === 'symbol' ? (key.description ?? '') : String(key)
  try {
    const given = { ...options }
    given.name ??= name
    return given
  } catch {
    // `wrap` says what is wrong with them.
    return options
  }
}

module.exports = { decorate }
