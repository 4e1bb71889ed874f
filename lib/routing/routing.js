'use strict'

const { CODES, misuse } = require('../errors')
const { HAS, OpenRoutes, plainNames } = require('./open-routes')
const { isArray } = require('../values/shapes')
const { hasOwn, isObject, own, typeName, unreadable } = require('../values/own')
const { NO_OPTIONS, checkNames, readOptions } = require('./route-options')
const { Sampler } = require('./sampling')

/** The label that only the default route has. */
const DEFAULT_LABEL = 'default'

const LONE_SURROGATE = /\p{Surrogate}/u

/** The lane of a route that was refused: no lane has this number. */
const REFUSED = 0

/** Hex digits of a reference of the core. */
const REFERENCE_CHARS = 32

/** Targets of one route: a span is encoded and kept once per target, so their number must have an end. */
const TARGETS_MAX = 16

/** What a caller can do who has no key for a customer. */
const WITHOUT_KEY =
  'Where a customer has none, call the function without a routing context (outsideContexts says where its spans go), ' +
  "or set onInvalidRoute: 'drop', which runs it and counts its spans"

/** @typedef {import('./route-options').RouteOptions} RouteOptions */

/** @type {Map<string, string>} the core's few sites: each route's own copy would be kept with the route */
const sites = new Map()

/**
 * @param {string} site that the core accepted
 * @returns {string} the same, shared
 */
function sharedSite(site) {
  const shared = sites.get(site) ?? site
  sites.set(shared, shared)
  return shared
}

/** Where spans of one context go: it holds the lane open, by its number, and never the key. Nothing on it can be written. */
class Route {
  /**
   * Only what this class made has its private method: no Proxy or copy passes for a route, and none of its traps runs.
   *
   * @param {any} value
   * @returns {value is Route}
   */
  static is(value) {
    return isObject(value) && #reference in value
  }

  /**
   * One route to several lanes, with the options of the first.
   *
   * @param {Route[]} routes at least one
   * @returns {Route}
   */
  static join(routes) {
    const [first, ...others] = routes
    return others.length === 0 ? first : first.again(first.options, others)
  }

  /**
   * @param {any} core
   * @param {import('../binding').OpenedRoute | null} opened what the core has opened or held for this route; null when
   *   it was refused
   * @param {RouteOptions} options
   * @param {boolean} isDefault
   * @param {Route[]} [others] further lanes, each with a route of its own
   */
  constructor(core, opened, options, isDefault, others = []) {
    /** @type {import('../binding').Core} */
    this.core = core
    /** @type {number} equal for two routes of one tenant; -1 when the route was refused */
    this.tenantId = opened === null ? -1 : opened.tenantId
    /** @type {string | null} */
    this.tenant = opened === null ? null : opened.tenant
    /** @type {string | null} */
    this.site = opened === null ? null : sharedSite(opened.site)
    /** @type {number} the lane's number, for the core and for records; 0 when the route was refused */
    this.laneId = opened === null ? REFUSED : opened.laneId
    this.options = options
    this.isDefault = isDefault
    this.sampler = options.sampleRate === undefined ? null : new Sampler(options.sampleRate)
    /** @type {readonly Route[] | null} every lane of a route with several, this one first */
    this.targets = others.length === 0 ? null : Object.freeze([this, ...others])
    // The application holds routes, and what it merges into one must not lead a tenant's spans to another.
    Object.freeze(this)
    if (opened !== null) core.holdWith(this, opened.laneId)
  }

  /** @returns {boolean} it has no lane */
  get isRefused() {
    return this.laneId === REFUSED
  }

  /**
   * Another route to the same lane, which was not refused.
   *
   * @param {RouteOptions} options
   * @param {Route[]} [others]
   * @returns {Route}
   */
  again(options, others) {
    this.core.holdRoute(this.laneId)
    // It says of itself what the core said when it was opened.
    return new Route(this.core, /** @type {any} */ (this), options, this.isDefault, others)
  }

