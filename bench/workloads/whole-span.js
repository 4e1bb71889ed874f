'use strict'

/** (b) What one span costs the JavaScript thread from `trace` to the end of its hand-over; no request. */

const { lostOf } = require('./context')

const name = 'whole-span'
const nodes = /** @type {const} */ ('all')

/** @param {import('./context').Context} context */
function measure(context) {
  const { wholeSpanSizes: sizes, wholeSpanCharsets: charsets } = context.scale
  return context.measureBeforeBlackIntake('whole-span.js', { sizes, charsets })
}

/**
 * @param {any} result
 * @returns {string[]}
 */
function problems({ counts }) {
  return lostOf(counts)
}

module.exports = { name, nodes, measure, problems }
