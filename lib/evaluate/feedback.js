'use strict'

/** An end user's feedback on a span, a trace, a session or an entity of the application's own. */

const { FEEDBACK_NAMES } = require('../annotate/names')
const { CODES, misuse } = require('../errors')
const { labelOf } = require('../values/labels')
const { bareOf } = require('../values/bare')
const { Capture } = require('../values/capture')
const { isObject } = require('../values/own')
const { MetricFields } = require('./metric-fields')

/** @typedef {import('./evaluation').MetricConfig} MetricConfig */
/** @typedef {import('./evaluation').Target} Target */

const METRIC_TYPES = ['categorical', 'score', 'boolean', 'json', 'text']

const TERMS = {
  call: 'submitFeedback',
  names: FEEDBACK_NAMES,
  metric: 'feedback metric',
  metrics: 'feedback metrics',
  data: 'Feedback data',
  invalid: invalidFeedback
}

/** @type {[option: string, wireName: string][]} */
const TARGETS = [
  ['span', 'span_id'],
  ['spanId', 'span_id'],
  ['traceId', 'trace_id'],
  ['sessionId', 'session_id'],
  ['feedbackJoinKey', 'feedback_join_key']
]

/**
 * @param {string} message
 * @returns {TypeError}
 */
function invalidFeedback(message) {
  return misuse(CODES.INVALID_FEEDBACK, message)
}

/**
 * Everything is read once, however many targets there are. Without what it needs it throws; what else is wrong is misuse.
 *
 * @param {unknown} options
 * @param {MetricConfig} config
 * @param {Target[]} [targets]
 * @returns {Record<string, unknown>[]} the metric for each target: plain values only, which `HandOver` writes
 */
function buildFeedbacks(options, config, targets = [{ mlApp: config.mlApp, traceId: null }]) {
  const capture = new Capture(config.misuse, CODES.INVALID_FEEDBACK)
  const fields = new MetricFields(capture, options, config, TERMS)
  const target = feedbackTarget(capture, fields)
  const submitter = feedbackSubmitter(capture, fields.read('submitter'))
  const mlApps = fields.mlApps(
    targets,
    'ML App name is required for sending feedback. Feedback data will not be sent.'
  )
  const timestampMs = fields.timestampMs()
  const label = fields.label()
  if (label.includes('.')) throw invalidFeedback('label value must not contain a "."')
  const metricType = fields.metricType(METRIC_TYPES)
  const value = fields.value(metricType)
  const assessment = fields.assessment()
  const reasoning = fields.reasoning()
  const tagsFor = fields.tags(false)
  return mlApps.map(mlApp => ({
    __proto__: null,
    event_kind: 'feedback',
    [target.name]: target.value,
    label,
    metric_type: metricType,
    ml_app: mlApp,
    [`${metricType}_value`]: value,
    timestamp_ms: timestampMs,
    tags: tagsFor(mlApp),
    submitter,
    reasoning,
    assessment
  }))
}

/**
 * The intake files feedback under one identifier: with two it would be ambiguous, without one lost.
 * @param {Capture} capture
 * @param {MetricFields} fields
 * @returns {{ name: string, value: string }}
 */
function feedbackTarget(capture, fields) {
  const given = TARGETS.map(([option, name]) => ({ option, name, value: fields.read(option) })).filter(
    ({ value }) => value !== undefined && value !== null
  )
  if (given.length !== 1) {
    throw invalidFeedback(
      'Exactly one of `span`, `spanId`, `traceId`, `sessionId` or `feedbackJoinKey` must be specified to submit feedback.'
    )
  }
  const [{ option, name }] = given
  let [{ value }] = given
  if (option === 'span') value = isObject(value) ? capture.read(value, 'spanId', 'span') : undefined
  if (option === 'sessionId') value = labelOf(value)
  if (typeof value === 'string' && value !== '') return { name, value }
  throw invalidFeedback(
    option === 'span'
      ? '`span` must be an object containing a non-empty string spanId. ' +
          '`llmobs.exportSpan()` can be used to generate this object from a given span.'
      : `\`${option}\` must be a non-empty string`
  )
}

/**
 * @param {Capture} capture
 * @param {unknown} submitter
 * @returns {{ id: string, type?: string }}
 */
function feedbackSubmitter(capture, submitter) {
  const id = isObject(submitter) ? capture.read(submitter, 'id', 'submitter') : undefined
  if (!isObject(submitter) || typeof id !== 'string' || id === '') {
    throw invalidFeedback('submitter must be an object containing a non-empty string id')
  }
  const type = capture.read(submitter, 'type', 'submitter')
  if (typeof type === 'string') return bareOf({ id, type })
  if (type !== undefined && type !== null) capture.wrong('submitter.type must be a string')
  return bareOf({ id })
}

module.exports = { buildFeedbacks }
