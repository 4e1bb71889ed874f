'use strict'

const { CODES, misuse } = require('../errors')
const { isObject, own } = require('../values/own')
const { destinationsOf, exportSpan, isKnown } = require('../trace/export')
const { Span } = require('../trace/span')
const { RemoteParent } = require('../trace/propagation')
const { isExportedSpan } = require('../trace/start')
const { NOWHERE_SITE, RouteToken } = require('./route-token')

/** @typedef {import('../trace/propagation').KnownDestination} KnownDestination */

/** The option `parent` of Spanlane's `trace` and `wrap`, for spans of a bridged tracer. */
class Parents {
  #instance
  #spans
  #ownReference
  #names

  /**
   * @param {import('./dd-trace-copy').Peer} peer
   * @param {import('../sdk/instance').Instance} instance
   * @param {import('./routed-spans').RoutedSpans} spans
   * @param {string} ownReference
   */
  constructor(peer, instance, spans, ownReference) {
    this.#instance = instance
    this.#spans = spans
    this.#ownReference = ownReference
    this.#names = peer.tags
  }

  /**
   * What the caller asked for, in dd-trace's words, and where it has to be called: a child follows the tenant of
   * the parent it was given.
   *
   * @param {any} options with an own `parent`
   * @returns {{ options: Record<string, any>, run: <T>(call: () => T) => T }}
   */
  resolve(options) {
    const { parent, ...rest } = options
    const kept = isObject(parent) ? this.#spans.keptOf(parent) : undefined
    if (kept !== undefined) {
      const { ROUTING_API_KEY, ROUTING_SITE } = this.#names
      const apiKey = kept[ROUTING_API_KEY]
      const routingContext = apiKey === undefined ? undefined : { apiKey, site: kept[ROUTING_SITE] }
      return {
        options: { ...rest, childOf: parent },
        run: call => this.#run(routingContext, { span: parent }, call)
      }
    }
    if (!Span.is(parent) && !isExportedSpan(parent)) {
      throw misuse(
        CODES.INVALID_SPAN,
        'option "parent" must be a span, or what exportSpan() returned for one'
      )
    }
    // A span of Spanlane's own started before `attach`.
    const exported = Span.is(parent) ? exportSpan(parent) : parent
    return { options: rest, run: call => this.#runBelow(exported, call) }
  }

  /**
   * @template T
   * @param {{ traceId: string, spanId: string, route?: string }} exported
   * @param {() => T} call
   * @returns {T}
   */
  #runBelow(exported, call) {
    const reference = own(exported, 'route')
    if (reference === undefined) {
      const remote = RemoteParent.exported(exported.traceId, exported.spanId)
      return this.#spans.runWith({ remote, span: undefined }, call)
    }
    const isOwn = reference === this.#ownReference
    const destinations = isOwn || typeof reference !== 'string' ? [] : this.#known(exported)
    const remote = RemoteParent.exported(exported.traceId, exported.spanId, destinations)
    const change = { remote, span: undefined }
    if (isOwn) return this.#run(undefined, change, call)
    const token = destinations.length === 0 ? RouteToken.lost('no_route') : new RouteToken(destinations)
    return this.#run({ apiKey: token, site: NOWHERE_SITE }, change, call)
  }

  /**
   * @param {object} exported
   * @returns {KnownDestination[]} those that are still known
   */
  #known(exported) {
    return destinationsOf(this.#instance, exported).filter(isKnown)
  }

  /**
   * @template T
   * @param {{ apiKey: unknown, site: unknown } | undefined} routingContext of the parent; undefined outside all
   * @param {{ remote?: RemoteParent, span: any }} change
   * @param {() => T} call
   * @returns {T}
   */
  #run(routingContext, change, call) {
    this.#countDisagreement(routingContext?.apiKey)
    return this.#spans.runWith({ ...change, routingContext }, call)
  }

  /** @param {unknown} key of the parent's context */
  #countDisagreement(key) {
    const active = this.#spans.currentToken()?.route ?? null
    const chosen = key === undefined ? this.#instance.routeOutside : (RouteToken.read(key)?.route ?? null)
    if (active === null || chosen === null || chosen.handle === null) return
    if (chosen.tenantId !== active.tenantId) this.#instance.core.countTenantMismatch(chosen.handle, 1)
  }
}

module.exports = { Parents }
