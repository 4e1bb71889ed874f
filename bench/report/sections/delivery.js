'use strict'

const { atLeast } = require('../goals')
const { spread, table, times } = require('../markdown')

const GOAL = 100
const WORKER_GOAL = 3

/** @typedef {import('../../results').Entry} Entry */

const text = `Each tenant has one span of 1 KB, so each is a request of its own, over TLS to another process that answers at once.
Microseconds of the JavaScript thread per span, from \`routingContext\` to the last answer, in processes that are warm. With
\`routes kept\` the application opens each tenant's route once, by \`llmobs.route\`; all others are given key and site each
time. The \`worker_threads\` tracer checks nothing that it is given, and knows nothing but model calls.
`

/** @param {any} result @param {string} peer */
function medianOf(result, peer) {
  return result.rows.find((/** @type {any} */ row) => row.peer === peer).us.median
}

/** @param {Entry[]} entries */
function section(entries) {
  const parts = entries.map(({ node, ddTrace, result }) => {
    const rows = result.rows.map((/** @type {any} */ { peer, us, arrived, requests }) => [
      peer,
      spread(us),
      times(us.median / medianOf(result, 'spanlane')),
      `${arrived} of ${result.made}`,
      requests
    ])
    const headings = ['peer', 'us per span', 'over Spanlane', 'arrived', 'requests']
    return `### Node ${node}, dd-trace ${ddTrace}, ${result.tenants} tenants\n\n${table(headings, rows)}\n`
  })
  return {
    title: '(c) One event per request',
    text: [text, ...parts].join('\n'),
    plots: [],
    goals: entries.flatMap(({ node, result }) => {
      const own = medianOf(result, 'spanlane')
      return [
        atLeast(node, `(c) dd-trace / Spanlane`, medianOf(result, 'dd-trace') / own, GOAL),
        atLeast(node, `(c) worker_threads / Spanlane`, medianOf(result, 'worker_threads') / own, WORKER_GOAL)
      ]
    })
  }
}

module.exports = { workload: 'delivery', section }
