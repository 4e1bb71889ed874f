'use strict'

const { CODES, misuse } = require('../errors')
const { isObject } = require('../values/own')
const {
  contextFor,
  exportSpan,
  isKnown,
  lanesOf,
  noteStranger,
  referenceOf,
  targetsOf
} = require('../trace/export')
const { Span } = require('../trace/span')
const { RemoteParent } = require('../trace/propagation')
const { isExportedSpan } = require('../trace/start')
const { NOWHERE_SITE, RouteToken } = require('./route-token')

/** The option `parent` of Spanlane's `trace` and `wrap`, for spans of a bridged tracer. */
class Parents {
  #instance
  #spans
  #ownReference
  #names

  /**
   * @param {import('./dd-trace-copy').Peer} peer
   * @param {Instance} instance
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
      return { options: { ...rest, childOf: parent }, run: call => this.#runBelowSpan(parent, kept, call) }
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
   * @param {any} tracer
   * @param {any} options of a span that is Spanlane's own
   * @returns {any} the same, with a span of dd-trace as parent by its reference
   */
  withReference(tracer, options) {
    if (!isObject(options)) return options
    try {
      const parent = options.parent ?? this.#spans.currentSpan()
      if (!isObject(parent) || this.#spans.keptOf(parent) === undefined) return options
      return { ...options, parent: tracer.llmobs.exportSpan(parent) }
    } catch {
      return options
    }
  }

  /**
   * A span decides where its child goes, unless it goes nowhere itself.
   *
   * @template T
   * @param {any} span of dd-trace
   * @param {Record<string, any>} kept
   * @param {() => T} call
   * @returns {T}
   */
  #runBelowSpan(span, kept, call) {
    const { ROUTING_API_KEY, ROUTING_SITE } = this.#names
    const apiKey = kept[ROUTING_API_KEY]
    const active = this.#spans.activeRoute()
    if (active !== null && this.#spans.lineagesOf(span)?.length === 0)
      return this.#spans.runWith({ span }, call)
    const routingContext = apiKey === undefined ? undefined : { apiKey, site: kept[ROUTING_SITE] }
    const chosen = apiKey === undefined ? this.#instance.defaultRoute : RouteToken.read(apiKey)?.route
    if (active !== null && chosen?.isRefused === false && chosen.tenantId !== active.tenantId) {
      chosen.core.countTenantMismatch(chosen.laneId, 1)
    }
    return this.#spans.runWith({ span, routingContext }, call)
  }

  /**
   * A reference decides outside contexts only: see lib/trace/start.js.
   *
   * @template T
   * @param {{ traceId: string, spanId: string, route?: string }} exported
   * @param {() => T} call
   * @returns {T}
   */
  #runBelow(exported, call) {
    const reference = referenceOf(exported)
    const isOwn = reference === this.#ownReference
    const known = reference === null || isOwn ? [] : lanesOf(this.#instance, reference).filter(isKnown)
    const isAnybodys = reference === null || isOwn
    const remote =
      isAnybodys || known.length > 0 ? RemoteParent.exported(exported, isAnybodys ? null : known) : null
    const active = contextFor(this.#spans.activeRoute())
    if (reference === null) return this.#spans.runWith({ remote, span: undefined }, call)
    if (active === null) {
      const token = known.length === 0 ? RouteToken.lost('no_route') : new RouteToken(known)
      const routingContext = isOwn ? undefined : { apiKey: token, site: NOWHERE_SITE }
      return this.#spans.runWith({ remote, span: undefined, routingContext }, call)
    }
    const isSame = !isOwn && remote !== null && targetsOf(active).some(target => remote.belongsTo(target))
    if (remote !== null && !isSame) noteStranger(this.#instance, active)
    return this.#spans.runWith({ remote: isSame ? remote : null, span: undefined }, call)
  }
}

module.exports = { Parents }
