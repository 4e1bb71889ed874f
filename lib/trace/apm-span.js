'use strict'

/** Node 20's first versions have no such symbol; who compiles `using` for them makes it. */
const DISPOSE = Symbol.dispose ?? Symbol.for('Symbol.dispose')

/**
 * What dd-trace's APM spans can do beside. Nothing of it is sent; it is there so that callers go on as before. Each
 * method returns what dd-trace's returns.
 */
class ApmSpan {
  tracer() {
    return INERT_TRACER
  }

  /**
   * @param {string} [_name]
   * @returns {this}
   */
  setOperationName(_name) {
    return this
  }

  /**
   * @param {string} [_key]
   * @param {unknown} [_value]
   * @returns {this}
   */
  setBaggageItem(_key, _value) {
    return this
  }

  /**
   * @param {string} [_key]
   * @returns {any}
   */
  getBaggageItem(_key) {
    return undefined
  }

  /** @returns {string} JSON */
  getAllBaggageItems() {
    return '{}'
  }

  /** @param {string} [_key] */
  removeBaggageItem(_key) {}

  removeAllBaggageItems() {}

  /**
   * @param {unknown} [_fields]
   * @param {number} [_timestampMs]
   * @returns {this}
   */
  log(_fields, _timestampMs) {
    return this
  }

  /**
   * @param {string} [_name]
   * @param {unknown} [_payload]
   */
  logEvent(_name, _payload) {}

  /**
   * @param {unknown} [_link]
   * @param {unknown} [_attributes]
   */
  addLink(_link, _attributes) {}

  /**
   * @param {unknown} [_links]
   * @returns {this}
   */
  addLinks(_links) {
    return this
  }

  /**
   * @param {string} [_kind]
   * @param {string} [_direction]
   * @param {string} [_hash]
   */
  addSpanPointer(_kind, _direction, _hash) {}

  /**
   * @param {string} [_name]
   * @param {unknown} [_attributes]
   * @param {number} [_startMs]
   */
  addEvent(_name, _attributes, _startMs) {}
}

const NO_CONTEXT = Object.freeze({
  toTraceId: () => '',
  toSpanId: () => '',
  toTraceparent: () => ''
})

/** What callbacks get for a span when nothing is recorded: it takes every call a span takes. */
class NoopSpan extends ApmSpan {
  kind = ''
  name = ''
  traceId = ''
  spanId = ''
  finished = true

  /** @param {number} [_endMs] */
  finish(_endMs) {}

  /**
   * @param {string} [_key]
   * @param {unknown} [_value]
   * @returns {this}
   */
  setTag(_key, _value) {
    return this
  }

  /**
   * @param {unknown} [_tags]
   * @returns {this}
   */
  addTags(_tags) {
    return this
  }

  /**
   * @param {unknown} [_exception]
   * @param {unknown} [_attributes]
   */
  recordException(_exception, _attributes) {}

  context() {
    return NO_CONTEXT
  }
}

const NOOP_SPAN = Object.freeze(new NoopSpan())

/** The same for a span that is ended by hand. */
class NoopHandSpan extends NoopSpan {
  /** @param {number} [_endMs] */
  end(_endMs) {}

  /**
   * @template T
   * @param {() => T} fn
   * @returns {T}
   */
  run(fn) {
    return fn()
  }

  /** @param {unknown} [_options] */
  annotate(_options) {}

  [DISPOSE]() {}
}

const NOOP_HAND_SPAN = Object.freeze(new NoopHandSpan())

/** The tracer of every span: it runs what it is given, and records nothing. */
const INERT_TRACER = Object.freeze({
  startSpan: () => NOOP_SPAN,

  /**
   * @param {string} _name
   * @param {unknown} options
   * @param {Function} [fn]
   */
  trace(_name, options, fn = /** @type {Function} */ (options)) {
    return fn.length > 1 ? fn(NOOP_SPAN, () => {}) : fn(NOOP_SPAN)
  },

  /**
   * @param {string} _name
   * @param {unknown} options
   * @param {Function} [fn]
   */
  wrap: (_name, options, fn = /** @type {Function} */ (options)) => fn,

  scope: () => INERT_SCOPE,

  /**
   * @param {unknown} _span
   * @param {string} _format
   * @param {unknown} carrier
   */
  inject: (_span, _format, carrier) => carrier,

  extract: () => null
})

const INERT_SCOPE = Object.freeze({
  active: () => null,

  /**
   * @param {unknown} _span
   * @param {() => unknown} fn
   */
  activate: (_span, fn) => fn(),

  /** @param {unknown} target */
  bind: target => target
})

module.exports = { ApmSpan, DISPOSE, NOOP_HAND_SPAN, NOOP_SPAN }
