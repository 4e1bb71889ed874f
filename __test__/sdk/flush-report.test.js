'use strict'

const { ACME, GLOBEX, KEYS, sdk } = require('./setup')

const { open } = sdk()

/** Answers to every request. @param {object} action @param {object} [match] */
const always = (action, match) => ({
  script: { ...(match && { match }), actions: [{ ...action, times: Infinity }] }
})

/** @param {any} llmobs @param {any} route */
const record = (llmobs, route) =>
  llmobs.withRoutingContext(route, () => llmobs.trace({ kind: 'task' }, () => {}))

describe('a flush whose time is up says why already in its first report', () => {
  test.each([
    ['a refused key', { status: 403 }, 'key_refused (http 403)'],
    ['a failing intake', { status: 503 }, 'server_error (http 503)'],
    ['a missing endpoint', { status: 404 }, 'endpoint_missing (http 404)'],
    ['a rate limit', { status: 429 }, 'rate_limited (http 429)'],
    ['a broken connection', { reset: 'after-body' }, expect.any(String)]
  ])('%s', async (_what, action, lastError) => {
    const { llmobs } = await open({ flushLingerMs: 0 }, always(action))
    record(llmobs, ACME)
    const { pending, tenants } = await llmobs.flush({ timeoutMs: 700 })
    expect(pending).toBe(1)
    expect(tenants).toEqual([expect.objectContaining({ tenant: 'acme', pending: 1, lastError })])
    expect(llmobs.stats().tenants.find(({ tenant }) => tenant === 'acme')?.lastError).toBe(
      tenants[0].lastError
    )
  })

  test('for each of several lanes, and for those alone that fail', async () => {
    const { llmobs } = await open({ flushLingerMs: 0 }, always({ status: 503 }, { key: KEYS.globex }))
    record(llmobs, { targets: [ACME, GLOBEX] })
    const { tenants } = await llmobs.flush({ timeoutMs: 700, route: { targets: [ACME, GLOBEX] } })
    expect(tenants.find(({ tenant }) => tenant === 'acme')).toEqual(
      expect.not.objectContaining({ lastError: expect.anything() })
    )
    expect(tenants.find(({ tenant }) => tenant === 'globex')).toMatchObject({
      pending: 1,
      lastError: 'server_error (http 503)'
    })
  })

  test('and so does shutdown', async () => {
    const { llmobs } = await open({ flushLingerMs: 0 }, always({ status: 503 }))
    record(llmobs, ACME)
    const { tenants } = await llmobs.shutdown({ timeoutMs: 700 })
    expect(tenants).toMatchObject([{ tenant: 'acme', lastError: 'server_error (http 503)' }])
  })
})

test('once everything has arrived the report has no error', async () => {
  const { llmobs, intake } = await open({ flushLingerMs: 0 }, always({ status: 503 }))
  record(llmobs, ACME)
  expect((await llmobs.flush({ timeoutMs: 700 })).tenants[0].lastError).toBeDefined()
  intake.setScript(null)
  const { delivered, tenants } = await llmobs.flush({ timeoutMs: 15_000 })
  expect(delivered).toBe(1)
  expect(tenants[0]).not.toHaveProperty('lastError')
})

test('without tenants it has the totals alone', async () => {
  const { llmobs } = await open({ flushLingerMs: 0 })
  for (const route of [ACME, GLOBEX]) record(llmobs, route)
  const report = await llmobs.flush({ tenants: false })
  expect(report).toEqual({ delivered: 2, rejected: 0, dropped: 0, pending: 0, tenants: [] })
  record(llmobs, ACME)
  expect((await llmobs.flush({ tenants: true })).tenants).toMatchObject([{ tenant: 'acme', delivered: 1 }])
  expect(() => llmobs.flush({ tenants: 'no' })).toThrow(
    expect.objectContaining({ code: 'SPANLANE_INVALID_OPTION' })
  )
})

test('the sums of stats() are those of its moment; the rows are counted when they are first read, and may be replaced', async () => {
  const { llmobs } = await open({ flushLingerMs: 0 })
  record(llmobs, ACME)
  await llmobs.flush()
  const stats = llmobs.stats()
  record(llmobs, ACME)
  await llmobs.flush()
  const acme = stats.tenants.find(({ tenant }) => tenant === 'acme')
  expect(stats.total).toMatchObject({ submitted: 1, delivered: 1, held: 0 })
  expect(acme).toMatchObject({ submitted: 2, delivered: 2, held: 0 })
  record(llmobs, ACME)
  await llmobs.flush()
  expect(stats.tenants).toBe(stats.tenants)
  expect(stats.tenants).toContain(acme)
  expect(acme?.submitted).toBe(2)
  expect(Object.keys(stats)).toEqual(['total', 'tenants', 'closed', 'unrouted', 'openSpans', 'misuse'])
  expect(JSON.parse(JSON.stringify(stats)).tenants).toEqual(stats.tenants)
  const later = llmobs.stats()
  later.tenants = []
  expect(later.tenants).toEqual([])
})
