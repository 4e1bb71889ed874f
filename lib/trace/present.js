'use strict'

const { ROOT_STORE, Store } = require('../routing/context')
const { NO_OPTIONS } = require('../routing/route-options')
const { Route } = require('../routing/routing')

/**
 * The context that a span starts in. Beside a bridged tracer the routing context is the tracer's.
 *
 * @param {Instance} instance
 * @returns {Store}
 */
function presentStore({ storage, core, bridgedRoutes, innerSpan }) {
  const store = storage.getStore() ?? ROOT_STORE
  const routes = bridgedRoutes === null ? null : bridgedRoutes()
  const span = innerSpan === null ? store.span : innerSpan(store.span)
  if (routes === null && span === store.span) return store
  const route = routes === null ? store.route : joined(core, routes)
  return new Store(route, span, store.annotation, span === null ? store.remote : null)
}

/**
 * @param {import('../binding').Core} core
 * @param {(Route | null)[]} routes a null among them was lost
 */
function joined(core, routes) {
  const known = routes.filter(route => route !== null)
  return known.length === routes.length ? Route.join(known) : new Route(core, null, NO_OPTIONS, false)
}

module.exports = { presentStore }
