'use strict'

const { keyFingerprint } = require('../address')

/** @typedef {{ site: string, keyFingerprint: string }} Place */

/** Where the data of owners may arrive, as somebody said. */
class Declared {
  /** @type {Map<string, { keyFingerprint: string, site: string | null }[]>} */
  #places = new Map()

  get size() {
    return this.#places.size
  }

  /**
   * @param {string} owner
   * @param {{ key?: string, keyFingerprint?: string, site?: string | null }} place without a site: at any
   */
  add(owner, { key, keyFingerprint: given, site = null }) {
    const fingerprint = given ?? (key === undefined ? undefined : keyFingerprint(key))
    if (fingerprint === undefined) return
    const places = this.#places.get(owner) ?? []
    const isKnown = places.some(place => place.keyFingerprint === fingerprint && place.site === site)
    if (!isKnown) this.#places.set(owner, [...places, { keyFingerprint: fingerprint, site }])
  }

  /** @param {string} owner */
  has(owner) {
    return this.#places.has(owner)
  }

  owners() {
    return [...this.#places.keys()]
  }

  /** @param {Place} lane @returns {string[]} */
  ownersAt({ site, keyFingerprint: fingerprint }) {
    return [...this.#places]
      .filter(([, places]) =>
        places.some(place => place.keyFingerprint === fingerprint && (place.site ?? site) === site)
      )
      .map(([owner]) => owner)
  }

  clear() {
    this.#places.clear()
  }
}

module.exports = { Declared }
