'use strict'

/**
 * Objects of their own fields and nothing else: a key such as `__proto__` or `toJSON` is one like any other. Unlike
 * `Object.create(null)`, which the engine keeps as a hash table, one costs what a plain object costs.
 */
class Bare {}
Object.setPrototypeOf(Bare.prototype, null)
Reflect.deleteProperty(Bare.prototype, 'constructor')
/** What every bare object inherits from: nothing can be added to it. */
const BARE_PROTOTYPE = Object.freeze(Bare.prototype)

/** @returns {any} */
function bare() {
  return new Bare()
}

/**
 * @param {Record<string, unknown>} fields
 * @returns {any} a bare object with these fields
 */
function bareOf(fields) {
  return Object.assign(bare(), fields)
}

module.exports = { BARE_PROTOTYPE, bare, bareOf }
