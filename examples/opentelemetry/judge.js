'use strict'

const { CrossingError, drawTable, expectNothingCrossed } = require('spanlane/testing')

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

module.exports = { judge }