  /** @returns {RouteReference} what `llmobs.route(reference)` opens again, in this process or one of its workers */
  toJSON() {
    if (this.targets !== null) return { targets: this.targets.map(target => target.#reference()) }
    return this.#reference()
  }

  /** @returns {RouteReference} */
  #reference() {
    const { processor, ...plainOptions } = this.options
    return {
      reference: this.isRefused ? null : this.core.exportRoute(this.laneId),
      ...plainOptions,
      ...(processor === undefined ? null : { processor: true })
    }
  }

  [Symbol.for('nodejs.util.inspect.custom')]() {
    return `Route { tenant: ${JSON.stringify(this.tenant)}, site: ${JSON.stringify(this.site)} }`
  }
}

/** @typedef {{ reference?: string | null, targets?: RouteReference[], processor?: boolean, [option: string]: any }} RouteReference */

/** Opens routes for one instance. The content of key, site and label is judged by the core alone. */
class RouteOpener {
  /** @type {import('../binding').Core} */
  #core
  #defaultSite
  /** @type {Route | null} */
  #defaultRoute
  #openRoutes = new OpenRoutes()
  /** By site. @type {Map<string, (ddApiKey: string, tenant?: string) => number>} */
  #finders = new Map()
  #misuse

  /**
   * @param {any} core
   * @param {string} defaultSite the site of routes that name none
   * @param {Route | null} defaultRoute
   * @param {Misuse} misuse hears of names that nobody reads
   */
  constructor(core, defaultSite, defaultRoute, misuse) {
    this.#core = core
    this.#defaultSite = defaultSite
    this.#defaultRoute = defaultRoute
    this.#misuse = misuse
    core?.whenReleased((/** @type {number} */ laneId) => this.#openRoutes.forget(laneId))
  }

  /**
   * What `open` does, for a caller who keeps nothing: the same key, site and label again are mostly the same route.
   *
   * @param {unknown} input what a caller gave as a route
   * @returns {Route}
   */
  openAgain(input) {
    // What a route is asked first costs less than a look at its fields.
    const names = Route.is(input) ? -1 : plainNames(input)
    return names === -1 ? this.open(input) : this.#openPlain(/** @type {any} */ (input), names)
  }

  /**
   * @param {unknown} input what a caller gave as a route
   * @param {{ processor?: unknown }} [extra] what a reference could not carry; it goes before what the input says
   * @returns {Route}
   */
  open(input, extra) {
    const processor = isObject(extra) ? (own(extra, 'processor') ?? undefined) : undefined
    if (Route.is(input)) {
      if (input.core === this.#core) return this.#withProcessor(input, processor)
      throw misuse(CODES.INVALID_ROUTE, 'this route belongs to another LLMObs instance')
    }
    if (typeof input === 'string') return this.#imported({}, input, NO_OPTIONS, processor)
    if (!isObject(input)) {
      throw misuse(
        CODES.INVALID_API_KEY,
        `ddApiKey is required for routing context, got ${typeName(input)} for options. ${WITHOUT_KEY}`
      )
    }
    const reference = referenceOf(input)
    if (reference !== undefined) return this.#imported(input, reference, NO_OPTIONS, processor)
    if (hasOwn(input, 'laneId') && hasOwn(input, 'tenantId')) {
      throw misuse(
        CODES.INVALID_ROUTE,
        'this is a copy of a route: send route.toJSON() and open it with llmobs.route'
      )
    }
    checkNames(input, this.#misuse)
    const options = readOptions(input, NO_OPTIONS, processor === undefined ? {} : { processor })
    const targets = own(input, 'targets') ?? undefined
    if (targets !== undefined) return this.#openTargets(input, targets, options, processor)
    return this.#openOne(input, options)
  }

  /**
   * @param {Route} route
   * @param {unknown} processor instead of its own
   * @returns {Route} the same where there is none
   */
  #withProcessor(route, processor) {
    if (processor === undefined) return route
    const routes = (route.targets ?? [route]).map(one =>
      one.again(readOptions(one.options, NO_OPTIONS, { processor }))
    )
    return Route.join(routes)
  }

  /**
   * @param {Record<string, any>} input
   * @param {number} names of its own fields, which are no others
   */
  #openPlain(input, names) {
    let ddApiKey
    let ddSite
    let tenant
    let name = 'ddApiKey'
    try {
      if (names & HAS.KEY) ddApiKey = input.ddApiKey
      name = 'ddSite'
      if (names & HAS.SITE) ddSite = input.ddSite
      name = 'tenant'
      if (names & HAS.TENANT) tenant = input.tenant
    } catch {
      throw unreadable(name)
    }
    return this.#openAt(ddApiKey, ddSite, tenant, null)
  }

  /**
   * @param {Record<string, any>} input
   * @param {RouteOptions} options
   */
  #openOne(input, options) {
    return this.#openAt(own(input, 'ddApiKey'), own(input, 'ddSite'), own(input, 'tenant'), options)
  }

