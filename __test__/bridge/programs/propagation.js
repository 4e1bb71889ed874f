'use strict'

// One of two services: `propagation.js send|receive <context> [standalone]`. What the sender injects comes to the
// receiver as BRIDGE_HEADERS. A standalone one has Spanlane without dd-trace.

const { ACME, GLOBEX, bridge, init, llmobs, main, thrownBy, tracer } = require('./world')

const [role, context, kind] = process.argv.slice(2)
const CONTEXTS = { acme: ACME, globex: GLOBEX }
const within = fn => (context in CONTEXTS ? llmobs.withRoutingContext(CONTEXTS[context], fn) : fn())

let version = null

main(async () => {
  if (kind === 'standalone') {
    llmobs.init({ mlApp: 'assistant' })
  } else {
    init()
    version = bridge.attach(tracer).version
  }
  const facts = role === 'send' ? send() : receive()
  await llmobs.flush()
  return { ...facts, version, mismatches: llmobs.stats().total.tenantMismatch }
})

function send() {
  const headers = {}
  const map = new Map()
  const web = new Headers()
  const agent = {
    kind: 'agent',
    name: 'planner',
    sessionId: 'session of the caller',
    mlApp: 'app of the caller'
  }
  within(() =>
    llmobs.trace(agent, () =>
      llmobs.trace({ kind: 'task', name: 'call' }, () => {
        for (const carrier of [headers, map, web]) llmobs.inject(carrier)
      })
    )
  )
  const none = {}
  llmobs.inject(none)
  const errors = [undefined, 5].map(carrier => thrownBy(() => llmobs.inject(carrier)))
  return { headers, map: Object.fromEntries(map), web: Object.fromEntries(web), none, errors }
}

function receive() {
  const headers = JSON.parse(process.env.BRIDGE_HEADERS)
  const serve = name => () =>
    llmobs.trace({ kind: 'tool', name }, () =>
      llmobs.trace({ kind: 'task', name: `below ${name}` }, () => {})
    )
  llmobs.extract(headers, () => within(serve('served')))
  within(() => llmobs.extract(new Map(Object.entries(headers)), serve('served too')))
  const passedOn = {}
  llmobs.extract(headers, () => llmobs.inject(passedOn))
  within(serve('of its own'))
  const results = [
    llmobs.extract({}, () => 'ran without'),
    llmobs.extract({ 'x-datadog-tags': ',,=,_dd.p.llmobs_parent_id=-5' }, () => 'ran with rubbish')
  ]
  const errors = [
    thrownBy(() => llmobs.extract(undefined, () => {})),
    thrownBy(() => llmobs.extract(headers, undefined))
  ]
  return { passedOn, results, errors }
}
