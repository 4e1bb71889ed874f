'use strict'

// Requests that dd-trace instruments: it writes and reads the headers, nobody calls inject or extract.

const { ACME, GLOBEX, bridge, init, llmobs, main, tracer } = require('./world')

main(async () => {
  init()
  const { version, detach } = bridge.attach(tracer, { onInvalidRoute: 'drop', logger: {} })
  const http = require('node:http')
  const task = (name, fn = () => {}) => llmobs.trace({ kind: 'task', name }, fn)
  /** @type {Record<string, string>} */
  const headers = {}
  const server = http.createServer((request, response) => {
    const from = request.url.slice(1)
    headers[from] = request.headers['x-datadog-tags'] ?? ''
    if (from !== 'nobody') {
      llmobs.withRoutingContext(ACME, () => task(`${from} to acme`, () => task(`below ${from} to acme`)))
      llmobs.withRoutingContext(GLOBEX, () => task(`${from} to globex`))
      task(`${from} to ours`)
    }
    response.end('done')
  })
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve))
  const call = path =>
    new Promise((resolve, reject) =>
      http
        .get({ port: server.address().port, host: '127.0.0.1', path, agent: false }, response =>
          response.resume().once('end', resolve)
        )
        .once('error', reject)
    )
  const agent = { kind: 'agent', name: 'acme', sessionId: 'session of acme' }
  await llmobs.withRoutingContext(ACME, () => llmobs.trace(agent, () => call('/acme')))
  const long = { ...agent, name: 'long', sessionId: 's'.repeat(350) }
  await llmobs.withRoutingContext(ACME, () => llmobs.trace(long, () => call('/long')))
  const lost = { ...agent, name: 'lost', sessionId: 'session of nobody' }
  await llmobs.withRoutingContext({ ddApiKey: '' }, () => llmobs.trace(lost, () => call('/lost')))
  await llmobs.trace({ kind: 'workflow', name: 'ours' }, () => call('/ours'))
  await llmobs.flush()
  const { tenantMismatch } = llmobs.stats().total
  detach()
  await tracer.trace('detached', () => call('/nobody'))
  server.close()
  return { headers, version, tenantMismatch }
})
