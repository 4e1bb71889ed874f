'use strict'

/**
 * An evaluation or feedback that dd-trace made. Versions before 5.100 name the span as the
 * intake's first version did; here it is always the second.
 *
 * @param {Record<string, any>} metric
 * @param {string | null} traceId the span's at this destination; null: as the metric says
 * @returns {Record<string, any>}
 */
function foreignMetric(metric, traceId) {
  const { event_kind: kind = 'evaluation', ...rest } = metric
  const named = kind === 'evaluation' && rest.join_on === undefined ? joined(rest) : rest
  const span = named.join_on?.span
  if (traceId === null || !span) return { event_kind: kind, ...named }
  return { event_kind: kind, ...named, join_on: { span: { ...span, trace_id: traceId } } }
}

/**
 * @param {Record<string, any>} metric
 * @returns {Record<string, any>}
 */
function joined({ span_id, trace_id, ...rest }) {
  return { join_on: { span: { span_id, trace_id } }, ...rest }
}

module.exports = { foreignMetric }
