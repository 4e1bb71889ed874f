'use strict'

const { createHash } = require('node:crypto')

/**
 * One trace of OpenTelemetry in this process. It may be about several tenants: the first one has its id as it is, each
 * further one an id of his own, which says nothing of the other.
 */
class LocalTrace {
  #traceId
  /** Whose tenants have the id as it is. @type {Route | null} */
  #first = null
  /** Where the trace of a tenant starts: the only one, in most traces. @type {Lineage | null} */
  #root = null
  /** Of further tenants. @type {Map<number, Lineage> | null} */
  #roots = null

  /** @param {string} traceId 32 hex digits, or '' */
  constructor(traceId) {
    this.#traceId = traceId
  }

  /** @param {Route} route whose tenants have the id as it is, unless others came before */
  claim(route) {
    this.#first ??= route
  }

  /**
   * @param {Route} target
   * @returns {string | null} null: any new one
   */
  idFor({ tenantId, tenant }) {
    const root = this.rootOf(tenantId)
    if (root !== null) return root.traceId
    if (this.#traceId === '') return null
    return this.#first !== null && isFor(this.#first, tenantId)
      ? this.#traceId
      : derivedId(this.#traceId, `${tenant}`)
  }

  /** @param {number} tenantId @returns {Lineage | null} */
  rootOf(tenantId) {
    if (this.#root?.route?.tenantId === tenantId) return this.#root
    return this.#roots?.get(tenantId) ?? null
  }

  /** @param {Lineage} lineage */
  keepRoot({ route, root }) {
    if (route === null || this.rootOf(route.tenantId) !== null) return
    if (this.#root === null && root.route !== null) this.#root = root
    else {
      this.#roots ??= new Map()
      this.#roots.set(route.tenantId, root)
    }
  }
}

/** @param {Route} route @param {number} tenantId */
function isFor(route, tenantId) {
  return route.targets === null
    ? route.tenantId === tenantId
    : route.targets.some(target => target.tenantId === tenantId)
}

/**
 * @param {string} id
 * @param {string} salt
 * @returns {string} 32 hex digits, always the same, from which the id does not follow
 */
function derivedId(id, salt) {
  return createHash('sha256').update(`spanlane ${id} ${salt}`).digest('hex').slice(0, 32)
}

module.exports = { LocalTrace, derivedId }
