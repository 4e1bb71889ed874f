'use strict'

const { createLLMObs } = require('../..')
const { intakes } = require('../support/intake')

const TENANTS = 1500
const ROUNDS = 4
const intake = intakes()

test(`${TENANTS} failing tenants: no tenant and reason is warned of twice within a minute`, async () => {
  const { url } = await intake.start({
    script: { actions: [{ status: 403, times: Number.POSITIVE_INFINITY }] },
    maxRecordedEvents: 0
  })
  /** @type {string[]} */
  const lines = []
  const logger = { warn: (/** @type {string} */ message) => lines.push(message) }
  const llmobs = createLLMObs({ mlApp: 'log', intakeUrl: url, logger })
  for (let round = 0; round < ROUNDS; round += 1) {
    for (let tenant = 0; tenant < TENANTS; tenant += 1) {
      const route = {
        ddApiKey: String(tenant).padStart(32, 'a'),
        ddSite: 'datadoghq.com',
        tenant: `t-${tenant}`
      }
      llmobs.withRoutingContext(route, () => llmobs.trace({ kind: 'task', name: 'refused' }, () => {}))
    }
    // It reads the journal at its end; refused keys are still held then.
    await llmobs.flush({ timeoutMs: 500 })
  }
  const { total } = llmobs.stats()
  expect(total.held).toBe(TENANTS * ROUNDS)
  await llmobs.shutdown({ timeoutMs: 0 })
  expect(lines.length).toBeGreaterThan(0)
  // How many events it concerns may differ from line to line.
  const causes = lines.map(line => line.replace(/^\d+ events? /, ''))
  const repeated = causes.length - new Set(causes).size
  expect(repeated).toBe(0)
}, 60_000)
