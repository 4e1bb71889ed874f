'use strict'

const http = require('node:http')
const { once } = require('node:events')
const { ACME, GLOBEX, sdk } = require('../sdk/setup')

/**
 * What a model API answers: one JSON, or events; those behind a gate are sent when the test opens it.
 *
 * @typedef {{ status?: number, headers?: Record<string, string>, json?: any, events?: any[], rest?: any[],
 *   isCut?: boolean }} Answer
 */

/** A model API that answers what the test says. */
class Provider {
  /** @type {{ path: string, body: any }[]} */
  requests = []
  /** @type {Answer[]} in turn; the last one stays */
  answers = []
  /** @type {() => void} */
  open = () => {}
  #gate = new Promise(resolve => (this.open = () => resolve(undefined)))
  #server = http.createServer((request, response) => this.#take(request, response))

  async listen() {
    await once(this.#server.listen(0, '127.0.0.1'), 'listening')
    return this
  }

  get url() {
    return `http://127.0.0.1:${/** @type {any} */ (this.#server.address()).port}`
  }

  close() {
    this.open()
    this.#server.closeAllConnections()
    this.#server.close()
  }

  /** @param {http.IncomingMessage} request @param {http.ServerResponse} response */
  async #take(request, response) {
    let text = ''
    for await (const chunk of request) text += chunk
    this.requests.push({ path: request.url ?? '', body: JSON.parse(text) })
    const answer = this.answers.length > 1 ? this.answers.shift() : this.answers[0]
    const { status = 200, headers = {}, json, events = [], rest = [], isCut = false } = answer ?? {}
    if (json !== undefined) {
      response.writeHead(status, { 'content-type': 'application/json', ...headers })
      return response.end(JSON.stringify(json))
    }
    response.writeHead(status, { 'content-type': 'text/event-stream', ...headers })
    for (const event of events) response.write(eventText(event))
    if (rest.length > 0 || isCut) await this.#gate
    for (const event of rest) response.write(eventText(event))
    if (isCut) response.destroy()
    else response.end('data: [DONE]\n\n')
  }
}

/** @param {any} event */
function eventText(event) {
  const name = typeof event.type === 'string' ? `event: ${event.type}\n` : ''
  return `${name}data: ${JSON.stringify(event)}\n\n`
}

/**
 * For a test file: an observed client, the model API behind it, and the intake that its spans arrive at.
 *
 * @param {(baseURL: string, options: any) => any} makeClient
 * @param {(client: any, options: any) => any} observe
 */
function world(makeClient, observe) {
  const { open: openSdk } = sdk()
  /** @type {Provider[]} */
  let providers = []
  afterEach(() => {
    for (const provider of providers) provider.close()
    providers = []
  })
  return {
    /** @param {any[]} answers @param {{ client?: any, sdk?: any }} [options] */
    async open(answers, options = {}) {
      const opened = await openSdk(options.sdk)
      const provider = await new Provider().listen()
      providers.push(provider)
      provider.answers = answers
      const plain = makeClient(provider.url, { maxRetries: 0, ...options.client })
      const client = observe(plain, { llmobs: opened.llmobs })
      const { llmobs } = opened
      return {
        ...opened,
        provider,
        client,
        plain,
        /** @template T @param {() => T} fn @returns {T} */
        inAcme: fn => llmobs.withRoutingContext(ACME, fn),
        /** @template T @param {() => T} fn @returns {T} */
        inGlobex: fn => llmobs.withRoutingContext(GLOBEX, fn),
        /** @returns {Promise<any[]>} */
        async all() {
          await llmobs.flush()
          return opened.intake.spans()
        },
        /** @returns {Promise<any>} */
        async only() {
          await llmobs.flush()
          const spans = opened.intake.spans()
          expect(spans).toHaveLength(1)
          return spans[0]
        }
      }
    }
  }
}

module.exports = { world }
