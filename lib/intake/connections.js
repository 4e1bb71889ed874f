'use strict'

/**
 * @typedef {import('node:net').Socket} Socket
 * @typedef {{ number: number, bare: Socket }} Connection
 */

/** Knows every TCP connection of a server, under TLS too: a reset must be sent by the bare socket. */
class Connections {
  /** @type {Map<number, Connection>} by the client's port, unique on loopback while the connection lives */
  #byPort = new Map()
  #count = 0

  /** @param {import('node:http').Server | import('node:https').Server} server */
  constructor(server) {
    server.on('connection', (/** @type {Socket} */ bare) => this.#open(bare))
    // A client that sends garbage, or refuses the certificate, costs only its own connection.
    server.on('clientError', (/** @type {Error} */ _, /** @type {Socket} */ socket) => socket.destroy())
    server.on('tlsClientError', (/** @type {Error} */ _, /** @type {Socket} */ socket) => socket.destroy())
  }

  /** @param {Socket} socket */
  numberOf(socket) {
    return this.#byPort.get(socket.remotePort ?? 0)?.number ?? 0
  }

  /**
   * After the present read: Node 20 gives what else came with it to the parser of a closed TLS connection, and then
   * counts that parser as idle, which fails when the server closes.
   *
   * @param {Socket | null} socket
   */
  cut(socket) {
    const bare = this.#byPort.get(socket?.remotePort ?? 0)?.bare
    setImmediate(() => {
      bare?.resetAndDestroy()
      socket?.destroy()
    })
  }

  destroyAll() {
    for (const { bare } of this.#byPort.values()) bare.destroy()
  }

  /** @param {Socket} bare */
  #open(bare) {
    const port = bare.remotePort
    if (port === undefined) return
    // With HTTPS the same event comes again for the decrypted socket: the first, bare one stays.
    if (this.#byPort.get(port)?.bare.destroyed === false) return
    this.#count += 1
    this.#byPort.set(port, { number: this.#count, bare })
    bare.on('error', () => bare.destroy())
    bare.once('close', () => {
      if (this.#byPort.get(port)?.bare === bare) this.#byPort.delete(port)
    })
  }
}

module.exports = { Connections }
