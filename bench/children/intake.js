'use strict'

// The intake of a measurement, in a process of its own and as cheap as it can be: bodies are kept while the load runs
// and read when it is over. Beside it listens an agent that accepts everything, for what dd-trace sends there.
// Argument: the plan as JSON. Says { port, agentPort }; answers { ask: 'count', sinceMs } with the events so
// far and { ask: 'report', sinceMs } with all it saw, which it then forgets.

const { once } = require('node:events')
const http = require('node:http')
const https = require('node:https')
const { setTimeout: delay } = require('node:timers/promises')

/**
 * @typedef {object} Plan
 * @property {{ key: string, cert: string }} tls PEM texts
 * @property {number} delayMs before each answer
 * @property {boolean} isForgetful events are counted and not read: for runs of hundreds of thousands
 * @property {boolean} isExact every count is of distinct events; else it is of all that came, which costs nothing
 *
 * @typedef {object} Report
 * @property {number} events with those that came twice
 * @property {number} distinct events by span id; 0 when they are not read
 * @property {number} requests
 * @property {number[]} lagsMs from a span's end to its arrival
 */

/** A tracer's clock and the one of the process that measures may differ by so much. */
const CLOCK_MS = 20
const MARK = Buffer.from('"event_type":"span"')

/** @type {Plan} */
const plan = JSON.parse(process.argv[2])

/** @type {{ atMs: number, body: Buffer }[]} */
const arrivals = []
/** @type {{ id: string, startMs: number, lagMs: number }[]} */
let seen = []
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

/** Reads the bodies that nobody has read yet. */
function read() {
  for (const { atMs, body } of arrivals.splice(0)) {
    for (const { spans } of JSON.parse(body.toString())) {
      for (const { span_id: id, start_ns: startNs, duration } of spans) {
        seen.push({ id, startMs: startNs / 1e6, lagMs: atMs - (startNs + duration) / 1e6 })
      }
    }
  }
}

/**
 * @param {number} sinceMs spans that started earlier are left over from something else
 * @returns {Report}
 */
function report(sinceMs) {
  read()
  const ids = new Set()
  const lagsMs = []
  let copies = 0
  for (const { id, startMs, lagMs } of seen) {
    if (startMs < sinceMs - CLOCK_MS) continue
    copies += 1
    if (!ids.has(id)) lagsMs.push(lagMs)
    ids.add(id)
  }
  return { events: plan.isForgetful ? events : copies, distinct: ids.size, requests, lagsMs }
}

/**
 * @param {string} what
 * @param {number} sinceMs
 */
function answer(what, sinceMs) {
  if (what === 'count') return { events: plan.isExact ? report(sinceMs).distinct : events }
  const whole = report(sinceMs)
  seen = []
  events = requests = 0
  return whole
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
  process.on('message', (/** @type {{ ask: string, sinceMs: number }} */ { ask, sinceMs }) => {
    process.send?.(answer(ask, sinceMs))
  })
  process.once('disconnect', () => process.exit())
  process.send?.({ port, agentPort })
}

main()
