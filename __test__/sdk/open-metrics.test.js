'use strict'

const parse = require('parse-prometheus-text-format')
const { ACME, GLOBEX, KEYS, sdk, thrownBy } = require('./setup')
const { createLLMObs } = require('../..')

const { open } = sdk()

/** @param {any} llmobs @param {any} route @param {number} [count] */
function record(llmobs, route, count = 1) {
  llmobs.withRoutingContext(route, () => {
    for (let index = 0; index < count; index++) llmobs.trace({ kind: 'task' }, () => {})
  })
}

/** @param {string} text @returns {Map<string, number>} the value of each series, by its name and labels */
function seriesOf(text) {
  const families = parse(text).map((/** @type {any} */ { name, metrics }) =>
    metrics.map((/** @type {any} */ { labels, value }) => [
      [name, ...Object.values(labels ?? {})].join(' '),
      Number(value)
    ])
  )
  return new Map(families.flat())
}

/** @param {number} index */
const tenant = index => ({
  ddApiKey: String(index).padStart(32, 'e'),
  ddSite: 'datadoghq.com',
  tenant: `tenant-${index}`
})

test('the accounting as a parser reads it: for the process, and by tenant and site', async () => {
  const { llmobs } = await open(
    { flushLingerMs: 0 },
    { script: { match: { key: KEYS.globex }, actions: [{ status: 400, times: Infinity }] } }
  )
  record(llmobs, ACME, 3)
  record(llmobs, GLOBEX, 2)
  llmobs.trace({ kind: 'task' }, () => {})
  await llmobs.flush()
  const series = seriesOf(llmobs.openMetrics())
  expect(Object.fromEntries(series)).toMatchObject({
    spanlane_events_submitted_total: 6,
    spanlane_events_delivered_total: 3,
    'spanlane_events_rejected_total 400': 2,
    'spanlane_events_dropped_total no_route': 1,
    spanlane_events_held: 0,
    'spanlane_tenant_events_delivered_total acme datadoghq.eu': 3,
    'spanlane_tenant_events_rejected_total globex us5.datadoghq.com 400': 2,
    'spanlane_tenant_events_submitted_total * *': 0,
    spanlane_open_spans: 0
  })
  expect(series.get('spanlane_tenant_last_success_timestamp_seconds acme datadoghq.eu')).toBeCloseTo(
    Date.now() / 1000,
    -2
  )
  expect(series.has('spanlane_tenant_last_success_timestamp_seconds globex us5.datadoghq.com')).toBe(false)
})

test('what it says is what stats() says, whatever happened', async () => {
  const { llmobs } = await open({ flushLingerMs: 0, maxBufferedBytesPerTenant: 1024 })
  for (let index = 0; index < 7; index++) record(llmobs, tenant(index), index)
  await llmobs.flush()
  for (let index = 0; index < 7; index++) record(llmobs, tenant(index), 10)
  const text = llmobs.openMetrics({ tenants: 4 })
  const { total } = llmobs.stats()
  const sums = (/** @type {string} */ counter) =>
    [...seriesOf(text)]
      .filter(([name]) => name.startsWith(`spanlane_tenant_events_${counter}`))
      .reduce((sum, [, value]) => sum + value, 0)
  expect(sums('submitted')).toBe(total.submitted)
  expect(sums('delivered') + sums('rejected') + sums('dropped') + sums('held')).toBe(total.submitted)
  expect(sums('dropped')).toBe(total.dropped)
})

test('keys of one tenant are one series, and none is missed', async () => {
  const { llmobs } = await open()
  for (const ddApiKey of [KEYS.acme, KEYS.globex]) record(llmobs, { ddApiKey, tenant: 'rotating' })
  const series = seriesOf(llmobs.openMetrics())
  const submitted = [...series].filter(([name]) => name.startsWith('spanlane_tenant_events_submitted_total'))
  expect(submitted.map(([name, value]) => [name.split(' ')[1], value])).toEqual([
    ['default', 0],
    ['rotating', 2],
    ['*', 0]
  ])
  expect(series.get('spanlane_tenants')).toBe(3)
})

test('rows of stats stand in the order in which they were opened', async () => {
  const { llmobs } = await open()
  for (let index = 0; index < 60; index++) record(llmobs, tenant(index))
  const names = llmobs.stats().tenants.map(row => row.tenant)
  expect(names).toEqual(['default', ...Array.from({ length: 60 }, (_, index) => tenant(index).tenant)])
})

describe('a bounded number of tenants has series of its own', () => {
  test('the first ones; the others are one sum', async () => {
    const { llmobs } = await open()
    for (let index = 0; index < 5; index++) record(llmobs, tenant(index), index + 1)
    const own = [...seriesOf(llmobs.openMetrics({ tenants: 2 })).keys()].filter(name =>
      name.startsWith('spanlane_tenant_events_submitted_total')
    )
    expect(own).toHaveLength(3)
  })

  test('none, where none is wanted', async () => {
    const { llmobs } = await open()
    for (let index = 0; index < 5; index++) record(llmobs, tenant(index), index + 1)
    const counted = seriesOf(llmobs.openMetrics({ tenants: 0 }))
    expect(counted.get('spanlane_tenant_events_submitted_total * *')).toBe(15)
    expect(counted.get('spanlane_tenants')).toBe(llmobs.stats().tenants.length)
  })

  test('which they keep', async () => {
    const { llmobs } = await open()
    for (let index = 0; index < 3; index++) record(llmobs, tenant(index))
    const names = () =>
      [...seriesOf(llmobs.openMetrics({ tenants: 2 })).keys()].filter(name => name.includes('submitted'))
    const before = names()
    for (let index = 3; index < 30; index++) record(llmobs, tenant(index))
    expect(names()).toEqual(before)
  })
})

test.each(['acme "and" sons', 'back\\slash', 'ünïcödé 客'])('a label is escaped: %s', async name => {
  const { llmobs } = await open()
  record(llmobs, { ...ACME, tenant: name })
  const text = llmobs.openMetrics()
  expect(text).toContain(
    `spanlane_tenant_events_submitted_total{tenant="${name.replace(/["\\]/g, found => `\\${found}`)}",site="datadoghq.eu"} 1\n`
  )
  expect(text.endsWith('\n# EOF\n')).toBe(true)
})

test('no key, and no misuse that is not counted', async () => {
  const { llmobs } = await open()
  record(llmobs, { ddApiKey: KEYS.acme })
  llmobs.withRoutingContext(ACME, () =>
    llmobs.trace({ kind: 'task' }, () => llmobs.annotate(/** @type {any} */ ({ tags: 'none' })))
  )
  const text = llmobs.openMetrics()
  expect(text).not.toContain(KEYS.acme)
  expect(seriesOf(text).get('spanlane_misuse_total SPANLANE_INVALID_ANNOTATION')).toBe(1)
})

test('an instance that records nothing says so', () => {
  const llmobs = createLLMObs({ enabled: false })
  expect(seriesOf(llmobs.openMetrics()).get('spanlane_events_submitted_total')).toBe(0)
})

test.each([['many'], [-1], [1.5], [1e6], [Number.NaN]])('%p tenants are refused', async tenants => {
  const { llmobs } = await open()
  const options = /** @type {any} */ ({ tenants })
  expect(thrownBy(() => llmobs.openMetrics(options))).toMatchObject({ code: 'SPANLANE_INVALID_OPTION' })
})
