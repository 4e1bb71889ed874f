'use strict'

/** @typedef {import('../..').FlushReport} FlushReport */

/**
 * Callers may ignore the report; an ignored rejection must not end their process.
 *
 * @template T
 * @param {Promise<T>} promise
 * @returns {Promise<T>}
 */
function handled(promise) {
  promise.catch(() => {})
  return promise
}

/**
 * @param {Promise<unknown>} promise
 * @param {number} timeoutMs
 * @returns {Promise<void>}
 */
function withinMs(promise, timeoutMs) {
  return new Promise(resolve => {
    const timer = setTimeout(resolve, timeoutMs)
    promise.then(() => {
      clearTimeout(timer)
      resolve()
    })
  })
}

/** @param {FlushReport[]} reports */
function summed(reports) {
  const [first, ...others] = reports
  for (const other of others) addUp(first, other)
  return first
}

/**
 * @param {FlushReport} report
 * @param {FlushReport} other
 */
function addUp(report, other) {
  report.delivered += other.delivered
  report.rejected += other.rejected
  report.dropped += other.dropped
  report.pending += other.pending
  report.tenants.push(...other.tenants)
}

module.exports = { handled, summed, withinMs }