  /**
   * @param {unknown} ddApiKey
   * @param {unknown} givenSite
   * @param {unknown} givenTenant
   * @param {RouteOptions | null} options null: none, and the route may be one that was opened before
   */
  #openAt(ddApiKey, givenSite, givenTenant, options) {
    if (typeof ddApiKey !== 'string' || ddApiKey === '') {
      const problem = ddApiKey === '' ? 'it is empty' : `got ${typeName(ddApiKey)}`
      const text = `ddApiKey is required for routing context: a string, ${problem}. ${WITHOUT_KEY}`
      throw misuse(CODES.INVALID_API_KEY, text)
    }
    const ddSite = givenSite ?? undefined
    if (ddSite !== undefined && typeof ddSite !== 'string') {
      throw misuse(CODES.INVALID_SITE, `ddSite must be a string, as "datadoghq.eu", got ${typeName(ddSite)}`)
    }
    const tenant = givenTenant ?? undefined
    if (tenant !== undefined) checkLabel(tenant)
    const site = ddSite ?? this.#defaultSite
    if (options !== null) return this.#opened(ddApiKey, site, tenant, options)
    const known = this.#openRoutes.find(this.#laneOf(ddApiKey, site, tenant))
    return known ?? this.#openRoutes.keep(this.#opened(ddApiKey, site, tenant, NO_OPTIONS))
  }

