'use strict'

const { measuresOf, printable } = require('../intake/draw')
const { joinedOf } = require('../intake/wire')

/**
 * @typedef {import('../../testing').RequestRecord} RequestRecord
 * @typedef {import('../../testing').WireEvent} WireEvent
 */

const CONTENT_LENGTH = 2000
const KIND_WIDTH = 9

/**
 * A request that was not taken, or had nothing in it, for a person.
 *
 * @param {RequestRecord} request
 * @param {string} name of its lane
 */
function refusalLine(request, name) {
  return `${lead(request, name)}  ${ending(request)}\n`
}

/**
 * When, whose, and where.
 *
 * @param {RequestRecord} request
 * @param {string} name of its lane
 */
function lead({ receivedAtMs, site }, name) {
  return `${clockTime(receivedAtMs)}  ${printable(name)}  ${printable(site)}`
}

/**
 * What one settled request brought, for a program: one JSON object per event, or one per request when none was taken.
 *
 * @param {RequestRecord} request
 * @param {readonly WireEvent[]} events
 * @param {boolean} isContentShown
 * @param {{ name: string, nameFrom: string }} lane
 */
function jsonLine(request, events, isContentShown, { name, nameFrom }) {
  const shared = {
    time: new Date(request.receivedAtMs).toISOString(),
    site: request.site,
    tenant: request.keyFingerprint,
    tenantName: name,
    tenantNameFrom: nameFrom,
    stream: request.stream,
    status: request.status,
    outcome: request.outcome
  }
  if (!request.accepted || events.length === 0) {
    return `${JSON.stringify({ ...shared, path: request.path, events: events.length, problem: request.problem })}\n`
  }
  return events
    .map(event => {
      const measures = request.stream === 'spans' ? spanMeasures(event) : evaluationMeasures(event)
      const content = isContentShown ? { content: contentOf(event) } : {}
      return `${JSON.stringify({ ...shared, ...measures, ...content })}\n`
    })
    .join('')
}

/** @param {RequestRecord} request */
function ending({ stream, path, status, outcome, problem, events }) {
  const what = stream === null ? printable(path) : `${events} ${stream}`
  const how = status === null ? outcome : `answered ${status}`
  return [what, how, problem === null ? null : printable(problem, CONTENT_LENGTH)].filter(Boolean).join('  ')
}

/** @param {WireEvent} span */
function spanText(span) {
  const kind = String(span.meta['span.kind']).padEnd(KIND_WIDTH)
  return [`${kind}  ${printable(span.name)}`, ...measuresOf(span)].join('  ')
}

/** @param {WireEvent} metric */
function evaluationText(metric) {
  const value =
    metric.metric_type === 'json' || metric.metric_type === 'text'
      ? metric.metric_type
      : metricValueOf(metric)
  return `${String(metric.event_kind).padEnd(KIND_WIDTH)}  ${printable(metric.label)}  ${printable(value)}`
}

/** @param {WireEvent} span */
function spanMeasures(span) {
  return {
    kind: span.meta['span.kind'],
    name: span.name,
    traceId: span.trace_id,
    spanId: span.span_id,
    parentId: span.parent_id,
    durationMs: span.duration / 1e6,
    model: span.meta.model_name,
    metrics: span.metrics,
    error: span.status === 'error' ? (span.meta['error.type'] ?? '') : undefined
  }
}

/** @param {WireEvent} metric */
function evaluationMeasures(metric) {
  return {
    kind: metric.event_kind,
    name: metric.label,
    metricType: metric.metric_type,
    traceId: joinedOf(metric).trace_id,
    spanId: joinedOf(metric).span_id
  }
}

/** @param {WireEvent} event */
function contentOf(event) {
  if (event.meta === undefined) {
    return { value: metricValueOf(event), reasoning: event.reasoning, metadata: event.metadata }
  }
  const { input, output, metadata, 'error.message': errorMessage } = event.meta
  return { input, output, metadata, errorMessage }
}

/** @param {WireEvent} event */
function contentText(event) {
  return Object.entries(contentOf(event))
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `    ${name}: ${printable(JSON.stringify(value), CONTENT_LENGTH)}`)
}

/** @param {WireEvent} metric */
function metricValueOf(metric) {
  return metric[`${metric.metric_type}_value`]
}

/** @param {number} atMs */
function clockTime(atMs) {
  return new Date(atMs).toISOString().slice(11, 23)
}

module.exports = { contentText, evaluationText, jsonLine, lead, refusalLine, spanText }
