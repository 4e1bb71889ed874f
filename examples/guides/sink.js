'use strict'

// Stands where another product's server stands: takes whatever it is sent, and knows by whose key.

const http = require('node:http')
const { once } = require('node:events')

async function startSink() {
  const keys = new Set()
  const server = http.createServer(async (request, response) => {
    request.resume()
    await once(request, 'end')
    keys.add(request.headers['x-api-key'] ?? request.headers.authorization)
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    keys,
    close() {
      server.closeAllConnections()
      server.close()
    }
  }
}

module.exports = { startSink }