  /**
   * @param {string} ddApiKey
   * @param {string} site
   * @param {string | undefined} tenant
   * @returns {number} the lane that is open there; 0: none
   */
  #laneOf(ddApiKey, site, tenant) {
    let find = this.#finders.get(site)
    if (find === undefined) {
      // Of the core's few sites; what it has not accepted has no lane.
      if (!sites.has(site)) return 0
      find = this.#core.laneFinder(site)
      this.#finders.set(site, find)
    }
    return tenant === undefined ? find(ddApiKey) : find(ddApiKey, tenant)
  }

  /**
   * @param {string} ddApiKey
   * @param {string} site
   * @param {string | undefined} tenant
   * @param {RouteOptions} options
   */
  #opened(ddApiKey, site, tenant, options) {
    const opened = this.#core.openRoute(ddApiKey, { ddSite: site, tenant: tenant ?? null, isDefault: false })
    return new Route(this.#core, opened, options, false)
  }

  /**
   * @param {Record<string, any>} input
   * @param {unknown} targets
   * @param {RouteOptions} shared
   * @param {unknown} processor
   */
  #openTargets(input, targets, shared, processor) {
    for (const name of ['ddApiKey', 'ddSite', 'tenant']) {
      if ((own(input, name) ?? undefined) === undefined) continue
      throw misuse(CODES.INVALID_ROUTE, `${name} cannot stand beside targets: put it into a target`)
    }
    /** @type {Map<number, Route>} one per lane: the same target twice is one copy */
    const lanes = new Map()
    for (const target of readTargets(targets)) {
      const route = this.#openTarget(target, shared, processor)
      if (!lanes.has(route.laneId)) lanes.set(route.laneId, route)
    }
    return Route.join([...lanes.values()])
  }

  /**
   * @param {unknown} target
   * @param {RouteOptions} shared what the target says itself goes before it
   * @param {unknown} processor
   * @returns {Route}
   */
  #openTarget(target, shared, processor) {
    if (target === 'default') {
      if (this.#defaultRoute !== null) return this.#defaultRoute.again(shared)
      throw misuse(
        CODES.INVALID_ROUTE,
        'target "default" needs a default route: DD_API_KEY or the option "apiKey"'
      )
    }
    if (Route.is(target)) {
      const route = this.open(target)
      if (route.targets === null) return this.#beside(shared, route)
      throw misuse(CODES.INVALID_ROUTE, 'a target must not have targets itself')
    }
    if (!isObject(target) || hasOwn(target, 'targets')) {
      throw misuse(CODES.INVALID_ROUTE, `each target must be a route or "default", got ${typeName(target)}`)
    }
    const reference = referenceOf(target)
    if (reference !== undefined) return this.#imported(target, reference, shared, processor)
    checkNames(target, this.#misuse)
    return this.#openOne(target, readOptions(target, shared))
  }

  /**
   * @param {RouteOptions} shared
   * @param {Route} route that was opened before, to one lane
   * @returns {Route} the same where nothing is shared
   */
  #beside(shared, route) {
    if (Object.keys(shared).length === 0) return route
    return route.again(readOptions(route.options, shared))
  }

  /**
   * @param {Record<string, any>} json what `route.toJSON()` gave
   * @param {unknown} reference in it
   * @param {RouteOptions} shared
   * @param {unknown} processor
   */
  #imported(json, reference, shared, processor) {
    if (own(json, 'processor') === true && processor === undefined) {
      throw misuse(
        CODES.INVALID_ROUTE,
        'this route has a processor, which a reference cannot carry: llmobs.route(reference, { processor })'
      )
    }
    // Before the lane is held: nothing may go wrong between that and its route.
    const options = readOptions(json, shared, { processor })
    const opened = this.#behind(reference)
    if (opened === null) {
      throw misuse(
        CODES.INVALID_ROUTE,
        'this route reference is not known here: it expired or comes from another process'
      )
    }
    return new Route(this.#core, opened, options, opened.tenant === DEFAULT_LABEL)
  }

  /**
   * Finds the route of an exported span.
   *
   * @param {unknown} reference
   * @returns {Route | null} null when it is unknown or expired
   */
  find(reference) {
    const opened = this.#behind(reference)
    return opened === null ? null : new Route(this.#core, opened, NO_OPTIONS, opened.tenant === DEFAULT_LABEL)
  }

  /** @param {unknown} reference @returns {import('../binding').OpenedRoute | null} */
  #behind(reference) {
    const isReference = typeof reference === 'string' && reference.length === REFERENCE_CHARS
    return isReference ? this.#core.importRoute(reference) : null
  }
}

/**
 * @param {Record<string, any>} input
 * @returns {unknown} what the JSON form of a route refers to; null in that of one that was refused, which says nothing
 *   else; undefined: it is no JSON form of a route
 */
function referenceOf(input) {
  const reference = own(input, 'reference') ?? undefined
  if (reference !== undefined) return reference
  return hasOwn(input, 'reference') && !hasOwn(input, 'ddApiKey') ? null : undefined
}

/**
 * @param {unknown} targets
 * @returns {unknown[]}
 */
function readTargets(targets) {
  try {
    if (isArray(targets)) {
      const { length } = targets
      if (length > 0 && length <= TARGETS_MAX) return Array.from({ length }, (_, index) => targets[index])
    }
  } catch {
    // A Proxy that throws is no list of targets.
  }
  throw misuse(CODES.INVALID_ROUTE, `targets must be an array of 1 to ${TARGETS_MAX} routes or "default"`)
}

/**
 * What is wrong with its characters, the core says. It cannot see half a surrogate pair, which it would get as U+FFFD:
 * two labels would be one tenant.
 *
 * @param {unknown} label
 * @returns {asserts label is string}
 */
function checkLabel(label) {
  if (typeof label !== 'string') {
    throw misuse(CODES.INVALID_TENANT, `tenant must be a string, got ${typeName(label)}`)
  }
  if (!LONE_SURROGATE.test(label)) return
  throw misuse(CODES.INVALID_TENANT, 'tenant must not have half of a surrogate pair')
}

module.exports = { NO_OPTIONS, Route, RouteOpener, checkLabel }
