'use strict'

/** Spans that begin and end where the application says: it has no function that is the work, or knows the times. */

const { annotateSpan } = require('../annotate/annotate')
const { DISPOSE, NOOP_HAND_SPAN } = require('./apm-span')
const { endWith } = require('./ending')
const { nsOfMs } = require('./clock')
const { Span } = require('./span')
const { SpanOptions, startSpan } = require('./start')
const { checkFunction } = require('./trace')
const { Watch } = require('./watch')
const { Route } = require('../routing/routing')
const { NO_OPTIONS } = require('../routing/route-options')
const { isObject, own, typeName } = require('../values/own')
const { ofSpan, warning } = require('../warnings')

/** @typedef {import('../sdk/instance').Instance} Instance */
/** @typedef {import('../routing/context').Store} Store */

const WARNING_INTERVAL_MS = 60_000

/** A span that the application ends. None of its calls throws for what is wrong about telemetry. */
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
    const { storage } = this.instance
    const store = /** @type {Store} */ (this.#store)
    const before = Watch.now
    let result
    try {
      result = storage.run(store, fn)
    } catch (error) {
      this.setError(error)
      throw error
    }
    return endWith(storage, store, before, new Failure(this), result)
  }

  /** @param {unknown} options as `annotate` takes them */
  annotate(options) {
    const { logger } = this.instance
    try {
      if (this.finished) misused(logger, `${ofSpan(this)}annotate after its end changes nothing`)
      else annotateSpan(this, options, logger)
    } catch (error) {
      misused(logger, `${ofSpan(this)}${textOf(error)}`)
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
  const { logger } = instance
  try {
    const spanOptions = new SpanOptions(options)
    const given = { route: routeOf(instance, options), ...startOf(options, logger), Span: HandSpan }
    const name = spanOptions.name ?? spanOptions.kind
    const store = startSpan(instance, spanOptions, name, given)
    const span = /** @type {HandSpan} */ (store.span)
    HandSpan.enter(span, store)
    return span
  } catch (error) {
    misused(logger, `startSpan: ${textOf(error)}: the span is not recorded`)
    return NOOP_HAND_SPAN
  }
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
    misused(instance.logger, `startSpan: ${textOf(error)}: the span is counted as invalid_route`)
    return new Route(instance.core, null, NO_OPTIONS, false)
  }
}

/**
 * @param {any} options
 * @param {import('../options/logger').SafeLogger} logger
 * @returns {{ startNs: bigint | null }} null: now
 */
function startOf(options, logger) {
  const startMs = own(options, 'startMs') ?? undefined
  if (startMs === undefined) return { startNs: null }
  const startNs = nsOfMs(startMs)
  if (startNs === null || startNs < 0n) {
    const got = typeof startMs === 'number' ? `${startMs}` : typeName(startMs)
    misused(logger, `startSpan: startMs must be milliseconds since 1970, got ${got}: the span starts now`)
    return { startNs: null }
  }
  return { startNs }
}

/**
 * @param {import('../options/logger').SafeLogger} logger
 * @param {string} what
 */
function misused(logger, what) {
  logger.warnRarely(
    what,
    WARNING_INTERVAL_MS,
    warning('start_span', what, 'correct the call: see docs/api.md')
  )
}

/** @param {unknown} error of ours, which names no value; others' texts may hold anything */
function textOf(error) {
  return isObject(error) && `${own(error, 'code')}`.startsWith('SPANLANE_')
    ? /** @type {any} */ (error).message
    : 'what it was given could not be read'
}

module.exports = { startByHand }
