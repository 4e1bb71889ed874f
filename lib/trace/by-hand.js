'use strict'

/** Spans that begin and end where the application says: it has no function that is the work, or knows the times. */

const { annotateSpan } = require('../annotate/annotate')
const { HAND_NAMES } = require('../annotate/names')
const { CODES } = require('../errors')
const { DISPOSE, NOOP_HAND_SPAN } = require('./apm-span')
const { endWith } = require('./ending')
const { nsOfMs } = require('./clock')
const { presentStore } = require('./present')
const { Span } = require('./span')
const { SpanOptions, startSpan } = require('./start')
const { checkFunction } = require('./trace')
const { Watch } = require('./watch')
const { Route } = require('../routing/routing')
const { NO_OPTIONS } = require('../routing/route-options')
const { own, typeName } = require('../values/own')

/** A span that the application ends. */
class HandSpan extends Span {
  /** The context below it. @type {Store | null} */
  #store = null

  /**
   * @param {HandSpan} span
   * @param {Store} store
   */
  static enter(span, store) {
    span.#store = store
  }

  /**
   * Ends the span and hands it over. The second call does nothing.
   *
   * @param {number} [endMs] in milliseconds since the epoch; default now
   */
  end(endMs) {
    this.finish(endMs)
  }

  /**
   * Runs `fn` in the span's context. What it throws marks the span as failed; only `end` ends it.
   *
   * @template T
   * @param {() => T} fn
   * @returns {T}
   */
  run(fn) {
    checkFunction('run', fn)
    return HandSpan.follow(this, new Failure(this), fn)
  }

  /**
   * @template T
   * @param {HandSpan} span
   * @param {Ending} ending
   * @param {() => T} fn
   * @returns {T}
   */
  static follow(span, ending, fn) {
    const { storage } = span.instance
    const store = /** @type {Store} */ (span.#store)
    const before = Watch.now
    let result
    try {
      result = storage.run(store, fn)
    } catch (error) {
      ending.fail(error)
      throw error
    }
    return endWith(storage, store, before, ending, result)
  }

  /** @param {unknown} options as `annotate` takes them */
  annotate(options) {
    const { misuse } = this.instance
    try {
      if (this.finished)
        misuse.found(CODES.SPAN_FINISHED, 'a span cannot be annotated after its end', undefined, this)
      else annotateSpan(this, options, misuse)
    } catch (error) {
      misuse.caught(error, CODES.INVALID_ANNOTATION)
    }
  }

  [DISPOSE]() {
    this.finish()
  }
}

/** How the work in a span's context ends: it does not end the span. */
class Failure {
  #span

  /** @param {HandSpan} span */
  constructor(span) {
    this.#span = span
  }

  succeed() {}

  /** @param {unknown} error */
  fail(error) {
    this.#span.setError(error)
  }
}

/**
 * @param {Instance} instance
 * @param {unknown} options
 * @returns {HandSpan | typeof NOOP_HAND_SPAN} the second while nothing is recorded, and for options that make no span
 */
function startByHand(instance, options) {
  if (!instance.enabled) return NOOP_HAND_SPAN
  const { misuse } = instance
  try {
    const spanOptions = new SpanOptions(options, misuse.isThrown, HAND_NAMES)
    spanOptions.checkParent()
    spanOptions.tell(misuse)
    const given = { route: routeOf(instance, options), startNs: startOf(misuse, options), Span: HandSpan }
    const store = startSpan(instance, spanOptions, spanOptions.name ?? spanOptions.kind, given)
    const span = /** @type {HandSpan} */ (store.span)
    HandSpan.enter(span, store)
    return span
  } catch (error) {
    misuse.caught(error, CODES.INVALID_OPTION)
    return NOOP_HAND_SPAN
  }
}

/**
 * Starts the span of somebody else's call. The present context decides where it goes; where that was lost, the span
 * above does.
 *
 * @param {Instance} instance
 * @param {{ kind: string, name: string, sessionId?: string }} options
 * @param {Span | null} above null: the present context's
 * @param {bigint | null} startNs nanoseconds since the epoch; null: now
 * @returns {Store} the context of what runs inside it
 */
function startBelow(instance, { kind, name, sessionId }, above, startNs) {
  const options = new SpanOptions({ kind, name, sessionId, parent: above ?? undefined }, false, HAND_NAMES)
  const route = above === null ? null : presentStore(instance).route
  return startSpan(instance, options, name, { route, startNs, Span })
}

/**
 * Runs the work of a span in its context; the work's end is `ending`'s.
 *
 * @template T
 * @param {HandSpan} span
 * @param {Ending} ending
 * @param {() => T} fn
 * @returns {T}
 */
function endBy(span, ending, fn) {
  return HandSpan.follow(span, ending, fn)
}

/**
 * @param {Instance} instance
 * @param {any} options
 * @returns {Route | null} null: none was named
 */
function routeOf(instance, options) {
  const given = own(options, 'route') ?? undefined
  if (given === undefined) return null
  try {
    return instance.routeForContext(given)
  } catch (error) {
    instance.misuse.caught(error, CODES.INVALID_ROUTE)
    return new Route(instance.core, null, NO_OPTIONS, false)
  }
}

/**
 * @param {Misuse} misuse
 * @param {any} options
 * @returns {bigint | null} nanoseconds since the epoch; null: now
 */
function startOf(misuse, options) {
  const startMs = own(options, 'startMs') ?? undefined
  if (startMs === undefined) return null
  const startNs = nsOfMs(startMs)
  if (startNs !== null && startNs >= 0n) return startNs
  const got = typeof startMs === 'number' ? `${startMs}` : typeName(startMs)
  const kind = 'startMs must be milliseconds since 1970'
  misuse.found(CODES.INVALID_OPTION, `${kind}, got ${got}: the span starts now`, kind)
  return null
}

module.exports = { endBy, startBelow, startByHand }
