'use strict'

/**
 * What stands in dd-trace's storage where an API key would stand. dd-trace copies and compares it; only this
 * file can read it. It is no key, it cannot be made from its text, and it ends when nothing holds it any more.
 */

/** Sent to nobody. Whoever sees it in a log or a header knows what it is. */
const TOKEN_TEXT = 'spanlane-route-not-an-api-key'

/**
 * The site beside a token. RFC 2606 reserves the name: were dd-trace ever to send what a token stands for, the
 * request would end before it left the machine.
 */
const NOWHERE_SITE = 'spanlane.invalid'

/**
 * @typedef {object} Destination
 * @property {Route | null} route null: what goes there is counted and dropped
 * @property {string | null} traceId what the span is called there, when that differs
 */

/** A string object: some versions of dd-trace cut or print the "key". */
class RouteToken extends String {
  #destinations
  /** @type {import('../binding').Reason | null} */
  #lostReason

  /**
   * @param {Destination[]} destinations at least one
   * @param {import('../binding').Reason | null} [lostReason] why there is no route
   */
  constructor(destinations, lostReason = null) {
    super(TOKEN_TEXT)
    this.#destinations = destinations
    this.#lostReason = lostReason
    Object.freeze(this)
  }

  /** @returns {Destination[]} */
  get destinations() {
    return this.#destinations
  }

  /** @returns {Route | null} */
  get route() {
    return this.#destinations[0].route
  }

  /** @returns {import('../binding').Reason | null} */
  get lostReason() {
    return this.#lostReason
  }

  /**
   * @param {Route} route
   * @returns {RouteToken}
   */
  static of(route) {
    return new RouteToken((route.targets ?? [route]).map(target => ({ route: target, traceId: null })))
  }

  /**
   * @param {import('../binding').Reason} reason what its events are counted as
   * @returns {RouteToken}
   */
  static lost(reason) {
    return new RouteToken([{ route: null, traceId: null }], reason)
  }

  /**
   * @param {unknown} value what dd-trace hands over as an API key
   * @returns {RouteToken | null}
   */
  static read(value) {
    return typeof value === 'object' && value !== null && #destinations in value
      ? /** @type {RouteToken} */ (value)
      : null
  }

  /**
   * @param {unknown} value what dd-trace hands over as an API key
   * @returns {boolean} whether another copy of Spanlane made it, which was attached before and takes it below
   */
  static isOfOtherCopy(value) {
    return value instanceof String && !(#destinations in value) && value.valueOf() === TOKEN_TEXT
  }
}

module.exports = { NOWHERE_SITE, RouteToken }
