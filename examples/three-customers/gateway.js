'use strict'

const http = require('node:http')

/**
 * Splits what arrives at the one `intakeUrl` by the intake host it was meant for, so that each site has its own
 * intake as in production.
 *
 * @param {Map<string, import('spanlane/testing').Intake>} intakeOfSite
 */
async function startGateway(intakeOfSite) {
  const server = http.createServer((request, response) => {
    const host = String(request.headers['x-spanlane-intake-host'])
    const intake = intakeOfSite.get(host.replace(/^(?:llmobs-intake|api)\./, ''))
    if (intake === undefined) {
      response.writeHead(421).end()
      return
    }
    const { method, headers, url = '/' } = request
    const onward = http.request(new URL(url, intake.url), { method }, answer => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    })
    // One by one: the options of a request are printed by NODE_DEBUG=http, and one of these is the key.
    for (const [name, value] of Object.entries(headers)) onward.setHeader(name, value ?? '')
    onward.on('error', () => response.destroy())
    request.pipe(onward)
  })
  await new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => resolve(undefined))
  })
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
  return {
    url: `http://127.0.0.1:${port}`,
    close() {
      server.close()
      server.closeAllConnections()
    }
  }
}

module.exports = { startGateway }
