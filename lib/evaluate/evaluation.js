'use strict'

/** An evaluation of a span: checks it and gives it the shape the evaluation intake reads. */

const { EVALUATION_NAMES } = require('../annotate/names')
const { CODES, misuse } = require('../errors')
const { bareOf } = require('../values/bare')
const { Capture } = require('../values/capture')
const { isObject } = require('../values/own')
const { MetricFields } = require('./metric-fields')
const { isPrintable } = require('../values/shapes')

/**
 * @typedef {object} MetricConfig
 * @property {string|null} mlApp for a metric with one target and no name of its own
 * @property {string} tracerVersion
 * @property {boolean} [otelEnabled] the intake then waits until the OpenTelemetry span is converted
 * @property {Misuse | null} [misuse] null: what is wrong throws
 */

/**
 * Where a metric goes: several organisations may get one.
 *
 * @typedef {object} Target
 * @property {string|null|undefined} mlApp
 * @property {string|null} traceId what the span's trace is called there, when that differs
 */

const METRIC_TYPES = ['categorical', 'score', 'boolean', 'json']

const TERMS = {
  call: 'submitEvaluation',
  names: EVALUATION_NAMES,
  metric: 'evaluation metric',
  metrics: 'evaluation metrics',
  data: 'Evaluation metric data',
  invalid: (/** @type {string} */ message) => misuse(CODES.INVALID_EVALUATION, message)
}

/**
 * Everything is read once, however many targets there are. Without what it needs it throws; what else is wrong is misuse.
 *
 * @param {unknown} spanContext of `exportSpan`
 * @param {unknown} options
 * @param {MetricConfig} config
 * @param {Target[]} [targets]
 * @returns {Record<string, unknown>[]} the metric for each target: plain values only, which `HandOver` writes
 */
function buildEvaluations(spanContext, options, config, targets = [{ mlApp: config.mlApp, traceId: null }]) {
  const capture = new Capture(config.misuse, CODES.INVALID_EVALUATION)
  const join = joinOn(capture, spanContext)
  const fields = new MetricFields(capture, options, config, TERMS)
  const mlApps = fields.mlApps(
    targets,
    'ML App name is required for sending evaluation metrics. Evaluation metric data will not be sent.'
  )
  const timestampMs = fields.timestampMs()
  const label = fields.label()
  const metricType = fields.metricType(METRIC_TYPES)
  const value = fields.value(metricType)
  const assessment = fields.assessment()
  const reasoning = fields.reasoning()
  const metadata = fields.metadata()
  const tagsFor = fields.tags(config.otelEnabled === true)
  return targets.map(({ traceId }, index) => ({
    __proto__: null,
    event_kind: 'evaluation',
    join_on: bareOf({ span: traceId === null ? join : bareOf({ ...join, trace_id: traceId }) }),
    label,
    metric_type: metricType,
    ml_app: mlApps[index],
    [`${metricType}_value`]: value,
    timestamp_ms: timestampMs,
    tags: tagsFor(mlApps[index]),
    reasoning,
    metadata,
    assessment
  }))
}

/**
 * @param {Capture} capture
 * @param {unknown} spanContext
 * @returns {{ span_id: string, trace_id: string }}
 */
function joinOn(capture, spanContext) {
  const read = (/** @type {string} */ key) =>
    isObject(spanContext) ? id(capture.read(spanContext, key, '')) : ''
  const traceId = read('traceId')
  const spanId = read('spanId')
  if (traceId !== '' && spanId !== '') return bareOf({ span_id: spanId, trace_id: traceId })
  throw TERMS.invalid(
    'spanId and traceId must both be specified for the given evaluation metric to be submitted.'
  )
}

/**
 * @param {unknown} value
 * @returns {string} '' when it identifies nothing
 */
function id(value) {
  if (typeof value === 'string') return value
  if (typeof value === 'bigint') return isPrintable(value) ? `${value}` : ''
  return Number.isSafeInteger(value) ? `${value}` : ''
}

module.exports = { buildEvaluations }
