'use strict'

// The intake of a measurement, in a process of its own and as cheap as it can be: bodies are kept while the load runs
// and read when it is over. Beside it listens an agent that accepts everything, for what dd-trace sends there.
// Argument: the plan as JSON. Says { port, agentPort }; answers { ask: 'count' } with the events so far and
// { ask: 'report' } with all it saw, which it then forgets.

const { once } = require('node:events')
const http = require('node:http')
const https = require('node:https')
const { setTimeout: delay } = require('node:timers/promises')

/**
 * @typedef {object} Plan
 * @property {{ key: string, cert: string }} tls PEM texts
 * @property {number} delayMs before each answer
 * @property {boolean} isForgetful events are counted and not read: for runs of hundreds of thousands
 *
 * @typedef {object} Report
 * @property {number} events
 * @property {number} distinct events by span id; 0 when they are not read
 * @property {number} requests
 * @property {number[]} lagsMs from a span's end to its arrival
 */

const MARK = Buffer.from('"event_type":"span"')

/** @type {Plan} */
const plan = JSON.parse(process.argv[2])

/** @type {{ atMs: number, body: Buffer }[]} */
let arrivals = []
let [events, requests] = [0, 0]

/** @param {Buffer} body */
function countEvents(body) {
  let found = 0
  for (let at = body.indexOf(MARK); at !== -1; at = body.indexOf(MARK, at + MARK.length)) found += 1
  return found
}

/** @param {http.IncomingMessage} request @param {http.ServerResponse} response */
async function take(request, response) {
  /** @type {Buffer[]} */
  const chunks = []
  request.on('data', chunk => chunks.push(chunk))
  await once(request, 'end')
  const atMs = performance.timeOrigin + performance.now()
  const body = Buffer.concat(chunks)
  requests += 1
  events += countEvents(body)
  if (!plan.isForgetful) arrivals.push({ atMs, body })
  if (plan.delayMs > 0) await delay(plan.delayMs)
  response.writeHead(202, { 'content-type': 'application/json' }).end('{}')
}

/** @returns {Report} */
function report() {
  const ids = new Set()
  const lagsMs = []
  for (const { atMs, body } of arrivals) {
    for (const { spans } of JSON.parse(body.toString())) {
      for (const { span_id: id, start_ns: startNs, duration } of spans) {
        if (!ids.has(id)) lagsMs.push(atMs - (startNs + duration) / 1e6)
        ids.add(id)
      }
    }
  }
  const seen = { events, distinct: ids.size, requests, lagsMs }
  arrivals = []
  events = requests = 0
  return seen
}

/**
 * @param {http.Server | https.Server} server
 * @returns {Promise<number>} its port
 */
async function listen(server) {
  server.keepAliveTimeout = 60_000
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return /** @type {import('node:net').AddressInfo} */ (server.address()).port
}

async function main() {
  const agent = http.createServer((request, response) => {
    request.resume()
    request.once('end', () => response.end('{"rate_by_service":{}}'))
  })
  const intake = https.createServer(plan.tls, (request, response) => {
    // A client that is gone is counted by what is missing.
    take(request, response).catch(() => {})
  })
  const [port, agentPort] = [await listen(intake), await listen(agent)]
  process.on('message', (/** @type {{ ask: string }} */ { ask }) => {
    process.send?.(ask === 'report' ? report() : { events })
  })
  process.once('disconnect', () => process.exit())
  process.send?.({ port, agentPort })
}

main()
