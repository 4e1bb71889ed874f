'use strict'

/** @typedef {import('../../testing').WireEvent} WireEvent */
/** @typedef {{ events: WireEvent[], problem: null } | { events: null, problem: string }} Content */

const SPAN_KINDS = new Set([
  'llm',
  'agent',
  'workflow',
  'task',
  'tool',
  'embedding',
  'retrieval',
  'experiment'
])
const ENVELOPE_FIELDS = new Set(['_dd.stage', '_dd.tracer_version', 'event_type', 'spans', '_dd.scope'])
const EVENT_FIELDS = [
  'trace_id',
  'span_id',
  'parent_id',
  'name',
  'tags',
  'start_ns',
  'duration',
  'status',
  'meta',
  'metrics',
  '_dd'
]
const EVALUATION_TYPES = ['categorical', 'score', 'boolean', 'json']
const FEEDBACK_TYPES = [...EVALUATION_TYPES, 'text']
const FEEDBACK_TARGETS = ['span_id', 'trace_id', 'session_id', 'feedback_join_key']

const TRACE_ID = /^(?:[0-9a-f]{32}|[0-9]{1,20})$/
const SPAN_ID = /^[0-9]{1,20}$/
/** The parent of a root, on the wire. */
const NO_PARENT = 'undefined'

/** Thrown inside this file only: carries the path of the first wrong field. */
class ShapeError extends Error {}

/**
 * Checks a body of the span endpoint: an array with one envelope per span.
 *
 * @param {unknown} json
 * @returns {Content}
 */
function spansOf(json) {
  return checked(() => {
    const envelopes = array(json, 'body')
    return envelopes.map((item, index) => spanOf(item, `body[${index}]`))
  })
}

/**
 * Checks a body of the evaluation endpoint.
 *
 * @param {unknown} json
 * @returns {Content}
 */
function evaluationsOf(json) {
  return checked(() => {
    const data = object(object(json, 'body').data, 'data')
    equal(data.type, 'evaluation_metric', 'data.type')
    const metrics = array(object(data.attributes, 'data.attributes').metrics, 'data.attributes.metrics')
    return metrics.map((item, index) => metricOf(item, `metrics[${index}]`))
  })
}

/**
 * @param {() => WireEvent[]} check
 * @returns {Content}
 */
function checked(check) {
  try {
    return { events: check(), problem: null }
  } catch (error) {
    if (error instanceof ShapeError) return { events: null, problem: error.message }
    throw error
  }
}

/**
 * @param {unknown} item
 * @param {string} at
 */
function spanOf(item, at) {
  const envelope = object(item, at)
  for (const field of Object.keys(envelope)) {
    if (!ENVELOPE_FIELDS.has(field)) fail(`${at}.${field}`, 'no such field', envelope[field])
  }
  equal(envelope['_dd.stage'], 'raw', `${at}["_dd.stage"]`)
  equal(envelope.event_type, 'span', `${at}.event_type`)
  nonEmpty(envelope['_dd.tracer_version'], `${at}["_dd.tracer_version"]`)
  if ('_dd.scope' in envelope) equal(envelope['_dd.scope'], 'experiments', `${at}["_dd.scope"]`)
  const spans = array(envelope.spans, `${at}.spans`)
  if (spans.length !== 1) fail(`${at}.spans`, 'exactly one span', spans)
  return eventOf(spans[0], `${at}.spans[0]`)
}

/**
 * @param {unknown} item
 * @param {string} at
 */
function eventOf(item, at) {
  const event = object(item, at)
  for (const field of EVENT_FIELDS) {
    if (!(field in event)) fail(`${at}.${field}`, 'a value', undefined)
  }
  matching(event.trace_id, TRACE_ID, '32 hex digits or a decimal number', `${at}.trace_id`)
  matching(event.span_id, SPAN_ID, 'a decimal number in a string', `${at}.span_id`)
  if (event.parent_id !== NO_PARENT) {
    matching(event.parent_id, SPAN_ID, 'a decimal number in a string, or "undefined"', `${at}.parent_id`)
  }
  string(event.name, `${at}.name`)
  strings(event.tags, `${at}.tags`)
  positiveInteger(event.start_ns, `${at}.start_ns`)
  positiveInteger(event.duration, `${at}.duration`)
  oneOf(event.status, ['ok', 'error'], `${at}.status`)
  const meta = object(event.meta, `${at}.meta`)
  oneOf(meta['span.kind'], [...SPAN_KINDS], `${at}.meta["span.kind"]`)
  for (const side of ['input', 'output']) {
    if (meta['span.kind'] !== 'experiment') object(meta[side], `${at}.meta.${side}`)
  }
  const metrics = object(event.metrics, `${at}.metrics`)
  for (const [name, value] of Object.entries(metrics)) {
    number(value, `${at}.metrics[${JSON.stringify(name)}]`)
    if (name.includes('.')) fail(`${at}.metrics[${JSON.stringify(name)}]`, 'a name without dots', name)
  }
  object(event._dd, `${at}._dd`)
  if ('session_id' in event) nonEmpty(event.session_id, `${at}.session_id`)
  if ('collection_errors' in event) strings(event.collection_errors, `${at}.collection_errors`)
  return event
}

