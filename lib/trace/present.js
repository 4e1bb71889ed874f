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
function presentStore({ storage, core, bridgedRoutes }) {
  const store = storage.getStore() ?? ROOT_STORE
  const routes = bridgedRoutes === null ? null : bridgedRoutes()
  if (routes === null) return store
  const known = routes.filter(route => route !== null)
  const route = known.length === routes.length ? Route.join(known) : new Route(core, null, NO_OPTIONS, false)
  return new Store(route, store.span, store.annotation, store.remote)
}

module.exports = { presentStore }
