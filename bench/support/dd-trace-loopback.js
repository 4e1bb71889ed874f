'use strict'

// Preloaded into a process that uses dd-trace: every TLS connection, whatever its host, ends at a local intake. The
// certificate is still checked against the host that was meant (NODE_EXTRA_CA_CERTS names its authority).

const net = require('node:net')

const port = Number(process.env.SPANLANE_BENCH_TLS_PORT)
const connect = net.Socket.prototype.connect

/**
 * @this {net.Socket}
 * @param {any[]} args
 * @returns {any}
 */
net.Socket.prototype.connect = function redirected(...args) {
  const given = Array.isArray(args[0]) ? args[0][0] : args[0]
  if (given !== null && typeof given === 'object' && Number(given.port) === 443) {
    Object.assign(given, { host: '127.0.0.1', port, lookup: undefined })
  }
  return Reflect.apply(connect, this, args)
}
