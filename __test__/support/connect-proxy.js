'use strict'

const http = require('node:http')
const net = require('node:net')

/**
 * @typedef {{ authority: string, authorized: boolean, targetPort: number | null }} Tunnel
 * @typedef {{
 *   url: string, port: number, tunnels: Tunnel[], plainRequests: string[],
 *   close(): Promise<void>
 * }} ConnectProxy
 */

/**
 * A loopback proxy that never leaves the machine: every CONNECT, whatever its host, ends at a local port.
 *
 * @param {{
 *   targetPort: number | ((authority: string) => number | null),
 *   username?: string, password?: string
 * }} settings `targetPort` null refuses the tunnel with 502
 * @returns {Promise<ConnectProxy>}
 */
async function startConnectProxy({ targetPort, username, password = '' }) {
  const credentials =
    username === undefined ? null : Buffer.from(`${username}:${password}`).toString('base64')
  /** @type {Tunnel[]} */
  const tunnels = []
  /** @type {string[]} */
  const plainRequests = []
  /** @type {Set<import('node:stream').Duplex>} */
  const sockets = new Set()

  const server = http.createServer((request, response) => {
    plainRequests.push(request.url ?? '')
    response.writeHead(405).end()
  })
  server.on('connection', socket => track(sockets, socket))
  server.on('connect', (request, client, head) => {
    const authority = request.url ?? ''
    const authorized =
      credentials === null || request.headers['proxy-authorization'] === `Basic ${credentials}`
    const port = typeof targetPort === 'function' ? targetPort(authority) : targetPort
    tunnels.push({ authority, authorized, targetPort: authorized ? port : null })
    client.on('error', () => client.destroy())
    if (!authorized) {
      client.end(
        'HTTP/1.1 407 Proxy Authentication Required\r\nproxy-authenticate: Basic realm="test"\r\n\r\n'
      )
      return
    }
    if (port === null) {
      client.end('HTTP/1.1 502 Bad Gateway\r\n\r\n')
      return
    }
    const target = net.connect(port, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection Established\r\n\r\n')
      target.write(head)
      client.pipe(target)
      target.pipe(client)
    })
    track(sockets, target)
    target.on('error', () => client.destroy())
    target.on('close', () => client.destroy())
    client.on('close', () => target.destroy())
  })

  await new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => resolve(undefined))
  })
  const { port } = /** @type {net.AddressInfo} */ (server.address())
  const login =
    username === undefined ? '' : `${encodeURIComponent(username)}:${encodeURIComponent(password)}@`
  return {
    url: `http://${login}127.0.0.1:${port}`,
    port,
    tunnels,
    plainRequests,
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      })
  }
}

/**
 * @param {Set<import('node:stream').Duplex>} sockets
 * @param {import('node:stream').Duplex} socket
 */
function track(sockets, socket) {
  sockets.add(socket)
  socket.on('error', () => socket.destroy())
  socket.once('close', () => sockets.delete(socket))
}

module.exports = { startConnectProxy }
