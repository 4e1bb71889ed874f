'use strict'

const { warning } = require('../warnings')

const WHAT =
  'what starts outside all routing contexts is not sent any more (no_route): this process serves tenants, and what ' +
  'lost its context may be theirs.'
const CURE =
  'keep the context with withRoutingContext or bindRoutingContext, or set outsideContexts: "default" to send it by ' +
  'the default route'

/**
 * What happens to spans and evaluations outside all routing contexts. A lost context must not send a customer's
 * prompt to the platform's own organisation: once a route was used, whoever has none is refused, unless it was said.
 */
class OutsideContexts {
  /** What holds where nobody said: a bridged tracer does as dd-trace does. @type {ResolvedOptions['outsideContexts']} */
  unlessTold = 'auto'
  /** The route for those who may use it. @type {Route | null} */
  defaultRoute
  #core
  #told
  #logger
  #hasRouted = false
  #hasWarned = false

  /**
   * @param {Pick<import('../binding').Core, 'hasRouted' | 'noteRouting'> | null} core knows what other threads do
   * @param {Route | null} defaultRoute
   * @param {Pick<ResolvedOptions, 'outsideContexts' | 'logger'>} config
   */
  constructor(core, defaultRoute, { outsideContexts, logger }) {
    this.#core = core
    this.defaultRoute = defaultRoute
    this.#told = outsideContexts
    this.#logger = logger
  }

  /** A routing context was entered, or a route opened. */
  noteRouting() {
    if (this.#hasRouted) return
    this.#hasRouted = true
    this.#core?.noteRouting()
  }

  /** @returns {boolean} whether what starts outside now goes nowhere, though there may be a default route */
  get isRefused() {
    const mode = this.#told ?? this.unlessTold
    return mode === 'refuse' || (mode === 'auto' && this.#isRouting())
  }

  #isRouting() {
    this.#hasRouted ||= this.#core?.hasRouted() === true
    return this.#hasRouted
  }

  /** @returns {Route | null} of what starts outside now; null: it goes nowhere */
  get route() {
    return this.isRefused ? null : this.defaultRoute
  }

  /**
   * @returns {Route | null} the same, for something that does start: the first that is refused for safety's sake is told
   */
  take() {
    if (!this.isRefused) return this.defaultRoute
    if (this.#told === 'refuse' || this.#hasWarned || this.defaultRoute === null) return null
    this.#hasWarned = true
    this.#logger.warn(warning('outside_contexts', WHAT, CURE))
    return null
  }
}

module.exports = { OutsideContexts }
