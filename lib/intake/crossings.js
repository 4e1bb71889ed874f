'use strict'

const { keyFingerprint } = require('./address')
const { ownerOf } = require('./owner')
const { joinedOf } = require('./wire')

/**
 * @typedef {import('../../testing').Arrival} Arrival
 * @typedef {import('../../testing').Crossing} Crossing
 * @typedef {import('../../testing').CrossingKind} CrossingKind
 * @typedef {import('../../testing').CrossingOptions} CrossingOptions
 * @typedef {import('../../testing').Intake} Intake
 * @typedef {import('../../testing').TenantPlace} TenantPlace
 * @typedef {{ name: string, fingerprint: string, site: string | undefined }} Place
 * @typedef {(site: string, fingerprint: string) => string[]} TenantsOf
 */

const FINGERPRINT = /^[0-9a-f]{12}$/

/**
 * Everything that is where it must not be, over all intakes together.
 *
 * @param {Intake[]} intakes
 * @param {Record<string, TenantPlace> | undefined} tenants
 * @param {CrossingOptions} options
 * @returns {Crossing[]}
 */
function findCrossings(intakes, tenants, options) {
  const places = Object.entries(tenants ?? {}).flatMap(([name, place]) => placesOf(name, place))
  /** @type {TenantsOf} */
  const tenantsOf = (site, fingerprint) =>
    places
      .filter(place => place.fingerprint === fingerprint && (place.site ?? site) === site)
      .map(({ name }) => name)
  const arrivals = intakes.flatMap(intake => intake.arrivals())
  return [
    ...intakes.flatMap(({ violations }) => violations.map(({ kind, message }) => ({ kind, message }))),
    ...unprovable(intakes, arrivals, Object.keys(tenants ?? {}), tenantsOf, options),
    ...(tenants === undefined ? [] : misplaced(arrivals, tenants, tenantsOf, options)),
    ...(options.allowSharedTraces ? [] : betweenTenants(arrivals, tenantsOf))
  ]
}

/**
 * @param {string} name
 * @param {TenantPlace} place
 * @returns {Place[]}
 */
function placesOf(name, place) {
  return [place].flat().map(one => {
    const key = typeof one === 'string' ? one : one?.key
    if (typeof key !== 'string' || key === '') {
      throw new TypeError(`tenants[${JSON.stringify(name)}] must be a key, a fingerprint or { key, site? }`)
    }
    const fingerprint = FINGERPRINT.test(key) ? key : keyFingerprint(key)
    return { name, fingerprint, site: typeof one === 'string' ? undefined : one.site }
  })
}

/**
 * What makes the check worth nothing: no arrivals, arrivals that were not kept, or none that says whose it is.
 *
 * @param {Intake[]} intakes
 * @param {Arrival[]} arrivals
 * @param {string[]} names
 * @param {TenantsOf} tenantsOf
 * @param {CrossingOptions} options
 * @returns {Crossing[]}
 */
function unprovable(intakes, arrivals, names, tenantsOf, options) {
  /** @type {Crossing[]} */
  const found = []
  const unrecorded = intakes.reduce((sum, { counts }) => sum + counts.unrecordedEvents, 0)
  if (unrecorded > 0) {
    found.push(crossing('not_recorded', `${unrecorded} events were not kept: raise maxRecordedEvents`))
  }
  const present = new Set(arrivals.flatMap(({ site, keyFingerprint: key }) => tenantsOf(site, key)))
  const absent = options.allowEmpty ? [] : names.filter(name => !present.has(name))
  if (arrivals.length === 0 && !options.allowEmpty)
    found.push(crossing('nothing_arrived', 'nothing arrived at all'))
  found.push(...absent.map(name => crossing('nothing_arrived', `nothing arrived for ${quote(name)}`)))
  const unowned = names.filter(name => present.has(name) && !isOwned(name, arrivals, tenantsOf, options))
  if (unowned.length > 0 && !options.allowUnowned) {
    const where = unowned.map(quote).join(', ')
    found.push(
      crossing(
        'no_owner',
        `nothing says whose the events are that arrived for ${where}: keys that were swapped would pass. ` +
          'Tag events with owner:<name>, or tell by the option ownerOf'
      )
    )
  }
  return found
}

/**
 * @param {string} name of a tenant
 * @param {Arrival[]} arrivals
 * @param {TenantsOf} tenantsOf
 * @param {CrossingOptions} options
 * @returns {boolean} whether any event at its place says whose it is
 */
