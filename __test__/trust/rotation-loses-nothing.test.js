'use strict'

const { createLLMObs } = require('../..')
const { keyFingerprint } = require('../../testing')
const { intakes } = require('../support/intake')

const OLD = 'a'.repeat(32)
const NEW = 'b'.repeat(32)
const OTHER = 'c'.repeat(32)
const intake = intakes()

/** @param {any} llmobs @param {any} route @param {string} name @param {string} owner */
function makeSpan(llmobs, route, name, owner) {
  llmobs.withRoutingContext(route, () =>
    llmobs.trace({ kind: 'task', name }, span => llmobs.annotate(span, { tags: { owner } }))
  )
}

test('what a refused key holds arrives under the new key, and the old one is not used again', async () => {
  const one = await intake.start({
    script: { match: { key: OLD }, actions: [{ status: 403, times: Number.POSITIVE_INFINITY }] }
  })
  one.expectOwner('rotating', { key: OLD, site: 'datadoghq.eu' })
  one.expectOwner('rotating', { key: NEW, site: 'datadoghq.eu' })
  const llmobs = createLLMObs({ mlApp: 'rotation', intakeUrl: one.url, logger: {} })
  const route = { ddApiKey: OLD, ddSite: 'datadoghq.eu', tenant: 'rotating' }
  const other = { ddApiKey: OTHER, ddSite: 'datadoghq.eu', tenant: 'other' }
  const opened = llmobs.route(route)
  for (let span = 0; span < 20; span += 1) makeSpan(llmobs, opened, `held-${span}`, 'rotating')
  await one.waitFor(() => llmobs.stats().tenants.some(tenant => tenant.parkedSinceMs !== null))
  makeSpan(llmobs, other, 'beside', 'other')

  expect(llmobs.rotate('rotating', { ddApiKey: NEW })).toBe(1)
  const rotatedAt = one.requests.length
  makeSpan(llmobs, opened, 'after', 'rotating')
  makeSpan(llmobs, { ...route, ddApiKey: NEW }, 'after, with the new key', 'rotating')
  const report = await llmobs.flush()

  expect(report).toMatchObject({ pending: 0, dropped: 0, rejected: 0 })
  expect(one.spans({ key: NEW })).toHaveLength(22)
  expect(one.spans({ key: OLD })).toHaveLength(0)
  expect(one.spans({ key: OTHER }).map(span => span.name)).toEqual(['beside'])
  const late = one.requests.slice(rotatedAt).map(request => request.keyFingerprint)
  expect(late).not.toContain(keyFingerprint(OLD))
  await llmobs.shutdown()
})
