'use strict'

// What the bundlers get.

const tracer = require('dd-trace')
const { attach } = require('spanlane/dd-trace')

tracer.init({ startupLogs: false, llmobs: { mlApp: 'assistant', agentlessEnabled: true } })
try {
  attach(tracer)
  const { llmobs } = /** @type {any} */ (tracer)
  llmobs.withRoutingContext({ ddApiKey: 'a'.repeat(32) }, () =>
    llmobs.trace({ kind: 'task', name: 'bundled' }, () => {})
  )
} catch (error) {
  const { code, message } = /** @type {Error & { code?: string }} */ (error)
  process.stderr.write(`${code}: ${message}\n`)
  process.exitCode = 2
}
