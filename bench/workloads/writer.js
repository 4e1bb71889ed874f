'use strict'

/** (a) What handing over one event costs the JavaScript thread: append, encode, flush; no request. */

const { lostOf } = require('./context')

const name = 'writer'
const nodes = /** @type {const} */ ('all')

/** @param {import('./context').Context} context */
function measure(context) {
  const { sizes, charsets } = context.scale
  return context.measureBeforeBlackIntake('writer.js', { sizes, charsets })
}

/**
 * Spanlane's variants are counted by the core.
 *
 * @param {any} result
 * @returns {string[]}
 */
function problems({ counts, submitted, delivered }) {
  const found = lostOf({ 'dd-trace': counts['dd-trace'], worker_threads: counts.worker_threads })
  const own = ['spanlane', 'bridge']
  const made = own.reduce((sum, variant) => sum + counts[variant].made, 0)
  if (made !== submitted || made !== delivered) found.push(`spanlane: ${delivered} of ${made} came through`)
  return found
}

module.exports = { name, nodes, measure, problems }
