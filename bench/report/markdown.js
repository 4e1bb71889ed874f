'use strict'

/** @typedef {import('../support/summary').Summary} Summary */

/**
 * @param {readonly string[]} headings
 * @param {readonly (readonly (string | number)[])[]} rows the first column is text, the others are numbers
 */
function table(headings, rows) {
  const line = (/** @type {readonly (string | number)[]} */ cells) => `| ${cells.join(' | ')} |`
  const rule = headings.map((_, column) => (column === 0 ? '---' : '---:'))
  return [line(headings), line(rule), ...rows.map(line)].join('\n')
}

/**
 * @param {number | null | undefined} value JSON has no NaN
 * @returns {string}
 */
function number(value) {
  if (value === null || value === undefined || !Number.isFinite(value)) return '-'
  const size = Math.abs(value)
  if (size >= 1000) return Math.round(value).toLocaleString('en-US')
  return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : 2)
}

/** @param {Summary} summary the median, and from where to where the rounds went */
function spread({ median, low, high }) {
  return `${number(median)} (${number(low)} - ${number(high)})`
}

/** @param {number} ratio */
function times(ratio) {
  return `${number(ratio)}x`
}

/**
 * @param {number} part
 * @param {number} whole
 */
function percent(part, whole) {
  const share = (100 * part) / whole
  return `${share === 100 ? '100' : share.toFixed(1)} %`
}

module.exports = { number, percent, spread, table, times }
