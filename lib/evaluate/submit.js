'use strict'

const { isObject, own } = require('../values/own')
const { buildEvaluations } = require('./evaluation')
const { destinationsOf } = require('../trace/export')
const { buildFeedbacks } = require('./feedback')

/** @typedef {import('../trace/export').Destination} Destination */

/**
 * @param {Instance} instance
 * @param {unknown} spanContext
 * @param {unknown} options
 */
function submitEvaluation(instance, spanContext, options) {
  const destinations = destinationsOf(instance, spanContext, activeRoute(instance))
  // All of them first: what throws must not have sent a part.
  const targets = targetsFor(instance, destinations)
  const metrics = buildEvaluations(spanContext, options, configFor(instance), targets)
  send(instance, destinations, metrics)
}

/**
 * @param {Instance} instance
 * @param {unknown} options
 */
function submitFeedback(instance, options) {
  const named = isObject(options) ? own(options, 'span') : undefined
  const destinations = destinationsOf(instance, named, activeRoute(instance))
  const metrics = buildFeedbacks(options, configFor(instance), targetsFor(instance, destinations))
  send(instance, destinations, metrics)
}

/** @param {Instance} instance */
function activeRoute({ storage }) {
  return storage.getStore()?.route ?? null
}

/**
 * @param {Instance} instance
 * @param {Destination[]} destinations
 * @param {Record<string, unknown>[]} metrics
 */
function send(instance, destinations, metrics) {
  for (const [index, { route }] of destinations.entries()) instance.submitMetric(route, metrics[index])
}

/**
 * @param {Instance} instance
 * @param {Destination[]} destinations
 * @returns {import('./evaluation').Target[]}
 */
function targetsFor({ config }, destinations) {
  return destinations.map(({ route, traceId }) => ({ mlApp: route?.options.mlApp ?? config.mlApp, traceId }))
}

/** @param {Instance} instance */
function configFor({ config, misuse }) {
  const { mlApp, tracerVersion, otelEnabled } = config
  return { mlApp, tracerVersion, otelEnabled, misuse }
}

module.exports = { submitEvaluation, submitFeedback }
