'use strict'

const { llmobs } = require('spanlane')
const { CrossingError, drawTable, drawTraces, expectNothingCrossed } = require('spanlane/testing')

/**
 * @param {import('../dd-trace-openai/customers').Customer[]} customers
 * @param {number} count
 * @returns {{ customer: import('../dd-trace-openai/customers').Customer, index: number }[]} so many of each
 */
function questionsOf(customers, count) {
  return customers.flatMap(customer => Array.from({ length: count }, (_, index) => ({ customer, index })))
}

/**
 * Once all is delivered: shows one trace and the judgement, and ends what was started. A wrong result is the exit code 1.
 *
 * @param {import('spanlane/testing').Intake} intake
 * @param {{ close(): void }} provider
 * @param {import('../dd-trace-openai/customers').Customer[]} customers
 * @param {number} expected spans of each
 */
async function conclude(intake, provider, customers, expected) {
  const [first] = intake.spans()
  console.log(drawTraces(intake.spans().filter(span => span.trace_id === first.trace_id)))
  const isRight = judge(intake, customers, expected)
  await llmobs.shutdown()
  provider.close()
  await intake.close()
  if (!isRight) process.exitCode = 1
}

/**
 * Prints what each customer got, and whether it is all of it and nothing else.
 *
 * @param {import('spanlane/testing').Intake} intake
 * @param {import('../dd-trace-openai/customers').Customer[]} customers
 * @param {number} expected spans of each
 * @returns {boolean}
 */
function judge(intake, customers, expected) {
  const rows = customers.map(({ name, ddApiKey: key, ddSite: site }) => {
    const spans = intake.spans({ key, site })
    const others = customers.filter(other => other.name !== name)
    const strange = spans.filter(span =>
      others.some(other => JSON.stringify(span).includes(`of ${other.name}`))
    )
    return [name, site, `${spans.length}`, `${strange.length}`]
  })
  console.log(drawTable(['customer', 'site', 'spans', 'of others'], rows))
  try {
    const places = customers.map(({ name, ddApiKey: key, ddSite: site }) => [name, { key, site }])
    expectNothingCrossed(intake, Object.fromEntries(places))
  } catch (error) {
    if (!(error instanceof CrossingError)) throw error
    console.error(error.message)
    return false
  }
  return rows.every(([, , spans, strange]) => Number(spans) === expected && strange === '0')
}

module.exports = { conclude, questionsOf }
