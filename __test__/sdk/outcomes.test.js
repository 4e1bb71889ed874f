'use strict'

const { subscribe, unsubscribe } = require('node:diagnostics_channel')
const { EventEmitter, once } = require('node:events')
const { ACME, GLOBEX, KEYS, sdk } = require('./setup')

const { open } = sdk()

/** @type {any[]} */
let told = []
const listen = message => told.push(message)

beforeEach(() => {
  told = []
  subscribe('spanlane:delivery', listen)
})

afterEach(() => {
  unsubscribe('spanlane:delivery', listen)
})

/** @param {any} llmobs @param {any} route */
function record(llmobs, route, count = 1) {
  llmobs.withRoutingContext(route, () => {
    for (let index = 0; index < count; index++) llmobs.trace({ kind: 'task' }, () => {})
  })
}

describe('the channel spanlane:delivery tells what became of events', () => {
  test('delivered and rejected, per tenant, after a flush', async () => {
    const { llmobs } = await open(
      {},
      { script: { match: { key: KEYS.globex }, actions: [{ status: 400, times: Infinity }] } }
    )
    record(llmobs, ACME, 2)
    record(llmobs, GLOBEX)
    await llmobs.flush()
    expect(told).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ tenant: 'acme', site: 'datadoghq.eu', outcome: 'delivered', count: 2 }),
        expect.objectContaining({ tenant: 'globex', outcome: 'rejected', status: 400, count: 1 })
      ])
    )
  })

  test('without a subscriber nothing is made of what was delivered, and of the rest as before', async () => {
    unsubscribe('spanlane:delivery', listen)
    const { llmobs, log } = await open(
      {},
      { script: { match: { key: KEYS.globex }, actions: [{ status: 400, times: Infinity }] } }
    )
    const { core } = /** @type {any} */ (llmobs.route(ACME))
    const outcomes = jest.spyOn(Object.getPrototypeOf(core), 'outcomes')
    try {
      record(llmobs, ACME, 2)
      record(llmobs, GLOBEX)
      await llmobs.flush()
      expect(outcomes.mock.results.flatMap(({ value }) => value)).toEqual([
        expect.objectContaining({ tenant: 'globex', outcome: 'rejected', status: 400, count: 1 })
      ])
    } finally {
      outcomes.mockRestore()
    }
    expect(log.lines).toEqual([expect.stringMatching(/^1 event of tenant "globex" .* rejected/)])
  })

  test('events without a route have no tenant', async () => {
    const { llmobs } = await open({ outsideContexts: 'refuse' })
    llmobs.trace({ kind: 'task' }, () => {})
    await llmobs.flush()
    expect(told).toEqual([
      expect.objectContaining({ tenant: '', outcome: 'dropped', reason: 'no_route', count: 1 })
    ])
  })

  test('without any flush by the application, too', async () => {
    const { llmobs } = await open()
    const heard = new EventEmitter()
    const hear = message => heard.emit('outcome', message)
    subscribe('spanlane:delivery', hear)
    try {
      record(llmobs, ACME)
      const [message] = await once(heard, 'outcome')
      expect(message).toMatchObject({ tenant: 'acme', outcome: 'delivered', count: 1 })
    } finally {
      unsubscribe('spanlane:delivery', hear)
    }
  })

  test('whoever listens runs outside all contexts', async () => {
    const { llmobs } = await open({ apiKey: undefined })
    const heard = new EventEmitter()
    const hear = () => heard.emit('route', llmobs.currentRoute())
    subscribe('spanlane:delivery', hear)
    try {
      llmobs.withRoutingContext(ACME, () => llmobs.trace({ kind: 'task' }, () => {}))
      expect(await once(heard, 'route')).toEqual([null])
    } finally {
      unsubscribe('spanlane:delivery', hear)
    }
  })

  test('an evaluation without a home is told, too', async () => {
    const { llmobs, log } = await open({ apiKey: undefined })
    const heard = new EventEmitter()
    const hear = message => heard.emit('outcome', message)
    subscribe('spanlane:delivery', hear)
    try {
      llmobs.submitEvaluation({ traceId: '1', spanId: '1' }, { label: 'q', metricType: 'score', value: 1 })
      const [message] = await once(heard, 'outcome')
      expect(message).toMatchObject({ tenant: '', outcome: 'dropped', reason: 'no_route' })
      expect(log.lines).toEqual([expect.stringMatching(/^1 event without a route dropped: no_route;/)])
    } finally {
      unsubscribe('spanlane:delivery', hear)
    }
  })

  test('no message holds a key', async () => {
    const { llmobs } = await open()
    record(llmobs, { ddApiKey: KEYS.initech })
    await llmobs.flush()
    expect(told).toHaveLength(1)
    expect(JSON.stringify(told)).not.toContain(KEYS.initech)
  })
})

describe('the logger hears of failures', () => {
  test('once per tenant and reason', async () => {
    const { llmobs, log } = await open({}, { script: { actions: [{ status: 400, times: Infinity }] } })
    for (let round = 0; round < 3; round++) {
      record(llmobs, ACME)
      record(llmobs, GLOBEX)
      await llmobs.flush()
    }
    const about = tenant => log.lines.filter(line => line.includes(`of tenant "${tenant}"`))
    expect(about('acme')).toEqual([
      expect.stringMatching(/^1 event of tenant "acme" \(datadoghq\.eu\) rejected: .*400/)
    ])
    expect(about('globex')).toHaveLength(1)
  })

  test('and, quietly, when a tenant has recovered', async () => {
    const { llmobs, log } = await open({}, { script: { actions: [{ status: 503 }] } })
    record(llmobs, ACME)
    expect(await llmobs.flush()).toMatchObject({ delivered: 1 })
    expect(log.lines).toEqual([
      expect.stringMatching(/^a request of tenant "acme" \(datadoghq\.eu\) failed, retrying: .*503/)
    ])
    expect(log.quiet).toEqual([expect.stringMatching(/of tenant "acme" \(datadoghq\.eu\) recovered/)])
  })

  test('and of nothing when all is well', async () => {
    const { llmobs, log } = await open()
    record(llmobs, ACME)
    await llmobs.flush()
    expect(log.lines).toEqual([])
  })
})
