'use strict'

const { CODES, refused } = require('../errors')
const { isDisabledByEnv } = require('../options')
const { isObject, own } = require('../own')
const { withFlush } = require('../serverless')
const { annotate } = require('./annotate-call')
const { checkProcessor, checkStream, notSupported, rotationKey, timeoutOption } = require('./call-options')
const { decorate } = require('./decorate')
const {
  bindFunction,
  bindStream,
  enterAnnotation,
  enterRemote,
  enterRoute,
  injectActive
} = require('./enter')
const { exportSpan, spanOrActive } = require('./export')
const { later } = require('./later')
const { checkFunction, trace } = require('./trace')
const { wrap } = require('./wrap')

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

  /** For what joins it to another tracer. @param {LLMObs} llmobs @returns {Instance} the state behind it */
  static instanceOf(llmobs) {
    return llmobs.#current()
  }

  get enabled() {
    if (this.#instance !== null) return this.#instance.enabled
    return later.binding().native.available && !isDisabledByEnv()
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
    if (instance.enabled) return
    if (isDisabledByEnv()) return instance.logger.debug('enable() does nothing: DD_LLMOBS_ENABLED is false')
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
    annotate(this.#current(), span, options)
  }

  /**
   * @param {any} options
   * @param {any} fn
   */
  annotationContext(options, fn) {
    checkFunction('annotationContext', fn)
    return enterAnnotation(this.#current(), options, fn)
  }

  /** @param {any} [span] */
  exportSpan(span) {
    const instance = this.#current()
    return instance.enabled ? exportSpan(spanOrActive(instance, span)) : {}
  }

  /** @param {any} processor */
  registerProcessor(processor) {
    checkProcessor(processor, this.#processor)
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
    if (instance.enabled) later.metrics().submitEvaluation(instance, spanContext, options)
  }

  /** @param {any} [options] */
  submitFeedback(options) {
    const instance = this.#current()
    if (instance.enabled) later.metrics().submitFeedback(instance, options)
  }

  /**
   * @param {any} options
   * @param {any} fn
   */
  withRoutingContext(options, fn) {
    checkFunction('withRoutingContext', fn)
    return enterRoute(this.#current(), options, fn)
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
   * @returns {import('../routing').Route}
   */
  route(options, extra) {
    return this.#current().openRoute(options, extra)
  }

  /** @returns {import('../routing').Route | null} */
  currentRoute() {
    const instance = this.#current()
    const route = instance.storage.getStore()?.route ?? instance.routeOutside
    return route === null || route.handle === null ? null : route
  }

  /** @param {any} fn */
  bindRoutingContext(fn) {
    checkFunction('bindRoutingContext', fn)
    return bindFunction(this.#current(), fn)
  }

  /** @param {any} stream */
  bindStream(stream) {
    checkStream(stream)
    return bindStream(this.#current(), stream)
  }

  /** @param {any} carrier */
  inject(carrier) {
    injectActive(this.#current(), carrier)
  }

  /**
   * @param {any} carrier
   * @param {any} fn
   */
  extract(carrier, fn) {
    checkFunction('extract', fn)
    return enterRemote(this.#current(), carrier, fn)
  }

  /**
   * @param {any} tenant
   * @param {any} options
   * @returns {number}
   */
  rotate(tenant, options) {
    const ddApiKey = rotationKey(tenant, options)
    const { core } = this.#current()
    return core === null ? 0 : core.rotate(tenant, ddApiKey)
  }

  /** @param {any} route */
  async verifyRoute(route) {
    const instance = this.#current()
    return instance.verify(instance.openRoute(route))
  }

  /** @param {any} [options] */
  flush(options) {
    const timeoutMs = timeoutOption(options)
    const instance = this.#current()
    const given = isObject(options) ? own(options, 'route') : undefined
    const route = given === undefined ? null : instance.openRoute(given)
    return instance.flush(timeoutMs, route)
  }

  /**
   * @param {any} handler
   * @param {any} [options]
   */
  withFlush(handler, options) {
    return withFlush(handler, timeoutOption(options), timeoutMs => this.#current().flush(timeoutMs))
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
    this.#instance = later.open().openInstance(options, this.#isShared)
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

module.exports = { LLMObs }
