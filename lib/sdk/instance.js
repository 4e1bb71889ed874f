'use strict'

const { AsyncLocalStorage } = require('node:async_hooks')
const { isMainThread } = require('node:worker_threads')
const { CODES, refused } = require('../errors')
const { Misuse } = require('../misuse')
const { drainAtExit, forgetAtExit, keepAlive } = require('../exit')
const { fingerprintOf, givesNone, resolveOptions } = require('../options/options')
const { OutcomeFeed } = require('../outcomes')
const { NO_OPTIONS, Route, RouteOpener } = require('../routing/routing')
const { openDefaultRoute } = require('../routing/default-route')
const { OutsideContexts } = require('../routing/outside')
const { emptyReport, emptyStats, openSpansText, sumReports } = require('../report-text')
const { Sampler } = require('../routing/sampling')
const { Submission } = require('../event/submission')
const { labelOf } = require('../values/labels')
const { later } = require('../values/later')
const { NativePromise } = require('../values/native-promise')
const { keepShapes } = require('./kept-shapes')
const { version } = require('../../package.json')
const { warning } = require('../warnings')

/** @typedef {import('../..').FlushReport} FlushReport */

const serverless = later(() => require('../serverless'))

/**
 * Node 20 keeps every storage that was ever entered, and each costs every later `await` of the process 0.3 us. Not
 * at shutdown: who is still inside a context then must find it.
 *
 * @type {FinalizationRegistry<AsyncLocalStorage<Store>>}
 */
const forgotten = new FinalizationRegistry(storage => storage.disable())

/** How long a Vercel function is asked to stay for what a request submitted. */
const REQUEST_FLUSH_MS = 5000
/** Instances with a core of their own that tell a page of it. */
let reporters = 0

/** The state behind one LLMObs object: its options, its core, its context, its default route. */
class Instance {
  /** @type {'open' | 'ended'} */
  #state = 'open'
  /** @type {Promise<FlushReport> | null} */
  #ending = null
  #submission = new Submission(this)
  /** How many spans had begun to wait for asynchronous processors when they were last waited for. */
  #waitedFor = 0
  /** @type {OutcomeFeed | null} */
  #feed = null
  /** Which tenants have series of their own. @type {import('../metrics/places').Places | null} */
  #places = null
  /** Where a local intake may show a page. @type {import('../metrics/page-report').PageReport | null} */
  #pageReport = null
  /** On Vercel only. @type {import('../serverless').RequestFlush | null} */
  #requestFlush = null
  /** @type {string} what it was opened with, to know a second `init` with the same */
  #fingerprint
  /** @type {RouteOpener} */
  #opener

  /**
   * @param {ResolvedOptions} config
   * @param {any} core null: nothing is recorded
   * @param {Route | null} defaultRoute
   * @param {boolean} isShared
   * @param {string} [fingerprint] what its core was opened with
   */
  constructor(config, core, defaultRoute, isShared, fingerprint = fingerprintOf(config)) {
    const { settings, ...kept } = config
    // Without the settings: the core has them, and the list of roots is large.
    this.config = kept
    /** @type {import('../binding').Core} null, too, where nothing is recorded */
    this.core = core
    this.isShared = isShared
    this.logger = config.logger
    this.misuse = new Misuse(config.onMisuse, config.logger)
    this.defaultRoute = defaultRoute
    this.outside = new OutsideContexts(core, defaultRoute, config)
    this.enabled = core !== null
    this.sampler = new Sampler(config.sampleRate)
    /** @type {AsyncLocalStorage<Store>} */
    this.storage = new AsyncLocalStorage()
    forgotten.register(this, this.storage)
    /**
     * While a bridge is attached: the routes of the bridged tracer's present context. Null: there is none; a null among
     * them: it was lost.
     *
     * @type {(() => (Route | null)[] | null) | null}
     */
    this.bridgedRoutes = null
    /** Spans that the bridged tracer has begun. */
    this.bridgedSpans = 0
    /**
     * While somebody follows a library that has contexts of its own: the span that its present context is in, where that is
     * nearer than the given one. Never throws.
     *
     * @type {((span: Span | null) => Span | null) | null}
     */
    this.innerSpan = null
    /** Spans started and not finished. */
    this.openSpans = 0
    this.#fingerprint = fingerprint
    this.#opener = new RouteOpener(core, config.site, defaultRoute, this.misuse)
    if (core === null) return
    this.#feed = new OutcomeFeed(core, config.logger)
    if (config.logger.isStandard) core.tellLosses()
    if (config.platform === 'vercel')
      this.#requestFlush = new (serverless().RequestFlush)(() => this.flush(REQUEST_FLUSH_MS))
    if (config.pageUrl !== null) this.#pageReport = this.#reportTo(config.pageUrl)
    drainAtExit(this)
    keepShapes(this)
  }

  get exitTimeoutMs() {
    return this.config.exitTimeoutMs
  }

  get drainOnSignals() {
    return this.config.drainOnSignals
  }

