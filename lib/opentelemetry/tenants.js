'use strict'

const { createHash } = require('node:crypto')

/**
 * One trace of OpenTelemetry in this process. It may be about several tenants: the first one has its id as it is, each
 * further one an id of his own, which says nothing of the other.
 */
class LocalTrace {
  #traceId
  /** Tenants that have the id as it is. @type {number[] | null} */
  #first = null
  /** Where the trace of each tenant starts. @type {Map<number, Lineage>} */
  #roots = new Map()

  /** @param {string} traceId 32 hex digits, or '' */
  constructor(traceId) {
    this.#traceId = traceId
  }

  /** @param {Route} route whose tenants have the id as it is, unless others came before */
  claim(route) {
    this.#first ??= (route.targets ?? [route]).map(({ tenantId }) => tenantId)
  }

  /**
   * @param {Route} target
   * @returns {string | null} null: any new one
   */
  idFor({ tenantId, tenant }) {
    const root = this.#roots.get(tenantId)
    if (root !== undefined) return root.traceId
    if (this.#traceId === '') return null
    return this.#first?.includes(tenantId) ? this.#traceId : derivedId(this.#traceId, `${tenant}`)
  }

  /** @param {number} tenantId @returns {Lineage | null} */
  rootOf(tenantId) {
    return this.#roots.get(tenantId) ?? null
  }

  /** @param {Lineage} lineage */
  keepRoot({ route, root }) {
    if (route !== null && !this.#roots.has(route.tenantId)) this.#roots.set(route.tenantId, root)
  }
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
