'use strict'

const path = require('node:path')

/**
 * A product as its documentation sets it up, with its defaults.
 *
 * @typedef {object} Adapter
 * @property {(work: import('../works').Work) => unknown} chat one span of one model call, of tenant 0
 * @property {() => Promise<void>} flush
 * @property {(count: number) => ((work: import('../works').Work) => unknown)[]} tenants its way to serve as many: a function for each
 *
 * @callback Open
 * @param {{ url: string, folder: string }} where the sink is, and where the product's packages are
 * @returns {Adapter}
 */

/** @type {Record<string, string>} files by peer */
const FILES = {
  none: 'none.js',
  spanlane: 'spanlane.js',
  'dd-trace': 'dd-trace.js',
  'OTLP JSON': 'otlp-json.js',
  'OTLP protobuf': 'otlp-protobuf.js',
  langfuse: 'langfuse.js',
  langsmith: 'langsmith.js',
  sentry: 'sentry.js',
  worker_threads: 'worker-threads.js'
}

/** @param {string} peer @param {Parameters<Open>[0]} where @returns {Adapter} */
function openAdapter(peer, where) {
  return require(path.join(__dirname, FILES[peer])).open(where)
}

module.exports = { PEERS: Object.keys(FILES), openAdapter }
