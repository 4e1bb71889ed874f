'use strict'

const http = require('node:http')
const { once } = require('node:events')

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

module.exports = { Provider }
