'use strict'

const { atLeast } = require('../goals')
const { spread, table, times } = require('../markdown')
const { barChart } = require('../svg')

/** dd-trace / Spanlane, by size and mode. @type {Record<string, number>} */
const GOALS = { '1 sync': 20, '1 async': 15, '10 sync': 35, '10 async': 35 }

/** @typedef {import('../../results').Entry} Entry */
/** @typedef {{ size: number, charset: string, mode: string, us: Record<string, import('../../support/summary').Summary> }} Row */

const text = `Microseconds of the JavaScript thread per span: \`trace\`, \`annotate\` with full validation, the end, the hand-over.
\`async\` callbacks await three times, which is in the figures of both. 500 spans of 1 KB or 100 of 10 KB, then a flush; requests are left out.
`

/** @param {Row} row */
function nameOf({ size, charset, mode }) {
  return `${size} KB ${charset}, ${mode}`
}

/** @param {Row} row */
function ratio({ us }) {
  return us['dd-trace'].median / us.spanlane.median
}

/** @param {Entry[]} entries */
function section(entries) {
  const parts = entries.map(({ node, ddTrace, result }) => {
    const rows = /** @type {Row[]} */ (result.rows).map(row => [
      nameOf(row),
      spread(row.us['dd-trace']),
      spread(row.us.spanlane),
      times(ratio(row))
    ])
    const headings = ['span', 'dd-trace us', 'spanlane us', 'dd-trace / spanlane']
    return `### Node ${node}, dd-trace ${ddTrace}\n\n${table(headings, rows)}\n`
  })
  const rows = /** @type {Row[]} */ (entries[0].result.rows)
  const svg = barChart({
    title: 'Main-thread CPU per whole span: dd-trace / Spanlane (dashed: the goal)',
    x: 'size and text of the span',
    y: 'times less',
    points: rows.map(({ size, charset, mode }) => `${size} KB ${charset}\n${mode}`),
    series: entries.map(({ node, result }) => ({ name: `Node ${node}`, values: result.rows.map(ratio) })),
    goals: rows.map(({ size, mode }) => GOALS[`${size} ${mode}`])
  })
  return {
    title: '(b) A whole span',
    text: [text, ...parts].join('\n'),
    plots: [{ name: 'whole-span-ratio', title: 'dd-trace / Spanlane', svg }],
    goals: entries.flatMap(({ node, result }) =>
      /** @type {Row[]} */ (result.rows).map(row =>
        atLeast(node, `(b) ${nameOf(row)}: dd-trace / Spanlane`, ratio(row), GOALS[`${row.size} ${row.mode}`])
      )
    )
  }
}

module.exports = { workload: 'whole-span', section }
