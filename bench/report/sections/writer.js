'use strict'

const { atLeast, atMost } = require('../goals')
const { spread, table, times } = require('../markdown')
const { barChart } = require('../svg')

/** dd-trace / Spanlane. @type {Record<string, Record<number, number>>} */
const GOALS = {
  ascii: { 1: 12, 10: 30, 100: 80 },
  mixed: { 1: 20, 10: 50, 100: 120 },
  cjk: { 1: 50, 10: 300, 100: 1000 }
}
const WORKER_GOAL = 3

/** @typedef {import('../../results').Entry} Entry */
/** @typedef {{ size: number, charset: string, us: Record<string, import('../../support/summary').Summary> }} Row */

const text = `Microseconds of the JavaScript thread's CPU time per event, garbage collection included: the median of the rounds
and where they went. Every event is another one. The request is left out for all; Spanlane's bodies go to another
process all the same, and each variant's events are counted at its end. The garbage of one variant is collected before
the next begins, each round has another order, and a batch begins when the other threads are done with the one before.

- **dd-trace**: its span writer, \`append\` and \`flush\`, given the event as an object
- **spanlane**: the record of a finished span of its own SDK
- **bridge**: the record of dd-trace's event object, as \`spanlane/dd-trace\` hands it over
- **encode + native**, **stringify + native**: the event as JSON text, made by \`reference/encode-span.js\` or \`JSON.stringify\`
- **worker_threads**: one \`JSON.stringify\`, posted in groups to a worker thread
- **copy of the bytes**, **copy of the strings**: what no design can go below
`

/** @param {Row} row */
function nameOf({ size, charset }) {
  return `${size} KB ${charset}`
}

/** @param {Row} row @param {string} over @param {string} under */
function ratio({ us }, over, under) {
  return us[over].median / us[under].median
}

/** @param {Entry[]} entries */
function section(entries) {
  const parts = entries.map(({ node, ddTrace, result }) => {
    const rows = /** @type {Row[]} */ (result.rows)
    const names = Object.keys(rows[0].us)
    const costs = rows.map(row => [nameOf(row), ...names.map(name => spread(row.us[name]))])
    const ratios = rows.map(row => [
      nameOf(row),
      times(ratio(row, 'dd-trace', 'spanlane')),
      times(ratio(row, 'dd-trace', 'bridge')),
      times(ratio(row, 'worker_threads', 'spanlane')),
      times(ratio(row, 'stringify + native', 'spanlane')),
      times(ratio(row, 'spanlane', 'copy of the strings'))
    ])
    const headings = ['dd-trace / spanlane', 'dd-trace / bridge', 'worker / spanlane']
    return [
      `### Node ${node}, dd-trace ${ddTrace}`,
      table(['event', ...names], costs),
      table(['event', ...headings, 'stringify + native / spanlane', 'spanlane / copy of the strings'], ratios)
    ].join('\n\n')
  })
  return {
    title: '(a) Handing an event over',
    text: [text, ...parts].join('\n'),
    plots: [{ name: 'writer-ratio', title: 'dd-trace / Spanlane', svg: plot(entries) }],
    goals: entries.flatMap(goalsOf)
  }
}

/** @param {Entry} entry */
function goalsOf({ node, result }) {
  return /** @type {Row[]} */ (result.rows).flatMap(row => {
    const what = `(a) ${nameOf(row)}`
    const goal = GOALS[row.charset][row.size]
    const floor = row.size < 10 ? 8 : 3
    return [
      atLeast(node, `${what}: dd-trace / Spanlane`, ratio(row, 'dd-trace', 'spanlane'), goal),
      atLeast(node, `${what}: dd-trace / bridge`, ratio(row, 'dd-trace', 'bridge'), goal / 2),
      atLeast(
        node,
        `${what}: worker_threads / Spanlane`,
        ratio(row, 'worker_threads', 'spanlane'),
        WORKER_GOAL
      ),
      atMost(
        node,
        `${what}: over a copy of the strings`,
        ratio(row, 'spanlane', 'copy of the strings'),
        floor
      )
    ]
  })
}

/** @param {Entry[]} entries */
function plot(entries) {
  const rows = /** @type {Row[]} */ (entries[0].result.rows)
  return barChart({
    title: 'Main-thread CPU per event: dd-trace / Spanlane (dashed: the goal)',
    x: 'size and text of the event',
    y: 'times less',
    points: rows.map(({ size, charset }) => `${size} KB\n${charset}`),
    series: entries.map(({ node, result }) => ({
      name: `Node ${node}`,
      values: result.rows.map((/** @type {Row} */ row) => ratio(row, 'dd-trace', 'spanlane'))
    })),
    goals: rows.map(({ size, charset }) => GOALS[charset][size])
  })
}

module.exports = { workload: 'writer', section }
