'use strict'

const http = require('node:http')
const { intakes } = require('../support/intake')
const { startChild } = require('../support/run-child')

/** Keys of two customers and of the platform itself: valid in form, of no use anywhere. */
const KEYS = Object.freeze({ acme: 'a'.repeat(32), globex: 'b'.repeat(32), platform: 'd'.repeat(32) })
const SITES = ['datadoghq.com', 'datadoghq.eu', 'us5.datadoghq.com']

/**
 * What stands where the Datadog agent would: takes everything, keeps the bytes.
 *
 * @typedef {{ path: string, body: Buffer }} AgentRequest
 */
class Agent {
  /** @type {AgentRequest[]} */
  requests = []
  #server = http.createServer((request, response) => this.#take(request, response))

  /** @returns {Promise<this>} */
  listen() {
    return new Promise(resolve => this.#server.listen(0, '127.0.0.1', () => resolve(this)))
  }

  get url() {
    return `http://127.0.0.1:${/** @type {import('node:net').AddressInfo} */ (this.#server.address()).port}`
  }

  /** @param {string} text @returns {string[]} paths of the requests whose body holds it */
  pathsWith(text) {
    return this.requests.filter(({ body }) => body.includes(text)).map(({ path }) => path)
  }

  close() {
    this.#server.closeAllConnections()
    this.#server.close()
  }

  /** @param {http.IncomingMessage} request @param {http.ServerResponse} response */
  #take(request, response) {
    /** @type {Buffer[]} */
    const chunks = []
    request.on('data', chunk => chunks.push(chunk))
    request.on('end', () => {
      const path = request.url ?? ''
      this.requests.push({ path, body: Buffer.concat(chunks) })
      const answer =
        path === '/info' ? { endpoints: ['/v0.4/traces', '/evp_proxy/v2/'] } : { rate_by_service: {} }
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
    })
  }
}

/**
 * Runs a program in a process of its own, where dd-trace is loaded fresh.
 *
 * BRIDGE_DD_TRACE and BRIDGE_NODE name another dd-trace and another Node to run all of them with.
 *
 * @param {{ expectViolations?: boolean }} [settings]
 */
function programs(settings) {
  const started = intakes(settings)
  /** @type {Agent[]} */
  const agents = []
  afterEach(() => {
    for (const agent of agents.splice(0)) agent.close()
  })
  return {
    /**
     * @param {string} program its name in programs/, arguments behind it
     * @param {{ env?: Record<string, string>, intake?: import('../../testing').IntakeOptions, args?: string[],
     *   nodeArgs?: string[] }} [settings]
     */
    async run(program, { env = {}, intake: intakeOptions, args = [], nodeArgs = [] } = {}) {
      const intake = await started.start(intakeOptions)
      const agent = await new Agent().listen()
      agents.push(agent)
      const { BRIDGE_DD_TRACE, BRIDGE_NODE } = process.env
      const { child, ended } = startChild(
        [
          ...nodeArgs,
          `__test__/bridge/programs/${program.includes('.') ? program : `${program}.js`}`,
          ...args
        ],
        {
          execPath: BRIDGE_NODE ?? process.execPath,
          env: {
            SPANLANE_INTAKE_URL: intake.url,
            DD_TRACE_AGENT_URL: agent.url,
            DD_API_KEY: KEYS.platform,
            DD_INSTRUMENTATION_TELEMETRY_ENABLED: 'false',
            DD_REMOTE_CONFIGURATION_ENABLED: 'false',
            DD_CRASHTRACKING_ENABLED: 'false',
            ...(BRIDGE_DD_TRACE === undefined ? {} : { BRIDGE_DD_TRACE }),
            ...env
          }
        }
      )
      /** @type {any} */
      let facts = null
      child.on('message', message => {
        facts = message
      })
      const end = await ended
      if (facts === null && !('BRIDGE_MAY_FAIL' in env))
        throw new Error(`no report: ${JSON.stringify(end, null, 1)}`)
      return { intake, agent, facts, end, spans: spansByName(intake), places: placesByName(intake) }
    }
  }
}

/** @param {import('../../testing').Intake} intake @returns {Record<string, any>} */
function spansByName(intake) {
  return Object.fromEntries(intake.spans().map(span => [span.name, span]))
}

/** Where spans arrived, by name: `<owner of the key>@<site>`. @param {import('../../testing').Intake} intake */
function placesByName(intake) {
  const arrivals = Object.entries(KEYS).flatMap(([owner, key]) =>
    SITES.flatMap(site =>
      intake.arrivals({ key, site }).map(({ event }) => [event.name ?? event.label, `${owner}@${site}`])
    )
  )
  /** @type {Record<string, string>} */
  const places = {}
  for (const [name, place] of arrivals) places[name] = name in places ? `${places[name]} ${place}` : place
  return places
}

module.exports = { KEYS, programs }
