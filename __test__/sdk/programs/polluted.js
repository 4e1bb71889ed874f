'use strict'

// Pollutes the shared prototypes before or after the package is loaded, then records. Run by
// prototype-pollution.test.js; the body that arrives must be the one of a clean process.

const when = process.argv[2]

function pollute() {
  const evil = 'evil.example'
  const values = {
    apiKey: 'e'.repeat(32),
    ddApiKey: 'e'.repeat(32),
    site: evil,
    ddSite: evil,
    tenant: 'evil',
    targets: ['default'],
    intakeUrl: `http://${evil}`,
    endpoint: evil,
    proxy: `http://${evil}:8080`,
    agent: evil,
    ca: 'evil',
    allowedSites: [evil],
    outsideContexts: 'refuse',
    onInvalidRoute: 'drop',
    mlApp: 'evil',
    sessionId: 'evil',
    captureContent: false,
    processor: () => null,
    parent: null,
    reference: 'evil',
    route: 'evil',
    timeoutMs: 0,
    toJSON: () => 'evil',
    get: () => 'evil',
    set: () => 'evil',
    // biome-ignore lint/suspicious/noThenProperty: pollution is what is tested
    then: 'evil',
    role: 'evil',
    name: 'evil'
  }
  for (const prototype of [
    Object.prototype,
    Array.prototype,
    String.prototype,
    Promise.prototype,
    Map.prototype
  ]) {
    for (const [name, value] of Object.entries(values)) {
      if (name in prototype && prototype !== Object.prototype) continue
      const descriptor = Object.assign(Object.create(null), { value, configurable: true, writable: true })
      Object.defineProperty(prototype, name, descriptor)
    }
  }
}

if (when === 'before') pollute()
const { llmobs } = require('../../..')
if (when === 'after') pollute()

const search = llmobs.wrap({ kind: 'tool' }, function search(query, limit) {
  return { query, limit }
})

llmobs.withRoutingContext({ ddApiKey: 'a'.repeat(32), ddSite: 'datadoghq.eu' }, () =>
  llmobs.trace({ kind: 'llm', name: 'call' }, span => {
    llmobs.annotate({
      inputData: [{ content: 'hello' }],
      outputData: 'there',
      metadata: { nested: { list: [1, 'two', null] } },
      metrics: { inputTokens: 3 },
      tags: { team: 'search' }
    })
    search('why', 3)
    llmobs.submitEvaluation(llmobs.exportSpan(span), { label: 'quality', metricType: 'score', value: 1 })
  })
)
llmobs.flush()
