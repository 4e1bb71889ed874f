'use strict'

// What the rules of routing stand on, small: a core that opens lanes and sends nothing.

const { inspect } = require('node:util')
const { RouteOpener } = require('../../lib/routing/routing')

/** Keys of two customers and of the platform itself: valid in form, of no use anywhere. */
const KEYS = Object.freeze({ acme: 'a'.repeat(32), globex: 'b'.repeat(32), platform: 'd'.repeat(32) })
const ACME = Object.freeze({ ddApiKey: KEYS.acme, ddSite: 'datadoghq.eu', tenant: 'acme' })
const GLOBEX = Object.freeze({ ddApiKey: KEYS.globex, ddSite: 'us5.datadoghq.com', tenant: 'globex' })
const DEFAULT_SITE = 'datadoghq.com'

const SITES = [DEFAULT_SITE, ACME.ddSite, GLOBEX.ddSite]
const FIRST_LANE = 11
/** A tenant is never known by the number of its lane. */
const FIRST_TENANT = 501

/** @typedef {{ number: number, tenantId: number, site: string, tenant: string }} Lane */

/** A lane as JavaScript holds it: its getters are those of its class, as the addon's are. */
class Handle {
  #lane

  /** @param {Lane} lane */
  constructor(lane) {
    this.#lane = lane
  }

  get tenant() {
    return this.#lane.tenant
  }

  get site() {
    return this.#lane.site
  }

  get laneId() {
    return this.#lane.number
  }

  get tenantId() {
    return this.#lane.tenantId
  }
}

/** Keeps each lane by its key, in nothing that is reached from `core`. */
function standInCore() {
  /** Every question, in order. @type {any[][]} */
  const asked = []
  /** @type {Map<string, Lane>} */
  const lanes = new Map()
  /** @type {Map<string, Handle>} */
  const references = new Map()
  /** @type {string[]} */
  const tenants = []
  let opened = 0

  const addressOf = (/** @type {(string | undefined)[]} */ ...parts) => JSON.stringify(parts)

  /** @param {string} name @returns {number} */
  function tenantIdOf(name) {
    if (!tenants.includes(name)) tenants.push(name)
    return FIRST_TENANT + tenants.indexOf(name)
  }

  const core = {
    openRoute(ddApiKey, destination) {
      asked.push(['openRoute', ddApiKey, destination])
      const { ddSite: site, tenant, isDefault } = destination
      if (!SITES.includes(site)) throw coded('SPANLANE_INVALID_SITE', 'this site is not known')
      if (ddApiKey.includes(' ')) throw coded('SPANLANE_INVALID_API_KEY', 'this key has a space')
      const address = addressOf(ddApiKey, site, tenant ?? undefined)
      const label = isDefault ? 'default' : (tenant ?? `${site} #${opened}`)
      const lane = lanes.get(address) ?? {
        number: FIRST_LANE + opened++,
        tenantId: tenantIdOf(label),
        site,
        tenant: label
      }
      lanes.set(address, lane)
      return new Handle(lane)
    },
    laneFinder(site) {
      asked.push(['laneFinder', site])
      return (...which) => {
        asked.push(['find', site, ...which])
        // A second one that is no text is no label, and not none.
        if (which.some(text => typeof text !== 'string')) return 0
        const [ddApiKey, tenant] = which
        return lanes.get(addressOf(ddApiKey, site, tenant))?.number ?? 0
      }
    },
    exportRoute(handle) {
      const reference = handle.laneId.toString(16).padStart(32, '0')
      references.set(reference, handle)
      return reference
    },
    importRoute(reference) {
      asked.push(['importRoute', reference])
      return references.get(reference) ?? null
    }
  }
  return {
    core,
    asked,
    /** @param {number} number */
    closeLane(number) {
      for (const [address, lane] of lanes) if (lane.number === number) lanes.delete(address)
    },
    /** The lane is found by its new key, too. @param {Record<string, string>} route @param {string} newKey */
    rotate({ ddApiKey, ddSite, tenant }, newKey) {
      const lane = lanes.get(addressOf(ddApiKey, ddSite, tenant))
      if (lane !== undefined) lanes.set(addressOf(newKey, ddSite, tenant), lane)
    }
  }
}

/** @param {string} code @param {string} message */
function coded(code, message) {
  return Object.assign(new TypeError(message), { code })
}

/**
 * @param {{ defaultRoute?: any }} [options]
 */
function openerOf({ defaultRoute = null } = {}) {
  const standIn = standInCore()
  /** @type {any[][]} */
  const notes = []
  const misuse = /** @type {any} */ ({ note: (/** @type {any[]} */ ...said) => notes.push(said) })
  return { ...standIn, notes, opener: new RouteOpener(standIn.core, DEFAULT_SITE, defaultRoute, misuse) }
}

/**
 * @param {() => unknown} call
 * @returns {{ code: string, message: string }} what was wrong with it
 */
function refusal(call) {
  try {
    call()
  } catch (error) {
    expect(error).toBeInstanceOf(TypeError)
    expect(everythingOf(error)).not.toMatch(/([abd])\1{7}/)
    const { code, message } = /** @type {any} */ (error)
    return { code, message }
  }
  throw new Error('nothing was thrown')
}

/**
 * @param {any} value
 * @returns {string} all that a log could show of it
 */
function everythingOf(value) {
  const hidden = {
    showHidden: true,
    depth: Infinity,
    getters: true,
    maxArrayLength: null,
    maxStringLength: null
  }
  return [
    String(value),
    value?.stack,
    JSON.stringify(value),
    inspect(value, hidden),
    inspect(value, { ...hidden, customInspect: false })
  ].join('\n')
}

/**
 * @param {Record<string, unknown>} fields
 * @returns {{ input: any, reads: string[] }} an object of accessors, and which of them ran
 */
function counted(fields) {
  /** @type {string[]} */
  const reads = []
  const input = {}
  for (const [name, value] of Object.entries(fields)) {
    Object.defineProperty(input, name, {
      enumerable: true,
      get() {
        reads.push(name)
        return value
      }
    })
  }
  return { input, reads }
}

/**
 * @param {Record<string, unknown>} fields
 * @param {string} name
 * @returns {any} the fields, and one whose reading throws the key that it should give
 */
function throwing(fields, name) {
  return Object.defineProperty({ ...fields }, name, {
    enumerable: true,
    get() {
      throw new Error(KEYS.acme)
    }
  })
}

/** @returns {any} an object of which nothing can be asked */
function revoked() {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}

/** @param {string} name */
const unreadable = name => ({
  code: 'SPANLANE_INVALID_OPTION',
  message: `"${name}" could not be read: the object it was looked for in threw`
})

module.exports = {
  ACME,
  DEFAULT_SITE,
  FIRST_LANE,
  FIRST_TENANT,
  GLOBEX,
  KEYS,
  coded,
  counted,
  everythingOf,
  openerOf,
  refusal,
  revoked,
  standInCore,
  throwing,
  unreadable
}
