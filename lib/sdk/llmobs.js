'use strict'

const { native } = require('../binding')
const { CODES, misuse, outOfRange, refused } = require('../errors')
const { isDisabledByEnv } = require('../options')
const { isObject, own, typeName } = require('../own')
const { NO_OPTIONS, Route } = require('../routing')
const { annotateSpan } = require('./annotate')
const { Annotation } = require('./annotation-context')
const { ROOT_STORE, Store } = require('./context')
const { decorate } = require('./decorate')
const { exportSpan, spanOrActive } = require('./export')
const { openInstance } = require('./instance')
const { extract, inject } = require('./propagation')
const { Span } = require('./span')
const { bindToStore } = require('./streams')
const { submitEvaluation, submitFeedback } = require('./submit-metric')
const { checkFunction, trace } = require('./trace')
const { wrap } = require('./wrap')

const FLUSH_TIMEOUT_MS = 5000
const TIMEOUT_MS_MAX = 86_400_000

/** @typedef {import('./instance').Instance} Instance */

/** The object users call. It opens its instance at first use, from the environment alone if `init` was not called. */
class LLMObs {
  /** @type {Instance | null} */
  #instance = null
  #isShared
  /** What `init` got, without the key: `enable` opens the instance again with it. @type {Record<string, any>} */
  #options = {}
  /** @type {((span: any) => any) | null} */
  #processor = null

  /** @param {boolean} isShared whether it uses the process's core */
  constructor(isShared) {
    this.#isShared = isShared
  }

