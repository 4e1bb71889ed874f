'use strict'

const { AsyncLocalStorage } = require('node:async_hooks')
const net = require('node:net')
const { performance } = require('node:perf_hooks')
const { clearInterval, setInterval } = require('node:timers')

/** @typedef {import('../..').Counts} Counts */
/** @typedef {import('../..').Stats} Stats */

const PATH = '/spanlane/stats'
const REPORT_INTERVAL_MS = 1000
/** What did not change is said again so often: the page shows no process that has gone. */
const SAME_AGAIN_MS = 5000
/** After no answer: the intake may be started again. */
const SILENT_MS = 5000
/** After an answer that was no success: whoever listens there has no page. */
const REFUSED_MS = 60_000
const TIMEOUT_MS = 2000
const HTTP_PORT = '80'
/** Tenants with a row of their own, those that have something to say first. */
const ROWS_MAX = 100
/** Of an answer only the first line is read. */
const ANSWER_MAX_BYTES = 4096

/** A timer keeps the context it was made in. */
const outside = AsyncLocalStorage.snapshot()

/**
 * Tells the page of a local intake what this process holds and has dropped: the intake itself sees only what arrives. It
 * speaks plain HTTP to a loopback address, over a socket of its own: clients of HTTP are instrumented and mocked, and this
 * is no request of the application's. Nothing of it keeps the process alive, and nothing is thrown.
 */
class PageReport {
  #url
  #id
  #stats
  /** @type {NodeJS.Timeout | null} */
  #timer = null
  #isUnderWay = false
  /** No report before it. */
  #nextMs = 0
  #lastText = ''
  #lastSentMs = Number.NEGATIVE_INFINITY

  /**
   * @param {string} url of the intake, `http:` and loopback
   * @param {string} id tells the processes that report apart
   * @param {() => Stats} stats
   */
  constructor(url, id, stats) {
    this.#url = new URL(url)
    this.#id = id
    this.#stats = stats
  }

  /** Called after each submission. */
  wake() {
    if (this.#timer !== null) return
    this.#timer = outside(() => setInterval(() => this.#tick(), REPORT_INTERVAL_MS)).unref()
  }

  stop() {
    if (this.#timer !== null) clearInterval(this.#timer)
    this.#timer = null
  }

  #tick() {
    const now = performance.now()
    if (this.#isUnderWay || now < this.#nextMs) return
    try {
      const text = JSON.stringify({ client: this.#id, ...reportOf(this.#stats()) })
      if (text === this.#lastText && now - this.#lastSentMs < SAME_AGAIN_MS) return
      this.#isUnderWay = true
      this.#lastSentMs = now
      this.#lastText = text
      post(this.#url, text, status => this.#settled(status))
    } catch {
      // A process without sockets has no page to tell.
      this.#settled(null)
    }
  }

  /** @param {number | null} status null: there was no answer */
  #settled(status) {
    this.#isUnderWay = false
    if (status === 204) return
    this.#lastText = ''
    this.#nextMs = performance.now() + (status === null ? SILENT_MS : REFUSED_MS)
  }
}

/**
 * What the page is told: numbers, labels, sites and words. No key is in stats, and no content.
 *
 * @param {Stats} stats
 */
function reportOf({ total, unrouted, tenants, openSpans }) {
  const telling = tenants
    .map(tenant => ({ tenant, weight: tenant.held + tenant.dropped + tenant.rejected }))
    .sort((left, right) => right.weight - left.weight)
    .slice(0, ROWS_MAX)
  return {
    openSpans,
    total: countsOf(total),
    unrouted: countsOf(unrouted),
    tenants: telling.map(({ tenant }) => ({
      tenant: tenant.tenant,
      site: tenant.site,
      ...countsOf(tenant),
      lastError: tenant.lastError,
      parkedSinceMs: tenant.parkedSinceMs
    }))
  }
}

/** @param {Counts} counts */
function countsOf({ submitted, delivered, rejected, dropped, held, droppedByReason }) {
  return { submitted, delivered, rejected, dropped, held, droppedByReason }
}

/**
 * @param {URL} url
 * @param {string} text
 * @param {(status: number | null) => void} settled called once
 */
function post(url, text, settled) {
  const { hostname, host, port } = url
  const socket = net.connect({ host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || HTTP_PORT) })
  let answer = ''
  let isSettled = false
  const end = () => {
    socket.destroy()
    if (isSettled) return
    isSettled = true
    const [, status] = /^HTTP\/1\.1 (\d{3}) /.exec(answer) ?? []
    settled(status === undefined ? null : Number(status))
  }
  // A page of somebody else's in a browser cannot say this of itself.
  const head = [
    `POST ${PATH} HTTP/1.1`,
    `Host: ${host}`,
    `Origin: http://${host}`,
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(text)}`,
    'Connection: close'
  ]
  socket.unref()
  socket.setEncoding('latin1')
  socket.setTimeout(TIMEOUT_MS, end)
  socket.on('error', end)
  socket.on('close', end)
  socket.on('data', part => {
    answer += part
    if (answer.includes('\r\n') || answer.length > ANSWER_MAX_BYTES) end()
  })
  socket.write(`${head.join('\r\n')}\r\n\r\n${text}`)
}

module.exports = { PageReport }
