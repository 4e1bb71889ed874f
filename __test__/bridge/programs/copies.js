'use strict'

// Two copies of dd-trace in one process: an injected one that runs, and the application's own, which hands out the
// injected one's tracer.

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { ACME, bridge, init, main, tracer } = require('./world')

const FILES = {
  'package.json': '{ "name": "dd-trace", "version": "4.0.0" }',
  'index.js':
    "const Tracer = require('./packages/dd-trace/src/proxy.js')\nmodule.exports = global._ddtrace ?? new Tracer()",
  'packages/dd-trace/src/proxy.js': 'module.exports = class Tracer {}'
}

main(async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'spanlane-copies-'))
  for (const [file, text] of Object.entries(FILES)) {
    fs.mkdirSync(path.dirname(path.join(folder, file)), { recursive: true })
    fs.writeFileSync(path.join(folder, file), text)
  }
  const handedOut = require(folder)
  fs.rmSync(folder, { recursive: true })
  init()
  const { version } = bridge.attach(handedOut)
  tracer.llmobs.routingContext(ACME, () => tracer.llmobs.trace({ kind: 'task', name: 'of acme' }, () => {}))
  await tracer.llmobs.flush()
  const root = require.resolve(process.env.BRIDGE_DD_TRACE ?? 'dd-trace').replace(/index\.js$/, '')
  return { isSame: handedOut === tracer, version, running: require(path.join(root, 'package.json')).version }
})
