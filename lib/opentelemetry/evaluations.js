'use strict'

const { submitEvaluation } = require('../evaluate/submit')
const { isObject } = require('./messages')
const { QUIET, number, text } = require('./readers')
const { nsOf, objectsOf } = require('./reading')

const EVENT = 'gen_ai.evaluation.result'
/** Of one span. */
const RESULTS_MAX = 64

/**
 * Evaluations that a span carries as events.
 *
 * @param {Instance} instance
 * @param {Span} span
 * @param {Record<string, any>} otel
 * @param {boolean} hidesContent
 */
function submitResults(instance, span, otel, hidesContent) {
  if (!Array.isArray(otel.events) || otel.events.length === 0) return
  const events = objectsOf(otel.events).filter(
    ({ name, attributes }) => name === EVENT && isObject(attributes)
  )
  for (const event of events.slice(0, RESULTS_MAX)) {
    const options = optionsOf(event, hidesContent)
    if (options !== null) submitEvaluation(instance, span, options)
  }
}

/**
 * @param {Record<string, any>} event
 * @param {boolean} hidesContent
 * @returns {Record<string, any> | null} null: it says no result
 */
function optionsOf({ attributes, time }, hidesContent) {
  const of = (/** @type {string} */ name) => attributes[`gen_ai.evaluation.${name}`]
  const name = text(of('name'), QUIET)
  const score = number(of('score.value'), QUIET)
  const label = text(of('score.label'), QUIET)
  if (name === undefined || (score === undefined && label === undefined)) return null
  const atNs = nsOf(time)
  return {
    label: name,
    metricType: score === undefined ? 'categorical' : 'score',
    value: score ?? label,
    timestampMs: atNs === null || atNs <= 0n ? undefined : Number(atNs / 1_000_000n),
    reasoning: hidesContent ? undefined : text(of('explanation'), QUIET),
    metadata: score === undefined || label === undefined ? undefined : { label }
  }
}

module.exports = { submitResults }
