'use strict'

const { createLLMObs } = require('../..')
const { intakes } = require('../support/intake')
const { SOAK_TIMEOUT_MS, soak } = require('./soak')

jest.setTimeout(SOAK_TIMEOUT_MS)

const intake = intakes()

// Times are printed by `npm run soak`; here the counts must be right.

test('one tenant that is never answered costs the others nothing', async () => {
  const { figures, problems } = await soak([
    'black-hole',
    ...['--tenants', '30', '--seconds', '3', '--late-ms', '30000', '--peer', 'no']
  ])
  expect(problems).toEqual([])
  expect(figures.rows.map(row => row.delivered)).toEqual([90, 90])
})

test('a tenth of all tenants never answered: the others all arrive, warm and cold', async () => {
  const { figures, problems } = await soak([
    'many-black-holes',
    ...[
      '--tenants',
      '200',
      '--bad',
      '20',
      '--period-ms',
      '1000',
      '--rounds',
      '2',
      '--request-timeout-ms',
      '1000'
    ]
  ])
  expect(problems).toEqual([])
  expect(figures.rows.map(row => row.delivered)).toEqual([360, 360, 360])
})

test('half of all tenants fail, in each way, and fill what they may: the others lose nothing', async () => {
  const { figures, problems } = await soak([
    'starvation',
    ...['--tenants', '12', '--seconds', '3', '--limit-mib', '1', '--peer', 'no']
  ])
  expect(problems).toEqual([])
  expect(figures.rows.map(row => row.delivered)).toEqual(Array(8).fill(90))
  const evicting = figures.rows.filter(row => row.evicted > 0).map(row => row.way)
  expect(evicting).toEqual(expect.arrayContaining(['403', '429', '503', 'hang', 'reset']))
})

test('all intakes down: what is held stays below the limit, all is counted, and it arrives later', async () => {
  const { figures, problems } = await soak([
    'outage',
    '--tenants',
    '300',
    '--seconds',
    '3',
    '--limit-mib',
    '8'
  ])
  expect(problems).toEqual([])
  expect(figures.peakHeldTextMib).toBeLessThanOrEqual(8)
  expect(figures.droppedByReason.buffer_full).toBeGreaterThan(0)
})

test('a tenant that floods fills its own share and nothing else', async () => {
  const flooder = { ddApiKey: 'f'.repeat(32), ddSite: 'datadoghq.com', tenant: 'flooder' }
  const { url } = await intake.start({
    script: { match: { key: flooder.ddApiKey }, actions: [{ stall: true, times: Number.POSITIVE_INFINITY }] }
  })
  const llmobs = createLLMObs({
    ...{ mlApp: 'flood', intakeUrl: url, logger: {} },
    maxBufferedBytes: 8 * 1024 * 1024,
    maxBufferedBytesPerTenant: 2 * 1024 * 1024
  })
  const send = (/** @type {any} */ route, /** @type {string} */ inputData) =>
    llmobs.withRoutingContext(route, () =>
      llmobs.trace({ kind: 'task', name: 'work' }, span => llmobs.annotate(span, { inputData }))
    )
  const others = Array.from({ length: 50 }, (_, index) => ({
    ddApiKey: String(index).padStart(32, 'a'),
    ddSite: 'datadoghq.com',
    tenant: `other-${index}`
  }))
  const large = 'x'.repeat(100_000)
  for (let round = 0; round < 20; round += 1) {
    for (let flood = 0; flood < 20; flood += 1) send(flooder, large)
    for (const other of others) send(other, 'a question')
  }
  await Promise.all(others.map(route => llmobs.flush({ route })))
  const { tenants } = llmobs.stats()
  for (const { tenant, submitted, delivered, dropped, held, droppedByReason } of tenants) {
    if (tenant !== 'flooder') {
      expect({ tenant, submitted, delivered, dropped }).toEqual({
        tenant,
        submitted: 20,
        delivered: 20,
        dropped: 0
      })
      continue
    }
    // Its share in events of 100 KB, and not one more.
    expect({ submitted, delivered, held, droppedByReason }).toEqual({
      submitted: 400,
      delivered: 0,
      held: 20,
      droppedByReason: { tenant_share: 380 }
    })
  }
  expect(tenants).toHaveLength(51)
  await llmobs.shutdown({ timeoutMs: 0 })
})
