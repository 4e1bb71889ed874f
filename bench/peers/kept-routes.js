'use strict'

/** An application that opens the route of each tenant once and keeps it, as `llmobs.route` is meant to be used. */
class KeptRoutes {
  #llmobs
  /** @type {Map<string, any>} by key */
  #routes = new Map()

  /** @param {any} llmobs of Spanlane */
  constructor(llmobs) {
    this.#llmobs = llmobs
  }

  /** @param {{ ddApiKey: string, ddSite: string }} options @param {() => unknown} fn */
  routingContext(options, fn) {
    let route = this.#routes.get(options.ddApiKey)
    if (route === undefined) {
      route = this.#llmobs.route(options)
      this.#routes.set(options.ddApiKey, route)
    }
    return this.#llmobs.routingContext(route, fn)
  }

  /** @param {any} options @param {(span: any) => any} fn */
  trace(options, fn) {
    return this.#llmobs.trace(options, fn)
  }

  /** @param {any} span @param {any} annotation */
  annotate(span, annotation) {
    this.#llmobs.annotate(span, annotation)
  }

  flush() {
    return this.#llmobs.flush()
  }
}

module.exports = { KeptRoutes }
