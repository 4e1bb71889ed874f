'use strict'

// What callers get wrong, and what they are told.

const { inspect } = require('node:util')
const { ACME, GLOBEX, Log, bridge, init, llmobs, main, thrownBy, tracer } = require('./world')

main(async () => {
  const log = new Log()
  const attachErrors = {
    undefined: thrownBy(() => bridge.attach(undefined)),
    'not a tracer': thrownBy(() => bridge.attach({ trace() {} })),
    'unknown option': thrownBy(() => bridge.attach(tracer, { apiKeys: 1 })),
    'wrong choice': thrownBy(() => bridge.attach(tracer, { apmGenAiTags: 'hide' }))
  }
  const namespace = bridge.attach({ default: tracer }, { logger: log })
  const beforeInit = {
    result: tracer.llmobs.routingContext(ACME, () => 'ran'),
    alias: tracer.llmobs.withRoutingContext(ACME, () => 'ran'),
    noFunction: thrownBy(() => tracer.llmobs.routingContext(ACME)),
    warnings: log.lines.splice(0)
  }
  init()
  const second = bridge.attach(tracer)
  attachErrors['other options'] = thrownBy(() => bridge.attach(tracer, { outsideContexts: 'refuse' }))
  attachErrors['another tracer'] = thrownBy(() => bridge.attach({ init() {}, llmobs: {} }))

  const contexts = {
    'no options': [undefined],
    'old: key and site as texts': ['a'.repeat(32), 'datadoghq.eu'],
    'old: a function alone': [() => ran++, null],
    "the names of dd-trace's storage": [{ apiKey: ACME.ddApiKey, site: ACME.ddSite }],
    'no key': [{ ddSite: 'datadoghq.eu' }],
    'empty key': [{ ddApiKey: '' }],
    'key of blanks': [{ ddApiKey: '   ' }],
    'key of another type': [{ ddApiKey: 12345 }],
    'key with a line break inside': [{ ddApiKey: 'abc\ndef' }],
    'site with a user part': [{ ...ACME, ddSite: 'x@evil.example' }],
    'site of somebody else': [{ ...ACME, ddSite: 'evil.example' }],
    'empty site': [{ ...ACME, ddSite: '' }],
    'site of another type': [{ ...ACME, ddSite: 5 }],
    'government site': [{ ...ACME, ddSite: 'ddog-gov.com' }],
    'misspelt site': [{ ddApiKey: ACME.ddApiKey, ddsite: 'datadoghq.eu' }]
  }
  let ran = 0
  const contextErrors = Object.fromEntries(
    Object.entries(contexts).map(([name, [input, fn]]) => [
      name,
      thrownBy(() => tracer.llmobs.routingContext(input, fn === undefined ? () => ran++ : fn))
    ])
  )
  contextErrors['no function'] = thrownBy(() => tracer.llmobs.routingContext(ACME))

  const key = ` ${'e'.repeat(32)}\n`
  let seen = ''
  tracer.llmobs.routingContext({ ddApiKey: key, ddSite: ' DATADOGHQ.eu' }, () => {
    tracer.llmobs.trace({ kind: 'task', name: 'trimmed' }, span => {
      seen = inspect([tagsOf(span), storeOf()], { depth: 9, showHidden: true, getters: true })
    })
  })
  // A key that changes under one label: the same tenant goes on.
  const rotated = { ...GLOBEX, ddApiKey: 'f'.repeat(32) }
  let line
  tracer.llmobs.routingContext(GLOBEX, () =>
    tracer.llmobs.trace({ kind: 'task', name: 'old key' }, () =>
      tracer.llmobs.routingContext(rotated, () => {
        tracer.llmobs.trace({ kind: 'task', name: 'new key' }, () => {
          line = tracer.llmobs.exportSpan().traceId
        })
      })
    )
  )
  await tracer.llmobs.flush()
  return {
    attachErrors,
    beforeInit,
    contextErrors,
    ran,
    line,
    isIdempotent: second === namespace,
    keySeen: seen.includes('e'.repeat(32)),
    tokenSeen: seen.includes('spanlane-route-not-an-api-key'),
    tenants: llmobs.stats().tenants.map(({ tenant }) => tenant)
  }
})

function copyOf(path) {
  const root = require.resolve(process.env.BRIDGE_DD_TRACE ?? 'dd-trace').replace(/[\\/]index\.js$/, '')
  return require(`${root}/packages/dd-trace/src/llmobs/${path}`)
}

function tagsOf(span) {
  return copyOf('tagger.js').tagMap.get(span)
}

function storeOf() {
  return copyOf('storage.js').storage.getStore()
}
