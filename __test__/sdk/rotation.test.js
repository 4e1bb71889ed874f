'use strict'

const { ACME, KEYS, sdk, thrownBy } = require('./setup')

const { open } = sdk()

test('what a refused key held goes out with the new one', async () => {
  const script = { match: { key: KEYS.acme }, actions: [{ status: 403, times: Infinity }] }
  const { llmobs, intake, log } = await open({}, { script })
  llmobs.withRoutingContext(ACME, () => llmobs.trace({ kind: 'task', name: 'kept' }, () => {}))
  expect(await llmobs.flush({ timeoutMs: 300 })).toMatchObject({ delivered: 0, pending: 1 })
  expect(llmobs.stats().tenants.find(({ tenant }) => tenant === 'acme')?.parkedSinceMs).toEqual(
    expect.any(Number)
  )
  expect(llmobs.rotate('acme', { ddApiKey: KEYS.initech })).toBe(1)
  expect(await llmobs.flush()).toMatchObject({ delivered: 1, pending: 0 })
  expect(intake.spans({ key: KEYS.initech, site: 'datadoghq.eu' }).map(span => span.name)).toEqual(['kept'])
  expect(log.lines).toEqual(expect.arrayContaining([expect.stringMatching(/of tenant "acme".*403/)]))
  expect(log.lines.join()).not.toMatch(/aaaa|cccc/)
})

test('a route opened before goes on with the new key', async () => {
  const { llmobs, intake } = await open()
  const route = llmobs.route(ACME)
  llmobs.withRoutingContext(route, () => llmobs.trace({ kind: 'task', name: 'before' }, () => {}))
  await llmobs.flush()
  llmobs.rotate('acme', { ddApiKey: KEYS.initech })
  llmobs.withRoutingContext(route, () => llmobs.trace({ kind: 'task', name: 'after' }, () => {}))
  await llmobs.flush()
  expect(intake.spans({ key: KEYS.acme }).map(span => span.name)).toEqual(['before'])
  expect(intake.spans({ key: KEYS.initech }).map(span => span.name)).toEqual(['after'])
})

test('a label that holds nothing changes nothing', async () => {
  const { llmobs } = await open()
  expect(llmobs.rotate('nobody', { ddApiKey: KEYS.initech })).toBe(0)
})

test.each([
  [5, { ddApiKey: KEYS.initech }, 'SPANLANE_INVALID_TENANT'],
  ['acme', undefined, 'SPANLANE_INVALID_API_KEY'],
  ['acme', { ddApiKey: 5 }, 'SPANLANE_INVALID_API_KEY'],
  ['acme', { ddApiKey: 'two words' }, 'SPANLANE_INVALID_API_KEY'],
  ['acme', Object.create({ ddApiKey: KEYS.initech }), 'SPANLANE_INVALID_API_KEY']
])('rotate(%p, %p) is refused', async (tenant, options, code) => {
  const { llmobs } = await open()
  llmobs.route(ACME)
  const error = thrownBy(() => llmobs.rotate(/** @type {any} */ (tenant), /** @type {any} */ (options)))
  expect(error).toBeInstanceOf(TypeError)
  expect(error.code).toBe(code)
})
