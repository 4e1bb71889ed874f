'use strict'

const http = require('node:http')
const https = require('node:https')

const { Connections } = require('./connections')
const { Exchange } = require('./exchange')
const { Gates } = require('./gates')
const { Ownership } = require('./owner')
const { Page } = require('./page/page')
const { Requests } = require('./requests')
const { FaultScript } = require('./script')
const { Waiters } = require('./waiters')

/**
 * @typedef {import('../../testing').Arrival} Arrival
 * @typedef {import('../../testing').Filter} Filter
 * @typedef {import('../../testing').Intake} Intake
 * @typedef {import('../../testing').IntakeOptions} IntakeOptions
 * @typedef {import('../../testing').Match} Match
 * @typedef {import('../../testing').Script} Script
 * @typedef {Filter | ((arrival: Arrival) => boolean)} Selection
 */

const MAX_RECORDED_EVENTS = 100_000
const MAX_RECORDED_BYTES = 256 * 1024 * 1024
/** Datadog documents 5 MB; clients are told to stay under 5,000,000 bytes. */
const MAX_BODY_BYTES = 5 * 1024 * 1024
/** Longer than clients keep idle connections, as behind a load balancer: the reuse race is then a test's choice. */
const KEEP_ALIVE_TIMEOUT_MS = 65_000
/** It takes anyone's data without asking who they are. */
const LOOPBACK = ['127.0.0.1', '::1', 'localhost']

/** @implements {Intake} */
class LocalIntake {
  #host
  #scheme
  #server
  #state
  /** Kept, because a closed server has forgotten it. */
  #port = 0
  /** @type {Promise<void> | null} */
  #closing = null

  /**
   * @param {IntakeOptions} options
   * @param {Page | null} page where what arrives is shown
   */
  constructor(options, page) {
    const { tls, maxRecordedEvents = MAX_RECORDED_EVENTS, maxRecordedBytes = MAX_RECORDED_BYTES } = options
    this.#host = options.host ?? LOOPBACK[0]
    this.#scheme = tls === undefined ? 'http' : 'https'
    this.#server = tls === undefined ? http.createServer() : https.createServer(tls)
    this.#server.keepAliveTimeout = options.keepAliveTimeoutMs ?? KEEP_ALIVE_TIMEOUT_MS
    const waiters = new Waiters()
    /** @type {import('./exchange').IntakeState} */
    this.#state = {
      script: new FaultScript(options.script),
      requests: new Requests(maxRecordedEvents, maxRecordedBytes),
      ownership: new Ownership(),
      gates: new Gates(waiters),
      waiters,
      connections: new Connections(this.#server),
      maxBodyBytes: options.maxBodyBytes ?? MAX_BODY_BYTES,
      keepBodies: options.keepBodies ?? false,
      page,
      log: options.log
    }
    this.#server.on('request', (message, response) => {
      // Decided first: what the page asks for is no arrival, and no script is asked about it.
      if (page?.takes(message)) void page.answer(message, response, this.#port)
      else if (Page.isReport(message)) Page.answerNone(message, response)
      else void new Exchange(this.#state, message, response).run()
    })
  }

  /**
   * The page that shows an intake of ours.
   *
   * @param {unknown} intake
   */
  static pageOf(intake) {
    return intake instanceof LocalIntake ? intake.#state.page : null
  }

  get requests() {
    return this.#state.requests.list
  }

  get violations() {
    return this.#state.requests.violations
  }

  get counts() {
    return this.#state.requests.counts
  }

  get port() {
    return this.#port
  }

  get url() {
    const host = this.#host.includes(':') ? `[${this.#host}]` : this.#host
    return `${this.#scheme}://${host}:${this.#port}`
  }

  /** @param {Selection} [filter] */
  spans(filter) {
    return this.#state.requests.select('spans', filter).map(({ event }) => event)
  }

  /** @param {Selection} [filter] */
  evaluations(filter) {
    return this.#state.requests.select('evaluations', filter).map(({ event }) => event)
  }

  /** @param {Selection} [filter] */
  arrivals(filter) {
    return this.#state.requests.select(null, filter)
  }

  tenants() {
    return this.#state.requests.tenants()
  }

  /**
   * @param {number | ((intake: Intake) => boolean)} condition
   * @param {import('../../testing').WaitOptions} [options]
   */
  waitFor(condition, options) {
    const isCount = typeof condition === 'number'
    const test = isCount
      ? () => this.counts.spans + this.counts.evaluations >= condition
      : () => condition(this)
    const what = isCount ? `${condition} events` : 'a condition'
    return this.#state.waiters.wait(test, what, options, () => this.#state.requests.describe())
  }

  /**
   * @param {string} owner
   * @param {{ key?: string, keyFingerprint?: string, site: string }} place
   */
  expectOwner(owner, place) {
    this.#state.ownership.declare(owner, place)
    this.#state.page?.store.declare(owner, place)
  }

  /** @param {Match} [match] */
  hold(match) {
    return this.#state.gates.hold(match)
  }

  /** @param {Script | null} script */
  setScript(script) {
    this.#state = { ...this.#state, script: new FaultScript(script) }
  }

  closeIdleConnections() {
    this.#server.closeIdleConnections()
  }

  reset() {
    const { gates, requests, page } = this.#state
    this.#state = {
      ...this.#state,
      script: new FaultScript(null),
      requests: requests.successor(),
      ownership: new Ownership()
    }
    gates.releaseAll()
    page?.store.clear()
    page?.store.declared.clear()
  }

  close() {
    this.#closing ??= new Promise(resolve => {
      const { waiters, connections, gates, page } = this.#state
      page?.detach(this)
      waiters.rejectAll('the intake was closed')
      this.#server.close(() => resolve())
      connections.destroyAll()
      gates.releaseAll()
    })
    return this.#closing
  }

  /**
   * @param {number} port
   * @returns {Promise<void>}
   */
  listen(port) {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(port, this.#host, () => {
        this.#server.off('error', reject)
        this.#port = /** @type {import('node:net').AddressInfo} */ (this.#server.address()).port
        this.#state.page?.attach(this)
        resolve()
      })
    })
  }
}

/**
 * @param {IntakeOptions} [options]
 * @returns {Promise<Intake>}
 */
async function startIntake(options = {}) {
  const { host = LOOPBACK[0], port = 0 } = options
  if (!LOOPBACK.includes(host))
    throw new RangeError(`host must be a loopback address: ${LOOPBACK.join(', ')}`)
  const intake = new LocalIntake(options, pageOf(options.page))
  await intake.listen(port)
  return intake
}

/**
 * @param {unknown} option `true`: one of its own; an intake: that one's
 * @returns {Page | null}
 */
function pageOf(option = false) {
  if (option === true) return new Page()
  if (option === false || option instanceof Page) return option || null
  const page = LocalIntake.pageOf(option)
  if (page === null) throw new TypeError('page must be true, false or an intake that was started with a page')
  return page
}

module.exports = { startIntake }
