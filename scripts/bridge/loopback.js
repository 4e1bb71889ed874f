'use strict'

// Preloaded: every TLS connection ends at a local intake, and the host that was meant is told to the parent.

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
    if (process.connected) process.send?.({ wanted: given.host })
    Object.assign(given, { host: '127.0.0.1', port, lookup: undefined })
  }
  return Reflect.apply(connect, this, args)
}
