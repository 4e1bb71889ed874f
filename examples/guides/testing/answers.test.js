'use strict'

const assert = require('node:assert')
const { ask, routeOf } = require('../platform')

const ACME_KEY = routeOf('acme').ddApiKey
const GLOBEX_KEY = routeOf('globex').ddApiKey

// guide: application
const { llmobs } = require('spanlane')

/** What is tested: it knows the question's customer, and enters that customer's context. */
function answer({ customer, question }) {
  return llmobs.withRoutingContext(routeOf(customer), () =>
    llmobs.annotationContext({ tags: { owner: customer } }, () => ask(question))
  )
}
// end

// guide: test
const { after, before, beforeEach, test } = require('node:test')
const { expectNothingCrossed, startIntake } = require('spanlane/testing')

let intake

before(async () => {
  intake = await startIntake()
  // Before the application's own init. A wrong annotation throws, and nothing is logged.
  llmobs.init({ mlApp: 'support-bot', intakeUrl: intake.url, onMisuse: 'throw', logger: {} })
})
beforeEach(() => intake.reset())
after(async () => {
  await llmobs.shutdown({ timeoutMs: 0 })
  await intake.close()
})

test('each customer receives its own spans, and nothing else', async () => {
  await Promise.all([
    answer({ customer: 'acme', question: 'Where is my order?' }),
    answer({ customer: 'globex', question: 'Why was I charged twice?' })
  ])
  await llmobs.flush()
  expectNothingCrossed(intake, { acme: ACME_KEY, globex: GLOBEX_KEY })
  assert.strictEqual(intake.spans({ key: ACME_KEY }).length, 1)
})
// end

// guide: failing
test('an intake that is down loses nothing that comes back in time', async () => {
  intake.setScript({ actions: [{ status: 503, times: 2 }] })
  await answer({ customer: 'acme', question: 'Where is my order?' })
  const report = await llmobs.flush()
  assert.strictEqual(report.delivered, 1)
  assert.deepStrictEqual(
    intake.requests.map(({ status }) => status),
    [503, 503, 202]
  )
})
// end

// guide: swapped
test('the check fails when keys are swapped', async () => {
  await answer({ customer: 'acme', question: 'Where is my order?' })
  await llmobs.flush()
  assert.throws(() => expectNothingCrossed(intake, { acme: GLOBEX_KEY, globex: ACME_KEY }), {
    code: 'SPANLANE_CROSSED'
  })
})
// end
