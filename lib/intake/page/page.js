'use strict'

const { randomBytes } = require('node:crypto')

const { version } = require('../../../package.json')
const { pageDocument } = require('./document')
const { CLOSED_POLICY, HEADERS, hasToken, refusalOf } = require('./guard')
const { Readers } = require('./readers')
const { search } = require('./search')
const { Store } = require('./store')

/**
 * @typedef {import('node:http').IncomingMessage} IncomingMessage
 * @typedef {import('node:http').ServerResponse} ServerResponse
 * @typedef {{ url: string, expectOwner(owner: string, place: { keyFingerprint: string, site: string }): void }} Shown an
 *   intake whose arrivals the page shows
 */

const PREFIX = '/spanlane/'
const REPORT = '/spanlane/stats'
const MAX_BODY_BYTES = 64 * 1024
/** Version of what the page reads. */
const FORMAT = 1
const JSON_TYPE = 'application/json; charset=utf-8'

/** What a browser is shown of one or several intakes. */
class Page {
  store
  #readers
  #startedAtMs = Date.now()
  #isServed
  #token
  /** @type {Shown[]} */
  #intakes = []

  /**
   * @param {{ isServed?: boolean, token?: string | null, maxEvents?: number, maxBytes?: number }} [options] not served: it
   *   judges, and answers nobody. token: what arrived is for those that have it
   */
  constructor({ isServed = true, token = null, ...limits } = {}) {
    this.#token = token
    this.store = new Store(limits)
    this.#isServed = isServed
    this.#readers = new Readers(this.store, randomBytes(6).toString('hex'))
  }

  /** @param {Shown} intake */
  attach(intake) {
    this.#intakes.push(intake)
  }

  /** @param {Shown} intake */
  detach(intake) {
    this.#intakes = this.#intakes.filter(one => one !== intake)
    if (this.#intakes.length === 0) this.#readers.close()
  }

  /**
   * Whether a request is for the page: decided by its path alone, before anything is counted.
   *
   * @param {IncomingMessage} message
   */
  takes({ url = '' }) {
    const path = url.split('?')[0]
    return this.#isServed && (path === '/' || path.startsWith(PREFIX))
  }

  /**
   * Whether a process tells a page of itself. Where no page is served that is no arrival either.
   *
   * @param {IncomingMessage} message
   */
  static isReport({ method, url }) {
    return method === 'POST' && url === REPORT
  }

  /**
   * @param {IncomingMessage} message
   * @param {ServerResponse} response
   */
  static answerNone(message, response) {
    message.resume()
    response.on('error', () => response.destroy())
    sendText(response, 404, 'no page is served here')
  }

  /**
   * @param {IncomingMessage} message
   * @param {ServerResponse} response
   * @param {number} port that the intake listens on
   */
  async answer(message, response, port) {
    response.on('error', () => response.destroy())
    const refusal = refusalOf(message, port)
    if (refusal !== null) {
      message.resume()
      sendText(response, 403, refusal)
      return
    }
    if (this.#token !== null && !isOpen(message) && !hasToken(message, this.#token)) {
      message.resume()
      sendText(response, 401, 'the page needs the token of the link that was printed')
      return
    }
    try {
      await this.#route(new URL(message.url ?? '/', 'http://page'), message, response)
    } catch (error) {
      const status = error instanceof RangeError ? 400 : 500
      sendText(response, status, error instanceof RangeError ? error.message : 'the page failed')
    }
  }

  /** @param {URL} url @param {IncomingMessage} message @param {ServerResponse} response */
  async #route(url, message, response) {
    const { method } = message
    const isRead = method === 'GET' || method === 'HEAD'
    const path = url.pathname
    if (isRead) message.resume()
    if (isRead && path === '/') return this.#document(response)
    if (isRead && path === '/spanlane/snapshot')
      return sendJson(response, { ...this.#intake(), ...this.store.snapshot() })
    if (isRead && path === '/spanlane/events') return this.#events(message, url, response)
    if (isRead && path.startsWith('/spanlane/trace/')) return this.#trace(path, url, response)
    if (isRead && path === '/spanlane/search') return this.#search(url, response)
    if (isRead && path === '/spanlane/export') return this.#export(response)
    if (method === 'POST' && path === '/spanlane/clear') {
      message.resume()
      this.store.clear()
      return send(response, 204, '')
    }
    if (method === 'POST' && path === REPORT) {
      this.store.report(await bodyOf(message), Date.now())
      return send(response, 204, '')
    }
    if (method === 'POST' && path === '/spanlane/declare') return this.#declare(message, response)
    message.resume()
    return sendText(response, 404, 'not here')
  }

  /** @param {ServerResponse} response */
  #document(response) {
    const { html, policy } = pageDocument()
    send(response, 200, html, {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': policy
    })
  }

  #intake() {
    const intakes = this.#intakes.map(({ url }) => url)
    return {
      page: FORMAT,
      intake: { url: intakes[0] ?? null, intakes, version, startedAtMs: this.#startedAtMs }
    }
  }

  /** @param {IncomingMessage} message @param {URL} url @param {ServerResponse} response */
  #events({ headers }, url, response) {
    response.writeHead(200, {
      ...HEADERS,
      'content-security-policy': CLOSED_POLICY,
      'content-type': 'text/event-stream'
    })
    response.write(
      `event: intake\ndata: ${JSON.stringify({ ...this.#intake(), limits: this.store.limits })}\n\n`
    )
    const lastId = String(headers['last-event-id'] ?? url.searchParams.get('since') ?? '')
    if (!this.#readers.add(response, lastId)) response.end('event: full\ndata: {}\n\n')
  }

  /** @param {string} path @param {URL} url @param {ServerResponse} response */
  #trace(path, url, response) {
    const traceId = decoded(path.slice('/spanlane/trace/'.length))
    const kept = this.store.trace(traceId, url.searchParams.get('lane') ?? '')
    if (kept === null) return sendText(response, 404, 'not here (any more)')
    return sendJson(response, {
      events: kept.map(({ stream, request, receivedAtMs, owner, event }) => ({
        stream,
        request,
        receivedAtMs,
        owner,
        event
      }))
    })
  }

