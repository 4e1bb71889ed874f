'use strict'

const { KIND } = require('../binding')
const { isObject, own } = require('../own')
const { encodeEvaluation } = require('./encode')
const { buildEvaluation } = require('./evaluation')
const { destinationsOf } = require('./export')
const { buildFeedback } = require('./feedback')

/** @typedef {import('./instance').Instance} Instance */
/** @typedef {import('./export').Destination} Destination */

/**
 * @param {Instance} instance
 * @param {unknown} spanContext
 * @param {unknown} options
 */
function submitEvaluation(instance, spanContext, options) {
  const destinations = destinationsOf(instance, spanContext)
  // All of them first: what throws must not have sent a part.
  const metrics = destinations.map(({ route, traceId }) => {
    const context =
      traceId === null || !isObject(spanContext) ? spanContext : { spanId: spanContext.spanId, traceId }
    return buildEvaluation(context, options, configFor(instance, route))
  })
  send(instance, destinations, metrics)
}

/**
 * @param {Instance} instance
 * @param {unknown} options
 */
function submitFeedback(instance, options) {
  const destinations = destinationsOf(instance, isObject(options) ? own(options, 'span') : undefined)
  const metrics = destinations.map(({ route }) => buildFeedback(options, configFor(instance, route)))
  send(instance, destinations, metrics)
}

/**
 * @param {Instance} instance
 * @param {Destination[]} destinations
 * @param {Record<string, unknown>[]} metrics
 */
function send(instance, destinations, metrics) {
  destinations.forEach(({ route }, index) => {
    if (route === null) instance.drop(null, 'no_route')
    else if (route.handle === null) instance.drop(null, 'invalid_route')
    else instance.submit(route, KIND.EVALUATION, encodeEvaluation(metrics[index]))
  })
}

/**
 * @param {Instance} instance
 * @param {import('../routing').Route | null} route
 */
function configFor(instance, route) {
  const { config, logger } = instance
  const mlApp = route?.options.mlApp ?? config.mlApp
  return { mlApp, tracerVersion: config.tracerVersion, otelEnabled: config.otelEnabled, logger }
}

module.exports = { submitEvaluation, submitFeedback }