  /** @returns {boolean} */
  get hasEnded() {
    return this.#state === 'ended'
  }

  /** @returns {((span: any) => any) | null} */
  get processor() {
    return this.#submission.processor
  }

  set processor(processor) {
    this.#submission.processor = processor
  }

  /**
   * @param {unknown} input
   * @param {{ processor?: unknown }} [extra]
   * @returns {Route}
   */
  openRoute(input, extra) {
    this.outside.noteRouting()
    return this.findRoute(input, extra)
  }

  /**
   * The same, for a question about a route that is no sign of tenants.
   *
   * @param {unknown} input
   * @param {{ processor?: unknown }} [extra]
   * @returns {Route}
   */
  findRoute(input, extra) {
    try {
      if (this.core !== null) return this.#opener.open(input, extra)
    } catch (error) {
      if (this.enabled) throw error
    }
    return new Route(this.core, null, NO_OPTIONS, false)
  }

  /**
   * The route of a context. With `onInvalidRoute: 'drop'` a wrong one is not the caller's problem: its spans
   * are counted and go nowhere.
   *
   * @param {unknown} input
   * @returns {Route}
   */
  routeForContext(input) {
    if (this.config.onInvalidRoute === 'throw') return this.#routeAgain(input)
    try {
      return this.#routeAgain(input)
    } catch (error) {
      const { code, message } = /** @type {Error & { code?: string }} */ (error)
      if (code === undefined) throw error
      const what = `spans of an invalid route are dropped: ${message}`
      this.logger.warnRarely(code, 60_000, warning('invalid_route', what, 'correct the route'))
      return new Route(this.core, null, NO_OPTIONS, false)
    }
  }

