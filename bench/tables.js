'use strict'

// How the document of the benchmarks says a number, a goal and a table.

/**
 * @typedef {import('./support/summary').Summary} Summary
 * @typedef {string | number} Cell
 * @typedef {Record<string, Cell>} Row by the columns' headings; the first column is text, the others are numbers
 * @typedef {{ what: string, goal: string, seen: string, isMet: boolean }} Goal what was aimed at and what was seen
 *
 * What is told of one workload, by the results on all versions of Node.
 *
 * @typedef {object} Section
 * @property {string} workload
 * @property {string} title
 * @property {(result: any) => string} text before the tables, by the first result
 * @property {(result: any, entry: import('./results').Entry) => Row[][]} tables of one version of Node
 * @property {(result: any) => string} [note] on the heading of one version
 * @property {boolean} [isOneTable] the versions of Node are rows of one table, and not headings
 * @property {(result: any) => boolean} [isReadable] results that were kept before the workload was changed are left out
 * @property {(result: any, entry: import('./results').Entry) => Goal[]} goals on one version of Node
 */

/** @param {Row[]} rows of the same headings */
function table(rows) {
  const headings = Object.keys(rows[0])
  const line = (/** @type {Cell[]} */ cells) => `| ${cells.join(' | ')} |`
  const rule = headings.map((_, column) => (column === 0 ? '---' : '---:'))
  return [headings, rule, ...rows.map(row => Object.values(row))].map(line).join('\n')
}

/**
 * @param {string} what
 * @param {number} value
 * @param {number} goal
 * @param {string} [unit]
 * @returns {Goal}
 */
function atLeast(what, value, goal, unit = 'x') {
  return { what, goal: `>= ${goal}${unit}`, seen: `${number(value)}${unit}`, isMet: value >= goal }
}

/**
 * @param {string} what
 * @param {number} value
 * @param {number} goal
 * @param {string} [unit]
 * @returns {Goal}
 */
function atMost(what, value, goal, unit = 'x') {
  return { what, goal: `<= ${goal}${unit}`, seen: `${number(value)}${unit}`, isMet: value <= goal }
}

/**
 * @template T
 * @param {import('./results').Entry} entry
 * @param {T} on20
 * @param {T} later
 * @returns {T} what is aimed at on that version of Node
 */
function byNode({ node }, on20, later) {
  return Number.parseInt(node, 10) < 22 ? on20 : later
}

/** @param {{ size: number, charset: string }} row */
function nameOf({ size, charset }) {
  return `${size} KB ${charset}`
}

/** @param {{ us: Record<string, Summary> }} row @param {string} over @param {string} under */
function ratio({ us }, over, under) {
  return us[over].median / us[under].median
}

/** @param {any[]} rows @param {string} peer @param {number} [tenants] */
function ofPeer(rows, peer, tenants) {
  return rows.find(row => row.peer === peer && (tenants === undefined || row.tenants === tenants))
}

/**
 * @param {number | null | undefined} value JSON has no NaN
 * @returns {string}
 */
function number(value) {
  if (value === null || value === undefined || !Number.isFinite(value)) return '-'
  const size = Math.abs(value)
  if (size >= 1000) return whole(value)
  return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : 2)
}

/** @param {number} value */
function whole(value) {
  return Math.round(value).toLocaleString('en-US')
}

/** @param {Summary} summary the median, and from where to where the rounds went */
function spread({ median, low, high }) {
  return `${number(median)} (${number(low)} - ${number(high)})`
}

/** @param {number} value */
function times(value) {
  return `${number(value)}x`
}

/**
 * @param {number} part
 * @param {number} all
 */
function percent(part, all) {
  const share = (100 * part) / all
  return `${share === 100 ? '100' : share.toFixed(1)} %`
}

/**
 * @param {Record<string, Summary>} summaries
 * @param {(summary: Summary) => string} show
 */
function mapped(summaries, show) {
  return Object.fromEntries(Object.entries(summaries).map(([name, summary]) => [name, show(summary)]))
}

module.exports = {
  atLeast,
  atMost,
  byNode,
  mapped,
  nameOf,
  number,
  ofPeer,
  percent,
  ratio,
  spread,
  table,
  times,
  whole
}