  /** @param {URL} url @param {ServerResponse} response */
  async #search(url, response) {
    const { names } = this.store.judgement
    const nameOf = (/** @type {string} */ lane) => names.get(lane)?.name ?? ''
    sendJson(response, { found: await search(this.store.events(), url.searchParams.get('q') ?? '', nameOf) })
  }

  /** @param {ServerResponse} response */
  #export(response) {
    const lines = []
    for (const { stream, lane, owner, receivedAtMs, request, event } of this.store.events()) {
      const { site, keyFingerprint } = this.store.lane(lane) ?? {}
      lines.push(JSON.stringify({ stream, site, keyFingerprint, owner, receivedAtMs, request, event }))
    }
    send(response, 200, lines.map(line => `${line}\n`).join(''), {
      'content-type': 'application/x-ndjson',
      'content-disposition': 'attachment; filename="spanlane-intake.ndjson"'
    })
  }

  /** @param {IncomingMessage} message @param {ServerResponse} response */
  async #declare(message, response) {
    const given = await bodyOf(message)
    const { owner, lanes } = /** @type {{ owner?: unknown, lanes?: unknown }} */ (given ?? {})
    if (typeof owner !== 'string' || owner === '' || !Array.isArray(lanes)) {
      throw new RangeError('declare takes { owner, lanes }')
    }
    const known = lanes.map(id => this.store.lane(String(id))).filter(lane => lane !== null)
    for (const { keyFingerprint, site } of known) {
      this.store.declare(owner, { keyFingerprint, site })
      for (const intake of this.#intakes) intake.expectOwner(owner, { keyFingerprint, site })
    }
    send(response, 204, '')
  }
}

/**
 * The empty page, and what a process tells of itself: neither reads anything.
 *
 * @param {IncomingMessage} message
 */
function isOpen(message) {
  return message.url?.split('?')[0] === '/' || Page.isReport(message)
}

/** @param {string} part of a path */
function decoded(part) {
  try {
    return decodeURIComponent(part)
  } catch {
    throw new RangeError('the path is not encoded as it must be')
  }
}

/** @param {IncomingMessage} message @returns {Promise<unknown>} */
async function bodyOf(message) {
  let text = ''
  for await (const chunk of message.setEncoding('utf8')) {
    text += chunk
    if (text.length > MAX_BODY_BYTES) throw new RangeError('the body is too large')
  }
  try {
    return JSON.parse(text)
  } catch {
    throw new RangeError('the body is not JSON')
  }
}

/** @param {ServerResponse} response @param {number} status @param {string} line */
function sendText(response, status, line) {
  send(response, status, `${line}\n`, { 'content-type': 'text/plain; charset=utf-8' })
}

/** @param {ServerResponse} response @param {unknown} value */
function sendJson(response, value) {
  send(response, 200, JSON.stringify(value), { 'content-type': JSON_TYPE })
}

/**
 * @param {ServerResponse} response
 * @param {number} status
 * @param {string | Buffer} body
 * @param {Record<string, string>} [headers]
 */
function send(response, status, body, headers = {}) {
  if (response.headersSent) {
    response.destroy()
    return
  }
  const length = { 'content-length': String(Buffer.byteLength(body)) }
  response.writeHead(status, { ...HEADERS, 'content-security-policy': CLOSED_POLICY, ...length, ...headers })
  response.end(body)
}

module.exports = { Page }