  /** @param {unknown} input */
  #routeAgain(input) {
    if (this.core === null) return this.openRoute(input)
    this.outside.noteRouting()
    return this.#opener.openAgain(input)
  }

  /**
   * @param {string} reference
   * @returns {Route | null}
   */
  routeOfReference(reference) {
    return this.#opener.find(reference)
  }

  /** @param {unknown} mlApp */
  enable(mlApp) {
    if (this.#state === 'ended') return
    this.enabled = true
    this.config.mlApp = labelOf(mlApp) ?? this.config.mlApp
  }

  /** Nothing new is recorded; what was is sent. */
  disable() {
    if (!this.enabled) return
    this.enabled = false
    handled(this.core.flush(this.config.exitTimeoutMs, null))
  }

  /** @param {Route} route */
  async verify(route) {
    if (this.core === null || route.isRefused) return { ok: false, status: null, reason: 'disabled' }
    return keepAlive(this.core.verifyRoute(route.laneId))
  }

  /** @param {Span} span finished */
  submitSpan(span) {
    this.#submission.submit(span)
    this.#submitted()
  }

  /**
   * @param {Route | null} route
   * @param {Record<string, unknown>} metric of the evaluation intake
   * @returns {boolean} false: it goes nowhere, and is counted
   */
  submitMetric(route, metric) {
    const isTaken = this.#submission.submitMetric(route, metric)
    this.#submitted()
    return isTaken
  }

  /**
   * Counts an event that has nowhere to go.
   *
   * @param {import('../binding').Reason} reason
   */
  drop(reason) {
    this.core.drop(null, reason, 1)
    this.#submitted()
  }

  /**
   * A span fell before it had a lane: who tells of it can name it.
   *
   * @param {string} reason
   * @param {Route | null} route
   * @param {Span | null} span
   */
  lost(reason, route, span) {
    if (span !== null) this.#feed?.nameLost(reason, route?.tenant, span)
  }

  #submitted() {
    this.#feed?.wake()
    this.#pageReport?.wake()
    this.#requestFlush?.submitted()
  }

  /** @param {string} url */
  #reportTo(url) {
    const { PageReport } = require('../metrics/page-report')
    // Threads that share a core say the same.
    const id = this.isShared ? `${process.pid}` : `${process.pid}.${++reporters}`
    return new PageReport(url, id, () => this.stats())
  }

  /** @returns {number} events not settled yet */
  held() {
    return this.core.held() + this.#submission.waiting
  }

  /**
   * @param {number} timeoutMs
   * @param {Route | null} [route]
   * @param {boolean} [rows] whether the report has a row for each tenant
   * @returns {Promise<FlushReport>}
   */
  flush(timeoutMs, route = null, rows = true) {
    if (this.#state === 'ended') return handled(NativePromise.reject(endedError('flush')))
    if (this.core === null) return NativePromise.resolve(emptyReport())
    return handled(keepAlive(this.#flush(timeoutMs, route, rows)))
  }

  /**
   * Ends this thread's use. The shared core goes on while the process has other users of it.
   *
   * @param {number} timeoutMs
   * @returns {Promise<FlushReport>}
   */
  shutdown(timeoutMs) {
    this.#ending ??= handled(keepAlive(this.#end(timeoutMs)))
    return this.#ending
  }

  /** @returns {boolean} whether an end of the process would wait for nothing: what is left was waited for in vain */
  isDecided() {
    const { waiting, begun } = this.#submission
    return (waiting === 0 || begun === this.#waitedFor) && this.core.isDecided()
  }

  /**
   * Resolves when what is held is settled or cannot be, or after the time.
   *
   * @param {number} timeoutMs
   */
  async drained(timeoutMs) {
    await this.#withProcessors(timeoutMs, remainingMs => this.core.drained(remainingMs, false))
    this.#waitedFor = this.#submission.begun
    this.#feed?.read()
  }

  /**
   * @param {number} timeoutMs
   * @param {boolean} anew also for what was waited for in vain before
   */
  beginDrain(timeoutMs, anew) {
    this.core.beginDrain(timeoutMs, anew)
  }

  /**
   * Blocks this thread until what is held is settled or cannot be, and says what is lost.
   *
   * @param {number} timeoutMs
   */
  drain(timeoutMs) {
    const { tenants } = this.core.drain(timeoutMs)
    this.#feed?.end()
    // What a worker leaves is still being delivered: its end is not the process's.
    if (isMainThread) this.#feed?.tellLost(tenants)
  }

  /** What waits for an asynchronous processor cannot go on once the event loop has stopped. */
  abandonWaiting() {
    this.#submission.abandon()
    // A process that holds nothing is not waited for, and may have lost something all the same.
    if (this.core.held() === 0) this.#feed?.end()
    if (this.openSpans === 0) return
    const cure = 'end them: finish(), done, or the rest of the stream'
    this.logger.warn(warning('open_spans', openSpansText(this.openSpans), cure))
  }

  stats() {
    const here = { openSpans: this.openSpans, misuse: this.misuse.counts }
    return this.core === null ? emptyStats(here) : this.core.stats(here)
  }

  /**
   * @param {number} tenantsMax
   * @returns {string}
   */
  openMetrics(tenantsMax) {
    const { Places } = require('../metrics/places')
    const { metricsText } = require('../metrics/text')
    this.#places ??= new Places()
    const stats = this.stats()
    return metricsText(stats, this.#places.assign(stats, tenantsMax), version)
  }

  /**
   * @param {Record<string, any> | undefined} options
   * @returns {boolean} whether it would be the same instance with these options
   */
  wasOpenedWith(options) {
    if (givesNone(options)) return true
    const config = resolveOptions(options)
    if (fingerprintOf(config) !== this.#fingerprint) return false
    if (this.core === null) return true
    const route = openDefaultRoute(this.core, config, options)
    if (route === null || this.defaultRoute === null) return route === this.defaultRoute
    // The same lane has the same reference; the key itself is not kept for a comparison.
    return this.core.exportRoute(route.laneId) === this.core.exportRoute(this.defaultRoute.laneId)
  }

  /**
   * @param {number} timeoutMs
   * @param {Route | null} route
   * @param {boolean} rows
   * @returns {Promise<FlushReport>}
   */
  async #flush(timeoutMs, route, rows) {
    const lanes =
      route === null
        ? [null]
        : (route.targets ?? [route]).map(target => (target.isRefused ? null : target.laneId))
    const reports = await this.#withProcessors(timeoutMs, remainingMs =>
      NativePromise.all(lanes.map(lane => this.core.flush(remainingMs, lane, rows)))
    )
    this.#feed?.read()
    const report = sumReports(reports)
    report.pending += route === null ? this.#submission.waiting : 0
    return report
  }

  /**
   * Waits for asynchronous processors first, and then as `wait` does, for what is left of the time.
   *
   * @template T
   * @param {number} timeoutMs
   * @param {(remainingMs: number) => Promise<T>} wait
   * @returns {Promise<T>}
   */
  async #withProcessors(timeoutMs, wait) {
    return wait(this.#submission.waiting > 0 ? await this.#submission.settle(timeoutMs) : timeoutMs)
  }

  /** @param {number} timeoutMs */
  async #end(timeoutMs) {
    this.#state = 'ended'
    if (this.core === null) return emptyReport()
    // A worker ends its own use; the core goes on for the threads that share it.
    const isBorrowed = this.isShared && !isMainThread
    const report = await this.#withProcessors(timeoutMs, remainingMs =>
      isBorrowed ? this.core.flush(remainingMs, null) : this.core.shutdown(remainingMs)
    )
    if (isBorrowed) this.enabled = false
    forgetAtExit(this)
    this.#feed?.end()
    this.#feed?.stop()
    this.#pageReport?.stop()
    return report
  }
}

/**
 * Callers may ignore the report; an ignored rejection must not end their process.
 *
 * @template T
 * @param {Promise<T>} promise
 * @returns {Promise<T>}
 */
function handled(promise) {
  promise.catch(() => {})
  return promise
}

/** @param {string} what */
function endedError(what) {
  return refused(CODES.SHUT_DOWN, `${what} after shutdown`)
}

module.exports = { Instance }
