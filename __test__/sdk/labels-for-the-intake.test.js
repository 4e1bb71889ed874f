'use strict'

const { ACME, KEYS, sdk } = require('./setup')

const { open } = sdk()

/** @param {any} route @param {import('../..').InitOptions} [options] */
async function headersFor(route, options) {
  const { llmobs, intake } = await open(options)
  const work = () => llmobs.trace({ kind: 'task' }, () => {})
  if (route === null) work()
  else llmobs.withRoutingContext(route, work)
  await llmobs.flush()
  return intake.requests[0].headers
}

test.each([
  ['acme', 'acme'],
  ['客 & sons/1', '%E5%AE%A2%20%26%20sons%2F1']
])('an intake on this machine is told the label: %s', async (tenant, told) => {
  expect(await headersFor({ ...ACME, tenant })).toMatchObject({ 'x-spanlane-tenant': told })
})

test('and none where there is none, which says nothing of the key', async () => {
  expect(await headersFor({ ddApiKey: KEYS.acme })).not.toHaveProperty('x-spanlane-tenant')
  expect(await headersFor(null)).not.toHaveProperty('x-spanlane-tenant')
})

test('the page calls the lane by it, where no span says whose it is', async () => {
  const { llmobs, intake } = await open({}, { page: true })
  llmobs.withRoutingContext(ACME, () => llmobs.trace({ kind: 'task' }, () => {}))
  await llmobs.flush()
  const answer = await fetch(`${intake.url}/spanlane/snapshot`)
  const { lanes } = await answer.json()
  expect(lanes).toEqual([expect.objectContaining({ name: 'acme', nameFrom: 'label' })])
})
