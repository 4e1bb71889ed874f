'use strict'

// Where all products send to, in a process of its own: it answers what each protocol needs, and knows spans by the marks
// in their texts. Bodies are kept as they come and read when somebody asks. Argument: the plan as JSON. Says
// { port, tlsPort }; answers { ask: 'count', first }, { ask: 'report' }, after which it forgets. { ask: 'fail', forMs } has no answer.

const { once } = require('node:events')
const http = require('node:http')
const https = require('node:https')
const { setTimeout: delay } = require('node:timers/promises')
const zlib = require('node:zlib')
const { MARK, MARK_END, tenantOf } = require('../others/works')

/**
 * @typedef {object} Report
 * @property {{ number: number, tenant: number, atMs: number }[]} arrivals each span's first, and whose request it was in
 * @property {number} requests with a key
 * @property {number} connections since it listens
 * @property {number} bytes of their bodies, as sent
 */

/** @type {{ tls: { key: string, cert: string }, delayMs: number }} */
const plan = JSON.parse(process.argv[2])
const UNPACK = /** @type {Record<string, (body: Buffer) => Buffer>} */ ({
  gzip: zlib.gunzipSync,
  deflate: zlib.inflateSync,
  br: zlib.brotliDecompressSync
})
/** What a client of LangSmith asks before it sends. */
const LANGSMITH_INFO = JSON.stringify({
  version: '0.10.0',
  batch_ingest_config: {
    use_multipart_endpoint: true,
    scale_up_qsize_trigger: 1000,
    scale_up_nthreads_limit: 16,
    scale_down_nempty_trigger: 4,
    size_limit: 100,
    size_limit_bytes: 20_971_520
  }
})

/** @type {{ body: Buffer, encoding: string, tenant: number, atMs: number }[]} */
const unread = []
/** @type {Map<number, { number: number, tenant: number, atMs: number }>} */
let arrived = new Map()
let [requests, connections, bytes, failsUntilMs] = [0, 0, 0, 0]

/** @param {http.IncomingMessage} request @returns {number} */
function whose({ headers, url = '' }) {
  const project = /\/api\/(\d+)\/envelope/.exec(url)
  if (project !== null) return Number(project[1]) - 1
  const { authorization = '' } = headers
  const basic = authorization.startsWith('Basic ')
    ? Buffer.from(authorization.slice(6), 'base64').toString()
    : ''
  return tenantOf(`${headers['dd-api-key']} ${headers['x-api-key']} ${authorization} ${basic}`)
}

/** @param {http.IncomingMessage} request @returns {[status: number, type: string, body: string]} */
function answerTo({ headers, url = '' }) {
  if (url.endsWith('/info')) return [200, 'application/json', LANGSMITH_INFO]
  if (headers['content-type'] === 'application/x-protobuf') return [200, 'application/x-protobuf', '']
  return [headers['dd-api-key'] === undefined ? 200 : 202, 'application/json', '{}']
}

/** @param {http.IncomingMessage} request @param {http.ServerResponse} response */
async function take(request, response) {
  /** @type {Buffer[]} */
  const chunks = []
  request.on('data', chunk => chunks.push(chunk))
  await once(request, 'end')
  const atMs = performance.timeOrigin + performance.now()
  if (plan.delayMs > 0) await delay(plan.delayMs)
  if (atMs < failsUntilMs) return response.writeHead(503).end()
  const tenant = whose(request)
  // What goes to an agent has no key, and no span of LLM Observability in it.
  if (tenant !== -1 && request.method === 'POST') {
    const body = Buffer.concat(chunks)
    requests += 1
    bytes += body.length
    unread.push({ body, encoding: String(request.headers['content-encoding'] ?? ''), tenant, atMs })
  }
  const [status, type, text] = answerTo(request)
  return response.writeHead(status, { 'content-type': type }).end(text)
}

function read() {
  for (const { body, encoding, tenant, atMs } of unread.splice(0)) {
    const text = UNPACK[encoding]?.(body) ?? body
    for (let at = text.indexOf(MARK); at !== -1; at = text.indexOf(MARK, at + MARK.length)) {
      const end = text.indexOf(MARK_END, at)
      const number = Number(text.toString('latin1', at + MARK.length, end))
      if (!arrived.has(number)) arrived.set(number, { number, tenant, atMs })
    }
  }
}

/** @param {number} first number that counts: those before it may be late @returns {number} */
function countFrom(first) {
  let count = 0
  for (const number of arrived.keys()) if (number >= first) count += 1
  return count
}

/** @returns {Report} */
function report() {
  const whole = { arrivals: [...arrived.values()], requests, connections, bytes }
  arrived = new Map()
  requests = bytes = 0
  return whole
}

/** @param {http.Server | https.Server} server @returns {Promise<number>} its port */
async function listen(server) {
  server.keepAliveTimeout = 60_000
  server.on('connection', () => {
    connections += 1
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return /** @type {import('node:net').AddressInfo} */ (server.address()).port
}

async function main() {
  const serve = (
    /** @type {http.IncomingMessage} */ request,
    /** @type {http.ServerResponse} */ response
  ) => {
    // A client that is gone is counted by what is missing.
    take(request, response).catch(() => {})
  }
  const [port, tlsPort] = [
    await listen(http.createServer(serve)),
    await listen(https.createServer(plan.tls, serve))
  ]
  process.on(
    'message',
    (/** @type {{ ask: string, forMs: number, first: number }} */ { ask, forMs, first }) => {
      if (ask === 'fail') {
        failsUntilMs = performance.timeOrigin + performance.now() + forMs
        return
      }
      read()
      process.send?.(ask === 'report' ? report() : { count: countFrom(first) })
    }
  )
  process.once('disconnect', () => process.exit())
  process.send?.({ port, tlsPort })
}

main()
