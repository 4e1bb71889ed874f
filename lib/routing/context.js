'use strict'

/** @typedef {import('../annotate/context').Annotation} Annotation */

/** What one asynchronous context carries. Never changed: entering a context makes a new one. */
class Store {
  /**
   * @param {Route | null} route the route of the routing context, null outside any
   * @param {Span | null} span the active span
   * @param {Annotation | null} annotation what `annotationContext` adds to spans started here
   * @param {RemoteParent | null} remote the caller's span in another process; only while `span` is null
   */
  constructor(route, span, annotation, remote) {
    this.route = route
    this.span = span
    this.annotation = annotation
    this.remote = remote
  }
}

/** The context outside all contexts. */
const ROOT_STORE = new Store(null, null, null, null)

module.exports = { ROOT_STORE, Store }
