'use strict'

/** Does nothing: what a load costs by itself. */
class NoTracer {
  /** @param {unknown} _route @param {() => unknown} fn */
  routingContext(_route, fn) {
    return fn()
  }

  /** @param {unknown} _options @param {(span: unknown) => unknown} fn */
  trace(_options, fn) {
    return fn(null)
  }

  annotate() {}

  flush() {}
}

module.exports = { NoTracer }
