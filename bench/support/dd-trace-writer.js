'use strict'

const path = require('node:path')
const { ddTraceFolder, loadDdTrace } = require('./dd-trace')

const EVENT = '"event_type":"span"'

/**
 * Leaves dd-trace's requests out: everything up to the socket is still done. Called before anything else loads it.
 *
 * @returns {{ bodies: any[], take(): number }} `take` counts the span events since the last call
 */
function stubDdTraceRequests() {
  loadDdTrace()
  const request = require.resolve(
    path.join(ddTraceFolder(), 'packages/dd-trace/src/exporters/common/request')
  )
  require(request)
  /** @type {any[]} */
  const bodies = []
  const cached = /** @type {any} */ (require.cache[request])
  cached.exports = Object.assign(
    (
      /** @type {any} */ payload,
      /** @type {any} */ _options,
      /** @type {(...answer: any[]) => void} */ done
    ) => {
      if (typeof payload === 'string') bodies.push(payload)
      // As an answer would: not in the caller's stack.
      setImmediate(done, null, '{}', 202, {})
    },
    cached.exports
  )
  return {
    bodies,
    take() {
      return bodies.splice(0).reduce((sum, body) => sum + body.split(EVENT).length - 1, 0)
    }
  }
}

/** dd-trace's span writer with its request left out: `append` and `flush` do everything up to the socket. */
function openDdTraceWriter() {
  const sent = stubDdTraceRequests()
  const Writer = require(path.join(ddTraceFolder(), 'packages/dd-trace/src/llmobs/writers/spans'))
  const writer = new Writer({ site: 'datadoghq.com', DD_API_KEY: 'f'.repeat(32) })
  writer.setAgentless(true)
  clearInterval(writer._periodic)
  return { writer, sent }
}

module.exports = { openDdTraceWriter, stubDdTraceRequests }