  get enabled() {
    if (this.#instance !== null) return this.#instance.enabled
    return native.available && !isDisabledByEnv()
  }

  get experiments() {
    throw notSupported('experiments')
  }

  get prompts() {
    throw notSupported('prompts')
  }

  /** @param {Record<string, any>} [options] */
  init(options) {
    if (this.#instance === null) {
      this.#open(options)
    } else if (this.#instance.hasEnded) {
      throw refused(CODES.SHUT_DOWN, 'init after shutdown')
    } else if (!this.#instance.wasOpenedWith(options)) {
      throw refused(
        CODES.ALREADY_INITIALIZED,
        'llmobs is already initialized with other options; call init before anything else, or use createLLMObs'
      )
    }
    return this
  }

  /** @param {Record<string, any>} [options] */
  enable(options = {}) {
    const instance = this.#current()
    if (instance.enabled || isDisabledByEnv()) return
    if (instance.core === null) this.#open({ ...this.#options, ...options, enabled: true })
    else instance.enable(own(options, 'mlApp'))
  }

  disable() {
    this.#current().disable()
  }

  /**
   * @param {any} options
   * @param {any} [fn]
   */
  trace(options, fn) {
    if (typeof options === 'function') return trace(this.#current(), {}, options)
    return trace(this.#current(), options, fn)
  }

  /**
   * @param {any} options
   * @param {any} [fn]
   */
  wrap(options, fn) {
    const current = () => this.#current()
    return typeof options === 'function' ? wrap(current, {}, options) : wrap(current, options, fn)
  }

  /** @param {Record<string, any>} [options] */
  decorate(options = {}) {
    return decorate((options, fn) => this.wrap(options, fn), options)
  }

  /**
   * @param {any} span
   * @param {any} [options]
   */
  annotate(span, options) {
    const instance = this.#current()
    if (!instance.enabled) return
    if (span && !options && !(span instanceof Span)) {
      options = span
      span = undefined
    }
    const annotated = spanOrActive(instance, span)
    if (!options) throw misuse(CODES.INVALID_ANNOTATION, 'No options provided for annotation.')
    if (annotated.finished) throw refused(CODES.SPAN_FINISHED, 'Cannot annotate a finished span')
    annotateSpan(annotated, options, instance.logger)
  }

  /**
   * @param {any} options
   * @param {any} fn
   */
  annotationContext(options, fn) {
    checkFunction('annotationContext', fn)
    const instance = this.#current()
    if (!instance.enabled) return fn()
    const { route, span, annotation, remote } = instance.storage.getStore() ?? ROOT_STORE
    const inner = new Annotation(annotation, options, instance.logger)
    return instance.storage.run(new Store(route, span, inner, remote), fn)
  }

  /** @param {any} [span] */
  exportSpan(span) {
    const instance = this.#current()
    return instance.enabled ? exportSpan(spanOrActive(instance, span)) : {}
  }

  /** @param {any} processor */
  registerProcessor(processor) {
    if (typeof processor !== 'function') {
      throw misuse(CODES.INVALID_CALLBACK, `a span processor must be a function, got ${typeName(processor)}`)
    }
    if (this.#processor !== null) {
      throw refused(
        CODES.PROCESSOR_REGISTERED,
        '[LLMObs] Only one user span processor can be registered. ' +
          'To register a new processor, deregister the existing processor first using `llmobs.deregisterProcessor()`.'
      )
    }
    this.#setProcessor(processor)
  }

  deregisterProcessor() {
    this.#setProcessor(null)
  }

  /**
   * @param {any} spanContext
   * @param {any} [options]
   */
  submitEvaluation(spanContext, options) {
    const instance = this.#current()
    if (instance.enabled) submitEvaluation(instance, spanContext, options)
  }

  /** @param {any} [options] */
  submitFeedback(options) {
    const instance = this.#current()
    if (instance.enabled) submitFeedback(instance, options)
  }

  /**
   * @param {any} options
   * @param {any} fn
   */
  withRoutingContext(options, fn) {
    checkFunction('withRoutingContext', fn)
    const instance = this.#current()
    if (!instance.enabled) return fn()
    const route = instance.routeForContext(options)
    const { span, annotation, remote } = instance.storage.getStore() ?? ROOT_STORE
    return instance.storage.run(new Store(route, span, annotation, remote), fn)
  }

  /**
   * dd-trace's name for the same.
   *
   * @param {any} options
   * @param {any} fn
   */
  routingContext(options, fn) {
    return this.withRoutingContext(options, fn)
  }

  /**
   * @param {any} options
   * @param {any} [extra]
   * @returns {Route}
   */
  route(options, extra) {
    const instance = this.#current()
    return instance.core === null
      ? new Route(null, null, NO_OPTIONS, false)
      : instance.openRoute(options, extra)
  }

  /** @returns {Route | null} */
  currentRoute() {
    const instance = this.#current()
    const route = instance.storage.getStore()?.route ?? instance.routeOutside
    return route === null || route.handle === null ? null : route
  }

  /** @param {any} fn */
  bindRoutingContext(fn) {
    checkFunction('bindRoutingContext', fn)
    const instance = this.#current()
    const store = instance.storage.getStore() ?? ROOT_STORE
    /** @this {unknown} */
    return function bound(/** @type {unknown[]} */ ...args) {
      return instance.storage.run(store, () => fn.apply(this, args))
    }
  }

  /** @param {any} stream */
  bindStream(stream) {
    if (!isObject(stream)) {
      throw misuse(
        CODES.INVALID_CALLBACK,
        `bindStream needs an iterable or a stream, got ${typeName(stream)}`
      )
    }
    const instance = this.#current()
    return bindToStore(instance, instance.storage.getStore() ?? ROOT_STORE, stream)
  }

  /** @param {any} carrier */
  inject(carrier) {
    const instance = this.#current()
    if (!instance.enabled) return
    const { span, remote } = instance.storage.getStore() ?? ROOT_STORE
    if (inject(span, remote, carrier, instance.config.tagsHeaderChars)) return
    instance.logger.warnRarely(
      'inject',
      60_000,
      'x-datadog-tags would be too long; the trace context is not passed on'
    )
  }

  /**
   * @param {any} carrier
   * @param {any} fn
   */
  extract(carrier, fn) {
    checkFunction('extract', fn)
    const instance = this.#current()
    if (!instance.enabled) return fn()
    const remote = extract(carrier, instance.config.tagsHeaderChars)
    if (remote === null) return fn()
    const { route, annotation } = instance.storage.getStore() ?? ROOT_STORE
    return instance.storage.run(new Store(route, null, annotation, remote), fn)
  }

  /**
   * @param {any} tenant
   * @param {any} options
   * @returns {number}
   */
  rotate(tenant, options) {
    const ddApiKey = isObject(options) ? own(options, 'ddApiKey') : undefined
    if (typeof tenant !== 'string') {
      throw misuse(CODES.INVALID_TENANT, `rotate needs a tenant's label, got ${typeName(tenant)}`)
    }
    if (typeof ddApiKey !== 'string') {
      throw misuse(CODES.INVALID_API_KEY, `rotate needs { ddApiKey }: a string, got ${typeName(ddApiKey)}`)
    }
    const { core } = this.#current()
    return core === null ? 0 : core.rotate(tenant, ddApiKey)
  }

  /** @param {any} route */
  async verifyRoute(route) {
    const instance = this.#current()
    if (instance.core === null) return { ok: false, status: null, reason: 'disabled' }
    const { ok, status, reason } = await instance.verify(instance.openRoute(route))
    return { ok, status: status ?? null, reason: reason ?? null }
  }

  /** @param {any} [options] */
  flush(options) {
    const timeoutMs = timeoutOption(options)
    const instance = this.#current()
    const given = isObject(options) ? own(options, 'route') : undefined
    const route = given === undefined || instance.core === null ? null : instance.openRoute(given)
    return instance.flush(timeoutMs, route)
  }

  /** @param {any} [options] */
  shutdown(options) {
    const timeoutMs = timeoutOption(options)
    return this.#current().shutdown(timeoutMs)
  }

  stats() {
    return this.#current().stats()
  }

  /** @returns {Instance} */
  #current() {
    return this.#instance ?? this.#openFromEnvironment()
  }

  /** Nobody called `init`: what is wrong now is not the caller's mistake, and must not reach it. */
  #openFromEnvironment() {
    try {
      return this.#open(undefined)
    } catch (error) {
      const instance = this.#open({ enabled: false })
      instance.logger.warn(`${/** @type {Error} */ (error).message}; LLM Observability is disabled`)
      return instance
    }
  }

  /** @param {Record<string, any> | undefined} options */
  #open(options) {
    this.#instance = openInstance(options, this.#isShared)
    this.#instance.processor = this.#processor
    this.#options = { ...options }
    delete this.#options.apiKey
    return this.#instance
  }

