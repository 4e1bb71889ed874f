'use strict'

// What the rules of routing stand on, small: a core that opens lanes and sends nothing.

const { inspect } = require('node:util')
const { NO_OPTIONS, Route, RouteOpener } = require('../../lib/routing/routing')

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

/** Of each core of one test. @type {Holds[]} */
const allHolds = []

afterEach(() => {
  expect(allHolds.splice(0).flatMap(holds => holds.wrong())).toEqual([])
})

/** What the core holds open, and for which objects. */
class Holds {
  /** How often each lane was held for no object yet. @type {Map<number, number>} */
  #unnamed = new Map()
  /** @type {Map<object, number>} */
  #holders = new Map()

  /** @param {number} laneId */
  hold(laneId) {
    this.#unnamed.set(laneId, (this.#unnamed.get(laneId) ?? 0) + 1)
  }

  /** @param {number} laneId that an object holds */
  again(laneId) {
    expect([...this.#holders.values()]).toContain(laneId)
    this.hold(laneId)
  }

  /** @param {object} holder @param {number} laneId */
  name(holder, laneId) {
    expect(this.#holders.has(holder)).toBe(false)
    this.#holders.set(holder, laneId)
    this.#unnamed.set(laneId, (this.#unnamed.get(laneId) ?? 0) - 1)
  }

  /** @param {object} holder @returns {number} its lane */
  release(holder) {
    const laneId = this.#holders.get(holder)
    this.#holders.delete(holder)
    return /** @type {number} */ (laneId)
  }

  /** @returns {number[]} lanes that were held for no object, or for two; none is right */
  wrong() {
    return [...this.#unnamed].filter(([, times]) => times !== 0).map(([laneId]) => laneId)
  }
}

/** Lanes by what they were opened with. */
class Lanes {
  /** @type {Map<string, Lane>} */
  #lanes = new Map()
  /** @type {string[]} */
  #tenants = []
  #opened = 0

  /** @param {string} ddApiKey @param {{ ddSite: string, tenant: string | null, isDefault: boolean }} destination */
  open(ddApiKey, { ddSite: site, tenant, isDefault }) {
    if (!SITES.includes(site)) throw coded('SPANLANE_INVALID_SITE', 'this site is not known')
    if (ddApiKey.includes(' ')) throw coded('SPANLANE_INVALID_API_KEY', 'this key has a space')
    const known = this.find(ddApiKey, site, tenant ?? undefined)
    if (known !== undefined) return known
    const label = isDefault ? 'default' : (tenant ?? `${site} #${this.#opened}`)
    const lane = {
      number: FIRST_LANE + this.#opened++,
      tenantId: this.#tenantIdOf(label),
      site,
      tenant: label
    }
    this.add(lane, ddApiKey, site, tenant ?? undefined)
    return lane
  }

  /** @param {(string | undefined)[]} address */
  find(...address) {
    return this.#lanes.get(JSON.stringify(address))
  }

  /** @param {Lane} lane @param {(string | undefined)[]} address */
  add(lane, ...address) {
    this.#lanes.set(JSON.stringify(address), lane)
  }

  /** @param {number} number */
  numbered(number) {
    return [...this.#lanes.values()].find(lane => lane.number === number)
  }

  /** @param {number} number */
  close(number) {
    for (const [address, lane] of this.#lanes) if (lane.number === number) this.#lanes.delete(address)
  }

  /** @param {string} name @returns {number} */
  #tenantIdOf(name) {
    if (!this.#tenants.includes(name)) this.#tenants.push(name)
    return FIRST_TENANT + this.#tenants.indexOf(name)
  }
}

/** Keeps each lane by its key, in nothing that is reached from `core`. */
function standInCore() {
  /** Every question, in order. @type {any[][]} */
  const asked = []
  const lanes = new Lanes()
  const holds = new Holds()
  allHolds.push(holds)
  /** @type {Map<string, Lane | undefined>} */
  const references = new Map()
  /** @type {((laneId: number) => void)[]} */
  const hears = []

  /** @param {Lane} lane */
  function opened({ number: laneId, tenantId, tenant, site }) {
    holds.hold(laneId)
    return Object.freeze({ laneId, tenantId, tenant, site })
  }

  const core = {
    holdRoute: laneId => holds.again(laneId),
    holdWith: (holder, laneId) => holds.name(holder, laneId),
    whenReleased: hear => hears.push(hear),
    openRoute(ddApiKey, destination) {
      asked.push(['openRoute', ddApiKey, destination])
      return opened(lanes.open(ddApiKey, destination))
    },
    laneFinder(site) {
      asked.push(['laneFinder', site])
      return (...which) => {
        asked.push(['find', site, ...which])
        // A second one that is no text is no label, and not none.
        if (which.some(text => typeof text !== 'string')) return 0
        return lanes.find(which[0], site, which[1])?.number ?? 0
      }
    },
    exportRoute(laneId) {
      const reference = laneId.toString(16).padStart(32, '0')
      references.set(reference, lanes.numbered(laneId))
      return reference
    },
    importRoute(reference) {
      asked.push(['importRoute', reference])
      const lane = references.get(reference)
      return lane === undefined ? null : opened(lane)
    }
  }
  return {
    core,
    asked,
    /** @param {object} holder that was collected */
    release(holder) {
      const laneId = holds.release(holder)
      for (const hear of hears) hear(laneId)
    },
    /** @param {number} number */
    closeLane: number => lanes.close(number),
    /** The lane is found by its new key, too. @param {Record<string, string>} route @param {string} newKey */
    rotate({ ddApiKey, ddSite, tenant }, newKey) {
      const lane = lanes.find(ddApiKey, ddSite, tenant)
      if (lane !== undefined) lanes.add(lane, newKey, ddSite, tenant)
    }
  }
}

/** @param {string} code @param {string} message */
function coded(code, message) {
  return Object.assign(new TypeError(message), { code })
}

/** @param {any} core */
function openOwnRoute(core) {
  const opened = core.openRoute(KEYS.platform, { ddSite: DEFAULT_SITE, tenant: null, isDefault: true })
  return new Route(core, opened, NO_OPTIONS, true)
}

/** @param {{ hasDefault?: boolean }} [options] */
function openerOf({ hasDefault = false } = {}) {
  const standIn = standInCore()
  const defaultRoute = hasDefault ? openOwnRoute(standIn.core) : null
  standIn.asked.length = 0
  /** @type {any[][]} */
  const notes = []
  const misuse = /** @type {any} */ ({ note: (/** @type {any[]} */ ...said) => notes.push(said) })
  const opener = new RouteOpener(standIn.core, DEFAULT_SITE, defaultRoute, misuse)
  return { ...standIn, notes, opener, defaultRoute: /** @type {Route} */ (defaultRoute) }
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
  openOwnRoute,
  openerOf,
  refusal,
  revoked,
  standInCore,
  throwing,
  unreadable
}