/**
 * @param {unknown} item
 * @param {string} at
 */
function metricOf(item, at) {
  const metric = object(item, at)
  oneOf(metric.event_kind, ['evaluation', 'feedback'], `${at}.event_kind`)
  const isFeedback = metric.event_kind === 'feedback'
  if (isFeedback) {
    const targets = FEEDBACK_TARGETS.filter(field => field in metric)
    if (targets.length !== 1) fail(at, `exactly one of ${FEEDBACK_TARGETS.join(', ')}`, targets)
    nonEmpty(metric[targets[0]], `${at}.${targets[0]}`)
    nonEmpty(object(metric.submitter, `${at}.submitter`).id, `${at}.submitter.id`)
  } else {
    const span = object(object(metric.join_on, `${at}.join_on`).span, `${at}.join_on.span`)
    matching(span.trace_id, TRACE_ID, '32 hex digits or a decimal number', `${at}.join_on.span.trace_id`)
    matching(span.span_id, SPAN_ID, 'a decimal number in a string', `${at}.join_on.span.span_id`)
  }
  nonEmpty(metric.label, `${at}.label`)
  nonEmpty(metric.ml_app, `${at}.ml_app`)
  positiveInteger(metric.timestamp_ms, `${at}.timestamp_ms`)
  strings(metric.tags, `${at}.tags`)
  oneOf(metric.metric_type, isFeedback ? FEEDBACK_TYPES : EVALUATION_TYPES, `${at}.metric_type`)
  checkValue(metric, at)
  return metric
}

/**
 * @param {WireEvent} metric
 * @param {string} at
 */
function checkValue(metric, at) {
  const field = `${metric.metric_type}_value`
  const value = metric[field]
  switch (metric.metric_type) {
    case 'score':
      return number(value, `${at}.${field}`)
    case 'boolean':
      return typeof value === 'boolean' || fail(`${at}.${field}`, 'a boolean', value)
    case 'json':
      return object(value, `${at}.${field}`)
    default:
      return string(value, `${at}.${field}`)
  }
}

/**
 * @param {unknown} value
 * @param {string} at
 * @returns {WireEvent}
 */
function object(value, at) {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) fail(at, 'an object', value)
  return /** @type {WireEvent} */ (value)
}

/**
 * @param {unknown} value
 * @param {string} at
 * @returns {unknown[]}
 */
function array(value, at) {
  if (!Array.isArray(value)) fail(at, 'an array', value)
  return /** @type {unknown[]} */ (value)
}

/** @param {unknown} value @param {string} at */
function string(value, at) {
  if (typeof value !== 'string') fail(at, 'a string', value)
}

/** @param {unknown} value @param {string} at */
function nonEmpty(value, at) {
  if (typeof value !== 'string' || value === '') fail(at, 'a non-empty string', value)
}

/** @param {unknown} value @param {string} at */
function strings(value, at) {
  array(value, at).forEach((member, index) => {
    string(member, `${at}[${index}]`)
  })
}

/** @param {unknown} value @param {string} at */
function number(value, at) {
  if (typeof value !== 'number' || !Number.isFinite(value)) fail(at, 'a number', value)
}

/** @param {unknown} value @param {string} at */
function positiveInteger(value, at) {
  if (!Number.isInteger(value) || Number(value) < 0) fail(at, 'an integer of 0 or more', value)
}

/** @param {unknown} value @param {RegExp} pattern @param {string} expected @param {string} at */
function matching(value, pattern, expected, at) {
  if (typeof value !== 'string' || !pattern.test(value)) fail(at, expected, value)
}

/** @param {unknown} value @param {string} expected @param {string} at */
function equal(value, expected, at) {
  if (value !== expected) fail(at, JSON.stringify(expected), value)
}

/** @param {unknown} value @param {string[]} allowed @param {string} at */
function oneOf(value, allowed, at) {
  if (typeof value !== 'string' || !allowed.includes(value)) fail(at, `one of ${allowed.join(', ')}`, value)
}

/**
 * Names the place and the type, never the content: the body is somebody's prompt.
 *
 * @param {string} at
 * @param {string} expected
 * @param {unknown} value
 * @returns {never}
 */
function fail(at, expected, value) {
  throw new ShapeError(`${at}: expected ${expected}, saw ${typeOf(value)}`)
}

/** @param {unknown} value */
function typeOf(value) {
  if (value === undefined) return 'nothing'
  if (value === null) return 'null'
  if (Array.isArray(value)) return `an array of ${value.length}`
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}

/**
 * @param {WireEvent} event an evaluation
 * @returns {{ trace_id?: any, span_id?: any }} the ids of what it is about
 */
function joinedOf(event) {
  return event.join_on?.span ?? event
}

module.exports = { NO_PARENT, evaluationsOf, joinedOf, spansOf }
