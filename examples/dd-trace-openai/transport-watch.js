'use strict'

// Preloaded into the application: nothing leaves this machine, and whoever wants to is named.

const dns = require('node:dns')

const LOOPBACK = new Set(['localhost', '127.0.0.1', '::1'])
const { lookup } = dns

Object.defineProperty(dns, 'lookup', {
  value(/** @type {string} */ host, /** @type {any[]} */ ...rest) {
    if (LOOPBACK.has(host)) return Reflect.apply(lookup, dns, [host, ...rest])
    process.send?.({ wanted: host })
    process.nextTick(
      rest.at(-1),
      Object.assign(new Error(`${host} is beyond this machine`), { code: 'ENOTFOUND' })
    )
  }
})
