'use strict'

const { quantile } = require('./load')

/** What the rounds of one measurement came to. @typedef {{ median: number, low: number, high: number }} Summary */

/**
 * @param {number[]} values one per round
 * @returns {Summary}
 */
function summaryOf(values) {
  const [median, low, high] = [0.5, 0, 1].map(share => rounded(quantile(values, share)))
  return { median, low, high }
}

/**
 * Digits that mean nothing are left out.
 *
 * @param {number} value
 */
function rounded(value) {
  return Number(value.toPrecision(4))
}

module.exports = { rounded, summaryOf }
