'use strict'

const { readFileSync } = require('node:fs')
const path = require('node:path')
const { KEYS } = require('../sdk/setup')
const { intakes } = require('../support/intake')
const { repository } = require('./installed')

const read = (/** @type {string[]} */ ...names) => readFileSync(path.join(repository, ...names), 'utf8')
const started = intakes()

/** @param {string} text @returns {string} without the indentation of its first line */
function dedented(text) {
  const indent = /^ */.exec(text)?.[0].length ?? 0
  return text
    .split('\n')
    .map(line => line.slice(indent))
    .join('\n')
    .trim()
}

test('each block of code in docs/operations.md stands in the program, and each of its regions in the document', () => {
  const blocks = read('docs', 'operations.md')
    .split('```js\n')
    .slice(1)
    .map(text => text.split('\n```')[0])
  const regions = read('examples', 'operations', 'index.js')
    .split(/^ *\/\/ operations: .*\n/m)
    .slice(1)
    .map(text => dedented(text.split(/^ *\/\/ end$/m)[0]))
  expect(regions).toEqual(blocks)
})

test('and the program does what the document says', async () => {
  const refusal = { match: { key: KEYS.globex }, actions: [{ status: 403, times: Infinity }] }
  const intake = await started.start({ script: refusal })
  process.env.SPANLANE_INTAKE_URL = intake.url
  const { createLLMObs } = require('../..')
  const llmobs = createLLMObs({ mlApp: 'shop', logger: {}, flushLingerMs: 0 })
  jest.doMock('spanlane', () => ({ llmobs }), { virtual: true })
  const operations = require('../../examples/operations')
  const customers = {
    acme: { ddApiKey: KEYS.acme, ddSite: 'datadoghq.eu', tenant: 'acme' },
    globex: { ddApiKey: KEYS.globex, ddSite: 'datadoghq.com', tenant: 'globex' }
  }
  const work = (/** @type {keyof typeof customers} */ name) =>
    llmobs.withRoutingContext(customers[name], () => llmobs.trace({ kind: 'task' }, () => {}))

  /** @type {string[]} */
  const alarms = []
  operations.watchDelivery((/** @type {string} */ text) => alarms.push(text))
  const metrics = await operations.serveMetrics(0)
  try {
    work('acme')
    work('globex')
    llmobs.trace({ kind: 'task' }, () => {})
    await llmobs.flush({ timeoutMs: 700 })
    const { port } = metrics.address()
    const answer = await fetch(`http://127.0.0.1:${port}/metrics`)
    expect(answer.headers.get('content-type')).toContain('application/openmetrics-text')
    expect(await answer.text()).toContain('spanlane_tenant_refused_since_timestamp_seconds{tenant="globex"')
    expect((await fetch(`http://127.0.0.1:${port}/other`)).status).toBe(404)
    expect(alarms.sort()).toEqual([
      '1 spans have lost their customer',
      'the key of globex is refused: ask for a new one'
    ])

    expect(observed(operations)).toEqual({ submitted: 3, delivered: 1, rejected: 0, dropped: 1, held: 1 })
    const gauges = gauged(operations)
    expect(gauges['spanlane.events.delivered']).toBe(1)
    expect(gauges['spanlane.tenant.refused tenant:globex,site:datadoghq.com']).toBe(1)
    expect(operations.healthOf('acme')).toMatchObject([{ state: 'ok', delivered: 1, lost: 0, waiting: 0 }])
    expect(operations.healthOf('globex')).toMatchObject([{ state: 'key refused', waiting: 1 }])

    operations.changeKey(customers, 'globex', KEYS.initech)
    work('acme')
    expect(await operations.offboard(customers, 'acme')).toEqual({
      pending: 0,
      tenants: [expect.objectContaining({ tenant: 'acme', delivered: 1, pending: 0 })]
    })
    expect(Object.keys(customers)).toEqual(['globex'])
    expect((await llmobs.flush()).pending).toBe(0)
    expect(intake.spans({ key: KEYS.initech })).toHaveLength(1)
  } finally {
    metrics.close()
    await llmobs.shutdown({ timeoutMs: 0 })
  }
})

/** @param {any} operations @returns {Record<string, number>} what OpenTelemetry would be told, by counter */
function observed(operations) {
  /** @type {Record<string, number>} */
  const told = {}
  const create = (/** @type {string} */ name) => name.replace('spanlane.events.', '')
  operations.observeMetrics({
    createObservableCounter: create,
    createObservableUpDownCounter: create,
    addBatchObservableCallback: (/** @type {any} */ callback) =>
      callback({ observe: (/** @type {string} */ name, /** @type {number} */ value) => (told[name] = value) })
  })
  return told
}

/** @param {any} operations @returns {Record<string, number>} what DogStatsD would be told, by name and tags */
function gauged(operations) {
  /** @type {Record<string, number>} */
  const told = {}
  operations.reportToDatadog({
    gauge: (/** @type {string} */ name, /** @type {number} */ value, /** @type {string[]} */ tags = []) =>
      (told[`${name} ${tags}`.trim()] = value)
  })
  return told
}
