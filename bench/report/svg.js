'use strict'

// Plots as SVG text. Both axes that can be long are logarithmic: a peer that is a thousand times slower must not hide
// the differences between the others.

const WIDTH = 760
const HEIGHT = 396
const MARGIN = { left: 70, right: 190, top: 46, bottom: 72 }
const PLOT = {
  width: WIDTH - MARGIN.left - MARGIN.right,
  height: HEIGHT - MARGIN.top - MARGIN.bottom
}
const COLOURS = ['#c44536', '#e39774', '#7a6c5d', '#197278', '#2a9d8f', '#3a5a98', '#8a5a9e', '#9aa0a6']

/** @typedef {{ name: string, values: (number | null)[] }} Series one value for each point of the x axis */
/**
 * @typedef {{ title: string, x: string, y: string, points: string[], series: Series[], goals?: (number | null)[] }} Chart
 *   points: their labels, a line feed begins a second line
 */

/** @param {string} text */
function escaped(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

/** @param {number} value */
function fixed(value) {
  return value.toFixed(1)
}

/**
 * @param {Chart} chart
 * @returns {{ low: number, high: number }} powers of ten around all values
 */
function rangeOf({ series, goals = [] }) {
  const values = [...series.flatMap(one => one.values), ...goals].filter(isDrawn)
  const exponents = values.map(value => Math.log10(value))
  const low = Math.floor(Math.min(...exponents, 0))
  return { low: Math.max(low, -2), high: Math.max(low + 1, Math.ceil(Math.max(...exponents, 1))) }
}

/**
 * @param {number | null} value
 * @returns {value is number}
 */
function isDrawn(value) {
  return value !== null && Number.isFinite(value) && value > 0
}

/**
 * @param {number} value
 * @param {{ low: number, high: number }} range
 */
function heightOf(value, { low, high }) {
  const share = (Math.log10(value) - low) / (high - low)
  return MARGIN.top + PLOT.height * (1 - Math.min(1, Math.max(0, share)))
}

/**
 * @param {Chart} chart
 * @param {{ low: number, high: number }} range
 * @param {(point: number) => number} middleOf
 */
function frame({ title, x, y, points, series }, range, middleOf) {
  const parts = [
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#ffffff"/>`,
    `<text x="${MARGIN.left}" y="24" font-size="15" font-weight="600">${escaped(title)}</text>`
  ]
  for (let exponent = range.low; exponent <= range.high; exponent++) {
    const at = fixed(heightOf(10 ** exponent, range))
    const right = MARGIN.left + PLOT.width
    parts.push(`<line x1="${MARGIN.left}" x2="${right}" y1="${at}" y2="${at}" stroke="#dddddd"/>`)
    const label = (10 ** exponent).toLocaleString('en-US', { maximumFractionDigits: 2 })
    parts.push(`<text x="${MARGIN.left - 8}" y="${at}" dy="4" text-anchor="end">${label}</text>`)
  }
  const bottom = MARGIN.top + PLOT.height
  for (const [index, point] of points.entries()) {
    for (const [line, text] of point.split('\n').entries()) {
      const place = `x="${fixed(middleOf(index))}" y="${bottom + 18 + 14 * line}"`
      parts.push(`<text ${place} text-anchor="middle">${escaped(text)}</text>`)
    }
  }
  const centre = MARGIN.left + PLOT.width / 2
  parts.push(`<text x="${centre}" y="${HEIGHT - 12}" text-anchor="middle">${escaped(x)}</text>`)
  const turned = `transform="translate(16 ${MARGIN.top + PLOT.height / 2}) rotate(-90)"`
  parts.push(`<text ${turned} text-anchor="middle">${escaped(y)}</text>`)
  for (const [index, { name }] of series.entries()) {
    const at = MARGIN.top + 20 * index
    const left = MARGIN.left + PLOT.width + 16
    parts.push(`<rect x="${left}" y="${at}" width="12" height="12" fill="${COLOURS[index]}"/>`)
    parts.push(`<text x="${left + 18}" y="${at + 10}">${escaped(name)}</text>`)
  }
  return parts
}

/** @param {string[]} parts */
function document(parts) {
  const open = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">`
  return `${open}\n${parts.join('\n')}\n</svg>\n`
}

/**
 * Bars in groups; a goal is a line across its group.
 *
 * @param {Chart} chart
 */
function barChart(chart) {
  const { points, series, goals = [] } = chart
  const range = rangeOf(chart)
  const group = PLOT.width / points.length
  const bar = (group * 0.8) / series.length
  const leftOf = (/** @type {number} */ point) => MARGIN.left + group * (point + 0.1)
  const parts = frame(chart, range, point => leftOf(point) + group * 0.4)
  const bottom = MARGIN.top + PLOT.height
  for (const [index, { values }] of series.entries()) {
    for (const [point, value] of values.entries()) {
      if (!isDrawn(value)) continue
      const [x, y] = [leftOf(point) + bar * index, heightOf(value, range)]
      const size = `width="${fixed(bar * 0.9)}" height="${fixed(bottom - y)}"`
      parts.push(`<rect x="${fixed(x)}" y="${fixed(y)}" ${size} fill="${COLOURS[index]}"/>`)
    }
  }
  for (const [point, goal] of goals.entries()) {
    if (!isDrawn(goal)) continue
    const [x1, x2, y] = [leftOf(point), leftOf(point) + group * 0.8, heightOf(goal, range)].map(fixed)
    parts.push(`<line x1="${x1}" x2="${x2}" y1="${y}" y2="${y}" stroke="#000000" stroke-dasharray="4 3"/>`)
  }
  return document(parts)
}

/**
 * One line for each series, the points at even distances.
 *
 * @param {Chart} chart
 */
function lineChart(chart) {
  const { points, series } = chart
  const range = rangeOf(chart)
  const step = PLOT.width / Math.max(1, points.length)
  const middleOf = (/** @type {number} */ point) => MARGIN.left + step * (point + 0.5)
  const parts = frame(chart, range, middleOf)
  for (const [index, { values }] of series.entries()) {
    const at = values.flatMap((value, point) =>
      isDrawn(value) ? [`${fixed(middleOf(point))},${fixed(heightOf(value, range))}`] : []
    )
    const colour = COLOURS[index]
    parts.push(`<polyline points="${at.join(' ')}" fill="none" stroke="${colour}" stroke-width="2"/>`)
    for (const place of at) {
      const [x, y] = place.split(',')
      parts.push(`<circle cx="${x}" cy="${y}" r="3" fill="${colour}"/>`)
    }
  }
  return document(parts)
}

module.exports = { barChart, lineChart }