function isOwned(name, arrivals, tenantsOf, { ownerOf: ownerOfEvent = ownerOf }) {
  return arrivals.some(
    ({ site, keyFingerprint: key, event }) =>
      tenantsOf(site, key).includes(name) && (ownerOfEvent(event) ?? null) !== null
  )
}

/**
 * Events that did not arrive where their owner is, and keys that nobody was named for.
 *
 * @param {Arrival[]} arrivals
 * @param {Record<string, TenantPlace>} tenants
 * @param {TenantsOf} tenantsOf
 * @param {CrossingOptions} options
 * @returns {Crossing[]}
 */
function misplaced(arrivals, tenants, tenantsOf, { ownerOf: ownerOfEvent = ownerOf, allowOtherKeys }) {
  /** @type {Crossing[]} */
  const found = []
  for (const arrival of arrivals) {
    const tenantsThere = tenantsOf(arrival.site, arrival.keyFingerprint)
    const owner = ownerOfEvent(arrival.event) ?? null
    if (tenantsThere.length === 0 && !allowOtherKeys) {
      found.push(crossing('unknown_key', `${describe(arrival)}: no tenant was named for this key and site`))
    }
    const isHome = owner === null || tenantsThere.includes(owner)
    const isStranger = owner !== null && tenantsThere.length === 0 && !Object.hasOwn(tenants, owner)
    if (!isHome && !isStranger) {
      const there = tenantsThere.length === 0 ? 'an unnamed tenant' : tenantsThere.map(quote).join(', ')
      found.push(
        crossing('wrong_tenant', `${describe(arrival)}: belongs to ${quote(owner)}, arrived at ${there}`)
      )
    }
  }
  return found
}

/**
 * Traces, parents and evaluated spans that are at different tenants. Tenants without a name are told apart by key
 * and site.
 *
 * @param {Arrival[]} arrivals
 * @param {TenantsOf} tenantsOf
 * @returns {Crossing[]}
 */
function betweenTenants(arrivals, tenantsOf) {
  const homeOf = (/** @type {Arrival} */ { site, keyFingerprint: key }) =>
    tenantsOf(site, key)[0] ?? `${site} with key ${key}`
  /** @type {Map<string, string>} */
  const traceHomes = new Map()
  /** @type {Map<string, Set<string>>} */
  const spanHomes = new Map()
  const spans = arrivals.filter(({ stream }) => stream === 'spans')
  for (const arrival of spans) {
    const { trace_id: traceId, span_id: spanId } = arrival.event
    const home = homeOf(arrival)
    if (!traceHomes.has(traceId)) traceHomes.set(traceId, home)
    spanHomes.set(spanId, (spanHomes.get(spanId) ?? new Set()).add(home))
  }
  /** @type {Crossing[]} */
  const found = []
  /** @param {Arrival} arrival @param {string} spanId */
  const isForeign = (arrival, spanId) => {
    const homes = spanHomes.get(spanId)
    return homes !== undefined && !homes.has(homeOf(arrival))
  }
  for (const arrival of arrivals) {
    const { event } = arrival
    if (arrival.stream === 'spans') {
      const first = traceHomes.get(event.trace_id)
      if (first !== homeOf(arrival)) {
        found.push(
          crossing('shared_trace', `${describe(arrival)}: trace ${event.trace_id} is also at ${first}`)
        )
      }
      if (isForeign(arrival, event.parent_id)) {
        found.push(
          crossing('foreign_parent', `${describe(arrival)}: its parent ${event.parent_id} is elsewhere`)
        )
      }
    } else {
      const spanId = joinedOf(event).span_id
      if (isForeign(arrival, spanId)) {
        found.push(crossing('foreign_evaluation', `${describe(arrival)}: its span ${spanId} is elsewhere`))
      }
    }
  }
  return found
}

/** @param {Arrival} arrival */
function describe({ stream, event, site, keyFingerprint: key }) {
  const what = stream === 'spans' ? `span ${quote(event.name)}` : `evaluation ${quote(event.label)}`
  return `${what} at ${site} with key ${key}`
}

/** @param {CrossingKind} kind @param {string} message @returns {Crossing} */
function crossing(kind, message) {
  return { kind, message }
}

/** @param {unknown} text */
function quote(text) {
  return JSON.stringify(text)
}

module.exports = { findCrossings }
