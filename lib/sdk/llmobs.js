'use strict'

const { CODES, misuse, refused } = require('../errors')

/** The files behind the calls: what a span needs with the first call, so that an import costs next to nothing. */
const load = () => {
  const { later } = require('../values/later')
  return {
    annotate: require('../annotate/annotate'),
    binding: require('../binding'),
    byHand: require('../trace/by-hand'),
    callOptions: require('./call-options'),
    decorate: later(() => require('../trace/decorate')),
    enter: require('../trace/enter'),
    evaluate: later(() => require('../evaluate/submit')),
    export: require('../trace/export'),
    open: require('./open'),
    options: require('../options/options'),
    own: require('../values/own'),
    serverless: later(() => require('../serverless')),
    span: require('../trace/span'),
    trace: require('../trace/trace'),
    warnings: require('../warnings'),
    wrap: later(() => require('../trace/wrap'))
  }
}

/** @type {ReturnType<typeof load> | null} */
let loaded = null

function files() {
  loaded ??= load()
  return loaded
}

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

  /** The same, where nothing is to be opened. @param {LLMObs} llmobs @returns {Instance | null} */
  static openedOf(llmobs) {
    return llmobs.#instance
  }

  get enabled() {
    if (this.#instance !== null) return this.#instance.enabled
    return files().binding.native.available && !files().options.isDisabledByEnv()
  }

  get experiments() {
    throw files().callOptions.notSupported('experiments')
  }

  get prompts() {
    throw files().callOptions.notSupported('prompts')
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
    if (files().options.isDisabledByEnv())
      return instance.logger.debug('enable() does nothing: DD_LLMOBS_ENABLED is false')
    if (instance.core === null) this.#open({ ...this.#options, ...options, enabled: true })
    else instance.enable(files().own.own(options, 'mlApp'))
  }

  disable() {
    this.#current().disable()
  }

  /**
   * @param {any} options
   * @param {any} [fn]
   */
  trace(options, fn) {
    if (typeof options === 'function') return files().trace.trace(this.#current(), {}, options)
    return files().trace.trace(this.#current(), options, fn)
  }

  /** @param {any} [options] */
  startSpan(options) {
    return files().byHand.startByHand(this.#current(), options)
  }

  /**
   * @param {any} options
   * @param {any} [fn]
   */
  wrap(options, fn) {
    const current = () => this.#current()
    const misuse = this.#instance?.misuse
    return typeof options === 'function'
      ? this.#unlessOff(() => files().wrap().wrap(current, {}, options, misuse), options)
      : this.#unlessOff(() => files().wrap().wrap(current, options, fn, misuse), fn)
  }

  /** @param {Record<string, any>} [options] */
  decorate(options = {}) {
    return files()
      .decorate()
      .decorate((options, fn) => this.wrap(options, fn), options)
  }

  /**
   * `annotate(options)` or `annotate(span, options)`.
   *
   * @param {any} span
   * @param {any} [options]
   */
  annotate(span, options) {
    const instance = this.#current()
    if (!instance.enabled) return
    try {
      const isLeftOut = span && !options && !files().span.Span.is(span)
      const given = isLeftOut ? span : options
      const annotated = files().export.spanOrActive(instance, isLeftOut ? undefined : span)
      if (!given) throw misuse(CODES.INVALID_ANNOTATION, 'No options provided for annotation.')
      if (annotated.finished) throw refused(CODES.SPAN_FINISHED, 'Cannot annotate a finished span')
      files().annotate.annotateSpan(annotated, given, instance.misuse)
    } catch (error) {
      instance.misuse.caught(error, CODES.INVALID_ANNOTATION)
    }
  }

  /**
   * @param {any} options
   * @param {any} fn
   */
  annotationContext(options, fn) {
    files().trace.checkFunction('annotationContext', fn)
    return files().enter.enterAnnotation(this.#current(), options, fn)
  }

  /** @param {any} [span] */
  exportSpan(span) {
    const instance = this.#current()
    if (!instance.enabled) return {}
    try {
      return files().export.exportSpan(files().export.spanOrActive(instance, span))
    } catch (error) {
      instance.misuse.caught(error, CODES.INVALID_SPAN)
      return {}
    }
  }

  /** @param {any} processor */
  registerProcessor(processor) {
    this.#unlessOff(() => {
      files().callOptions.checkProcessor(processor, this.#processor)
      this.#setProcessor(processor)
    })
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
    if (!instance.enabled) return
    try {
      files().evaluate().submitEvaluation(instance, spanContext, options)
    } catch (error) {
      instance.misuse.caught(error, CODES.INVALID_EVALUATION)
    }
  }

  /** @param {any} [options] */
  submitFeedback(options) {
    const instance = this.#current()
    if (!instance.enabled) return
    try {
      files().evaluate().submitFeedback(instance, options)
    } catch (error) {
      instance.misuse.caught(error, CODES.INVALID_FEEDBACK)
    }
  }

  /**
   * @param {any} options
   * @param {any} fn
   */
  withRoutingContext(options, fn) {
    files().trace.checkFunction('withRoutingContext', fn)
    return files().enter.enterRoute(this.#current(), options, fn)
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
    return this.#current().openRoute(options, extra)
  }

  /** @returns {Route | null} */
  currentRoute() {
    const instance = this.#current()
    const route = instance.storage.getStore()?.route ?? instance.outside.route
    return route === null || route.isRefused ? null : route
  }

  /** @param {any} fn */
  bindRoutingContext(fn) {
    return this.#unlessOff(() => {
      files().trace.checkFunction('bindRoutingContext', fn)
      return files().enter.bindFunction(this.#current(), fn)
    }, fn)
  }

  /** @param {any} stream */
  bindStream(stream) {
    return this.#unlessOff(() => {
      files().callOptions.checkStream(stream)
      return files().enter.bindStream(this.#current(), stream)
    }, stream)
  }

  /** @param {any} carrier */
  inject(carrier) {
    files().enter.injectActive(this.#current(), carrier)
  }

  /**
   * @param {any} carrier
   * @param {any} fn
   */
  extract(carrier, fn) {
    files().trace.checkFunction('extract', fn)
    return files().enter.enterRemote(this.#current(), carrier, fn)
  }

  /**
   * @param {any} tenant
   * @param {any} options
   * @returns {number}
   */
  rotate(tenant, options) {
    return this.#unlessOff(() => {
      const ddApiKey = files().callOptions.rotationKey(tenant, options)
      const { core } = this.#current()
      return core === null ? 0 : core.rotate(tenant, ddApiKey)
    }, 0)
  }

  /** @param {any} route */
  async verifyRoute(route) {
    const instance = this.#current()
    return instance.verify(instance.findRoute(route))
  }

  /** @param {any} [options] */
  flush(options) {
    const timeoutMs = this.#timeoutMs(options)
    const instance = this.#current()
    const given = files().own.isObject(options) ? files().own.own(options, 'route') : null
    const route = given === undefined || given === null ? null : instance.findRoute(given)
    return instance.flush(timeoutMs, route, files().callOptions.tenantsOption(options))
  }

  /**
   * @param {any} handler
   * @param {any} [options]
   */
  withFlush(handler, options) {
    return this.#unlessOff(() => {
      const timeoutMs = files().callOptions.timeoutOption(options)
      return files()
        .serverless()
        .withFlush(handler, timeoutMs, timeoutMs => this.#current().flush(timeoutMs))
    }, handler)
  }

  /** @param {any} [options] */
  shutdown(options) {
    const timeoutMs = this.#timeoutMs(options)
    return this.#current().shutdown(timeoutMs)
  }

  stats() {
    return this.#current().stats()
  }

  /** @param {any} [options] */
  openMetrics(options) {
    const tenantsMax = this.#unlessOff(() => files().callOptions.tenantsMaxOption(options), 0)
    return this.#current().openMetrics(tenantsMax)
  }

  /**
   * While nothing is recorded nothing is judged: what would have been refused passes through.
   *
   * @template T
   * @param {() => T} call
   * @param {any} [instead] what it returns where it would have refused
   * @returns {T}
   */
  #unlessOff(call, instead) {
    try {
      return call()
    } catch (error) {
      if (this.enabled) throw error
      return instead
    }
  }

  /** @param {any} options @returns {number} */
  #timeoutMs(options) {
    const { FLUSH_TIMEOUT_MS, timeoutOption } = files().callOptions
    return this.#unlessOff(() => timeoutOption(options), FLUSH_TIMEOUT_MS)
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
      const what = `${/** @type {Error} */ (error).message}: LLM Observability is disabled`
      const { warning } = files().warnings
      instance.logger.warn(warning('wrong_environment', what, 'correct it, or call init with options'))
      return instance
    }
  }

  /** @param {Record<string, any> | undefined} options */
  #open(options) {
    this.#instance = files().open.openInstance(options, this.#isShared)
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
