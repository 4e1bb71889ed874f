'use strict'

// Takes every body and looks at none, in a process of its own. Says { url } when it listens.

const http = require('node:http')

const server = http.createServer((request, response) => {
  request.resume()
  request.on('end', () => response.writeHead(202).end())
})
server.listen(0, '127.0.0.1', () => {
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
  process.send?.({ url: `http://127.0.0.1:${port}` })
})
process.once('disconnect', () => process.exit())
