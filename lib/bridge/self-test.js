'use strict'

const { changed } = require('./dd-trace-copy')
const { RouteToken } = require('./route-token')

const NAME = 'spanlane.self-test'
const NO_ID = '0'

/**
 * Sends one span and one evaluation through dd-trace and takes them back before they leave: what reaches the
 * bridge today is what tenants' data does. Run once, in the first routing context.
 */
class SelfTest {
  #peer
  #enter
  /** @type {RouteToken | null} while it runs */
  #token = null
  /** @type {Set<string>} */
  #arrived = new Set()
  /** @type {any} of dd-trace */
  #span = null
  #submitEvaluation

  /**
   * @param {import('./dd-trace-copy').Peer} peer
   * @param {(llmobs: any, token: RouteToken, fn: () => unknown) => unknown} enter
   * @param {(this: any, span: object, options: object) => unknown} submitEvaluation dd-trace's own
   */
  constructor(peer, enter, submitEvaluation) {
    this.#peer = peer
    this.#enter = enter
    this.#submitEvaluation = submitEvaluation
  }

  /**
   * @param {any} routing what a writer of dd-trace was given
   * @param {string} what
   * @param {any} finishing the span that was seen to finish
   * @returns {boolean} true: the event is the test's, and ends here
   */
  takes(routing, what, finishing) {
    if (this.#token === null || RouteToken.read(routing?.apiKey) !== this.#token) return false
    if (what !== 'span' || (finishing !== null && finishing === this.#span)) this.#arrived.add(what)
    return true
  }

  /**
   * @param {any} llmobs of dd-trace
   * @throws {import('../errors').SpanlaneError} `SPANLANE_UNSUPPORTED_DD_TRACE`
   */
  run(llmobs) {
    this.#token = RouteToken.lost('internal_error')
    this.#arrived.clear()
    try {
      this.#enter(llmobs, this.#token, () => {
        this.#finishSpan(llmobs)
        this.#submitEvaluation.call(
          llmobs,
          { traceId: NO_ID, spanId: NO_ID },
          { label: 'spanlane_self_test', metricType: 'score', value: 1, mlApp: NAME }
        )
      })
    } catch (error) {
      throw changed(this.#peer.version, `a test span failed with "${/** @type {Error} */ (error).message}"`)
    } finally {
      this.#token = null
      this.#span = null
    }
    for (const what of ['span', 'evaluation']) {
      if (!this.#arrived.has(what)) throw changed(this.#peer.version, `a test ${what} did not arrive`)
    }
  }

  /**
   * The APM span is not recorded, and is in a trace of its own. The application's processor does not see it.
   *
   * @param {any} llmobs of dd-trace
   */
  #finishSpan(llmobs) {
    const { prototype } = this.#peer.Processor
    const { format } = prototype
    prototype.format = () => ({ name: NAME, meta: {} })
    try {
      llmobs.trace({ kind: 'task', name: NAME, mlApp: NAME, childOf: null }, (/** @type {any} */ span) => {
        this.#span = span
        span.context()._trace.record = false
      })
    } finally {
      prototype.format = format
    }
  }
}

module.exports = { SelfTest }