  /** @param {((span: any) => any) | null} processor */
  #setProcessor(processor) {
    this.#processor = processor
    if (this.#instance !== null) this.#instance.processor = processor
  }
}

/**
 * @param {any} options
 * @returns {number}
 */
function timeoutOption(options) {
  if (options === undefined) return FLUSH_TIMEOUT_MS
  if (!isObject(options))
    throw misuse(CODES.INVALID_OPTION, `options must be an object, got ${typeName(options)}`)
  const timeoutMs = own(options, 'timeoutMs')
  if (timeoutMs === undefined) return FLUSH_TIMEOUT_MS
  if (typeof timeoutMs !== 'number') {
    throw misuse(
      CODES.INVALID_OPTION,
      `option "timeoutMs" must be a number of milliseconds, got ${typeName(timeoutMs)}`
    )
  }
  if (timeoutMs >= 0 && timeoutMs <= TIMEOUT_MS_MAX) return timeoutMs
  throw outOfRange(
    CODES.INVALID_OPTION,
    `option "timeoutMs" must be from 0 to ${TIMEOUT_MS_MAX}, got ${timeoutMs}`
  )
}

/** @param {string} member */
function notSupported(member) {
  return refused(
    CODES.NOT_SUPPORTED,
    `llmobs.${member} is no telemetry and not part of spanlane: use tracer.llmobs.${member} of dd-trace`
  )
}

module.exports = { LLMObs }
