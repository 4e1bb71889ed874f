'use strict'

const path = require('node:path')

/** dd-trace's span writer with its request left out: `append` and `flush` do everything up to the socket. */
function openDdTraceWriter() {
  require('dd-trace')
  const source = path.join(path.dirname(require.resolve('dd-trace/package.json')), 'packages/dd-trace/src')
  const request = require.resolve(path.join(source, 'exporters/common/request'))
  let bytes = 0
  require(request)
  const cached = /** @type {any} */ (require.cache[request])
  cached.exports = Object.assign((/** @type {any} */ payload) => {
    bytes += payload.length
  }, cached.exports)
  const Writer = require(path.join(source, 'llmobs/writers/spans'))
  const writer = new Writer({ site: 'datadoghq.com', apiKey: 'f'.repeat(32) })
  writer.setAgentless(true)
  clearInterval(writer._periodic)
  return { writer, sentBytes: () => bytes }
}

module.exports = { openDdTraceWriter }
