'use strict'

/** Methods of dd-trace's classes, replaced while the bridge is attached and put back afterwards. */

/** @typedef {(original: (...args: any[]) => any, self: any, args: any[]) => unknown} Hook */

/** Says that a Spanlane is attached, to other copies of Spanlane too. */
const ATTACHED = Symbol.for('spanlane.bridge')

class Hooks {
  /** @type {Array<() => void>} */
  #restores = []

  /**
   * @param {{ prototype: any }} owner the class
   * @param {string} name
   * @param {Hook} hook gets the method that was there
   */
  add(owner, name, hook) {
    const { prototype } = owner
    const before = Object.getOwnPropertyDescriptor(prototype, name)
    const original = prototype[name]
    Object.defineProperty(prototype, name, {
      configurable: true,
      enumerable: false,
      writable: true,
      /** @this {any} */
      value: function (/** @type {any[]} */ ...args) {
        return hook(original, this, args)
      }
    })
    this.#restores.push(() => {
      if (before === undefined) delete prototype[name]
      else Object.defineProperty(prototype, name, before)
    })
  }

  /** Puts everything back, the last change first. */
  restore() {
    for (const restore of this.#restores.splice(0).reverse()) restore()
  }
}

module.exports = { ATTACHED, Hooks }
