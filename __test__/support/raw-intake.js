'use strict'

const http = require('node:http')
const { openCore } = require('../../lib/binding')
const { resolveOptions } = require('../../lib/options/options')
const { NO_OPTIONS, Route } = require('../../lib/routing/routing')

/**
 * A core and a server that keeps the bodies it gets as they are: for tests of what the core makes of an event, byte
 * for byte.
 */
async function openRawIntake() {
  /** @type {string[]} */
  const bodies = []
  /** @type {string[]} */
  const metricBodies = []
  const server = http.createServer(async (request, response) => {
    const chunks = []
    for await (const chunk of request) chunks.push(chunk)
    const isOfMetrics = request.url?.endsWith('/eval-metric') ?? false
    const kept = isOfMetrics ? metricBodies : bodies
    kept.push(Buffer.concat(chunks).toString())
    response.writeHead(202).end()
  })
  await new Promise(resolve => server.listen(0, '127.0.0.1', () => resolve(undefined)))
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
  const { settings } = resolveOptions({
    intakeUrl: `http://127.0.0.1:${port}`,
    mlApp: 'shop',
    apiKey: 'd'.repeat(32)
  })
  // One body at a time: they arrive in the order of the events.
  settings.maxRequestsInFlightPerTenant = 1
  // The server answers when the test's own thread comes to it: nothing is to be sent twice until then.
  settings.requestTimeoutMs = 60_000
  const core = openCore(settings, null)
  const handle = core.openRoute('a'.repeat(32), { ddSite: 'datadoghq.eu', tenant: 'acme', isDefault: false })
  return {
    core,
    route: new Route(core, handle, NO_OPTIONS, false),
    /** @returns {Promise<string[]>} the JSON text of every event since the last call, in their order */
    async events() {
      await core.flush(60_000, null)
      return bodies.splice(0).flatMap(eventsOf)
    },
    /** @returns {Promise<string>} the JSON texts of the metrics since the last call, with commas between them */
    async metrics() {
      await core.flush(60_000, null)
      return metricBodies.splice(0).map(metricsOf).join(',')
    },
    async close() {
      await core.shutdown(1000)
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    }
  }
}

/**
 * @param {string} body
 * @returns {string[]}
 */
function eventsOf(body) {
  const list = JSON.parse(body)
  const [start] = /** @type {RegExpExecArray} */ (/^\[\{.*?"spans":\[/.exec(body))
  // Between two events stands the same envelope each time.
  const between = /\]\},(\{"_dd\.stage":"raw".*?"spans":\[)/g
  const texts = body
    .slice(start.length, -3)
    .split(between)
    .filter((_, index) => index % 2 === 0)
  // A text that holds an envelope itself would be cut: no test says so.
  if (texts.length !== list.length) throw new Error(`${list.length} events, ${texts.length} texts`)
  return texts
}

/**
 * @param {string} body
 * @returns {string}
 */
function metricsOf(body) {
  const [, metrics] = /** @type {RegExpExecArray} */ (
    /^\{"data":\{"type":"evaluation_metric","attributes":\{"metrics":\[(.*)\]\}\}\}$/s.exec(body)
  )
  return metrics
}

module.exports = { openRawIntake }
