'use strict'

/** The names of a route without options of its own. */
const KEY = 'ddApiKey'
const SITE = 'ddSite'
const TENANT = 'tenant'

/**
 * Routes that were opened before and that somebody still holds, by the number of their lane: to find one costs a
 * tenth of opening it. The core finds the number from key, site and label; nothing of the key is kept here.
 * A route found here keeps its lane open, one that is gone lets it close, and numbers are never used again.
 */
class OpenRoutes {
  /** @type {Map<number, WeakRef<Route>>} */
  #routes = new Map()

  /** @returns {number} */
  get size() {
    return this.#routes.size
  }

  /**
   * @param {number} laneId 0: no lane
   * @returns {Route | undefined}
   */
  find(laneId) {
    return laneId === 0 ? undefined : this.#routes.get(laneId)?.deref()
  }

  /**
   * @param {Route} route to one lane, without options of its own
   * @returns {Route} the same
   */
  keep(route) {
    if (this.find(route.laneId) !== undefined) return route
    this.#routes.set(route.laneId, new WeakRef(route))
    return route
  }

  /** @param {number} laneId of a route that is gone: mostly, but not always, the one that is kept here */
  forget(laneId) {
    if (this.find(laneId) === undefined) this.#routes.delete(laneId)
  }
}

/** What `plainNames` has found. */
const HAS = Object.freeze({ KEY: 1, SITE: 2, TENANT: 4 })

/**
 * @param {unknown} input
 * @returns {number} which of key, site and label it has, as bits of HAS; -1 where it has something else or is something
 *   else, of which the longer way knows what it is
 */
function plainNames(input) {
  if (typeof input !== 'object') return -1
  let names = 0
  try {
    for (const name of Object.getOwnPropertyNames(input)) {
      if (name === KEY) names |= HAS.KEY
      else if (name === SITE) names |= HAS.SITE
      else if (name === TENANT) names |= HAS.TENANT
      else return -1
    }
  } catch {
    // It is null, or a Proxy that throws.
    return -1
  }
  return names
}

module.exports = { HAS, OpenRoutes, plainNames }
