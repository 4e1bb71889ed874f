'use strict'

const { own, isObject } = require('../values/own')
const {
  contextFor,
  destinationsOf,
  exportSpan,
  isKnown,
  noteStranger,
  referenceOf
} = require('../trace/export')
const { SpanId } = require('../trace/ids')
const { checkFunction } = require('../trace/trace')
const { NOWHERE_SITE, RouteToken } = require('./route-token')

/** What `tracer.llmobs` does differently while the bridge is attached. */
class Calls {
  #instance
  #spans
  /** What `exportSpan` says about a span that no routing context had: it is the application's own. */
  #ownReference
  /** dd-trace's own. @type {(options: object, fn: () => unknown) => unknown} */
  #enter

  /**
   * @param {Instance} instance
   * @param {import('./routed-spans').RoutedSpans} spans
   * @param {string} ownReference
   * @param {any} enter `routingContext` of dd-trace
   */
  constructor(instance, spans, ownReference, enter) {
    this.#instance = instance
    this.#spans = spans
    this.#ownReference = ownReference
    this.#enter = enter
  }

  get ownReference() {
    return this.#ownReference
  }

  /**
   * @param {any} llmobs of dd-trace
   * @param {any} input
   * @param {any} fn
   */
  routingContext(llmobs, input, fn) {
    checkFunction('routingContext', fn)
    const instance = this.#instance
    if (!instance.enabled) return this.enter(llmobs, RouteToken.lost('disabled'), fn)
    return this.enter(llmobs, RouteToken.of(instance.routeForContext(this.#withSite(llmobs, input))), fn)
  }

  /**
   * @param {any} llmobs of dd-trace
   * @param {RouteToken} token
   * @param {() => any} fn
   */
  enter(llmobs, token, fn) {
    return this.#enter.call(llmobs, { ddApiKey: token, ddSite: NOWHERE_SITE }, fn)
  }

  /**
   * @param {{ traceId: string, spanId: string } | undefined} exported what dd-trace exported
   * @param {any} given the span that was asked for
   */
  exportSpan(exported, given) {
    if (exported === undefined || exported.traceId === undefined) return exported
    const lineages = this.#spans.lineagesOf(given || this.#spans.currentSpan())
    if (lineages === undefined) return { ...exported, route: this.#ownReference }
    if (lineages.length === 0) return exported
    const [lineage, ...copies] = lineages
    return exportSpan({ id: SpanId.of(exported.spanId), lineage, copies })
  }

  /**
   * Submits a metric in the context that its span belongs to.
   *
   * @param {any} llmobs of dd-trace
   * @param {any} named what names the span
   * @param {any} options of the metric
   * @param {(options: any) => any} submit dd-trace's own
   */
  submitMetric(llmobs, named, options, submit) {
    const reference = referenceOf(named)
    const active = contextFor(this.#spans.activeRoute())
    if (reference === this.#ownReference && active === null)
      return this.#spans.runOutsideRoute(() => submit(options))
    const token = this.#tokenFor(reference === null ? undefined : named, active)
    if (token === null) return submit(options)
    const mlApp = token.route?.options.mlApp
    const complete =
      mlApp !== undefined && isObject(options) && !options.mlApp ? { ...options, mlApp } : options
    return this.enter(llmobs, token, () => submit(complete))
  }

  /** @returns {Route | null} */
  currentRoute() {
    const token = this.#spans.currentToken()
    const route = token === null ? this.#instance.outside.route : token.route
    return route === null || route.isRefused ? null : route
  }

  /**
   * @param {any} named undefined when it names no route
   * @param {Route | null} active
   * @returns {RouteToken | null} null: whatever context is there
   */
  #tokenFor(named, active) {
    if (named === undefined) return null
    if (active !== null && referenceOf(named) === this.#ownReference) {
      noteStranger(this.#instance, active)
      return RouteToken.lost('no_route')
    }
    const destinations = destinationsOf(this.#instance, named, active).filter(isKnown)
    return destinations.length === 0 ? RouteToken.lost('no_route') : new RouteToken(destinations)
  }

  /**
   * A context that names no site means the tracer's.
   *
   * @param {any} llmobs
   * @param {any} input
   */
  #withSite(llmobs, input) {
    const site = llmobs._config?.site
    if (typeof site !== 'string' || site === this.#instance.config.site) return input
    if (!isObject(input) || own(input, 'ddApiKey') === undefined || own(input, 'ddSite') !== undefined)
      return input
    return { ...input, ddSite: site }
  }
}

module.exports = { Calls }
