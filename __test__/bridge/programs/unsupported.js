'use strict'

// Copies of dd-trace that are too old, too new, changed inside, or part of a bundle.

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { ACME, Log, bridge, init, llmobs, main, thrownBy, tracer } = require('./world')

/** A tracer as a copy of dd-trace of some version would make it. */
function tracerOfVersion(folder, version) {
  const source = path.join(folder, version, 'packages', 'dd-trace', 'src')
  fs.mkdirSync(source, { recursive: true })
  fs.writeFileSync(path.join(folder, version, 'package.json'), JSON.stringify({ version }))
  fs.writeFileSync(path.join(source, 'proxy.js'), 'module.exports = class Tracer { llmobs = {}; init() {} }')
  const Tracer = require(path.join(source, 'proxy.js'))
  return new Tracer()
}

/** What a later dd-trace might do: events ride elsewhere and never reach the writer. */
const CHANGES = {
  span(root) {
    root('span_processor.js').prototype.process = () => {}
  },
  evaluation(root) {
    root('sdk.js').prototype.submitEvaluation = () => {}
  },
  throws(root) {
    root('tagger.js').prototype.registerLLMObsSpan = () => {
      throw new TypeError('not what it was')
    }
  },
  member(root) {
    delete root('tagger.js').prototype._setTag
  }
}

main(async () => {
  const [, , what, onUnsupported] = process.argv
  if (what === 'versions') {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'spanlane-versions-'))
    const versions = ['4.55.0', '5.82.0', '7.0.0-pre', '5.83.0']
    const errors = versions.map(version => thrownBy(() => bridge.attach(tracerOfVersion(folder, version))))
    fs.rmSync(folder, { recursive: true })
    class Bundled {
      llmobs = {}
      init() {}
    }
    return { errors, bundled: thrownBy(() => bridge.attach(new Bundled())) }
  }
  const root = require.resolve(process.env.BRIDGE_DD_TRACE ?? 'dd-trace').replace(/index\.js$/, '')
  CHANGES[what](file => require(path.join(root, 'packages', 'dd-trace', 'src', 'llmobs', file)))
  init()
  const log = new Log()
  const options = { logger: log, ...(onUnsupported === undefined ? {} : { onUnsupported }) }
  const attachError = thrownBy(() => bridge.attach(tracer, options))
  const calls = []
  const call = () => tracer.llmobs.routingContext(ACME, () => calls.push('ran'))
  const errors = attachError === null ? [thrownBy(call), thrownBy(call)] : []
  if (errors.every(error => error === null)) await tracer.llmobs.flush()
  return {
    attachError,
    errors,
    ran: calls.length,
    lines: log.lines,
    submitted: llmobs.stats().total.submitted
  }
})
