'use strict'

/** What a span of OpenTelemetry costs the JavaScript thread, from its start until it is delivered. */

const { lostOf } = require('./context')

const name = 'opentelemetry'
const nodes = /** @type {const} */ ('all')

/** @param {import('./context').Context} context */
function measure(context) {
  const { wholeSpanSizes: sizes, wholeSpanCharsets: charsets } = context.scale
  return context.measureBeforeBlackIntake('opentelemetry.js', { sizes, charsets })
}

/**
 * @param {any} result
 * @returns {string[]}
 */
function problems({ counts }) {
  return lostOf(counts)
}

module.exports = { name, nodes, measure, problems }
