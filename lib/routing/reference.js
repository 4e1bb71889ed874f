'use strict'

/**
 * The text by which an exported span names its lanes: references of the core, and behind each the id that the trace
 * has there when it is not the first one's. It may come back from a browser: nothing is done before its limits are
 * kept.
 */

/** Between the lanes of a span with several targets, and before a trace id that differs from the first one's. */
const LANE_SEPARATOR = ','
const TRACE_SEPARATOR = '/'

/** Lanes of one span, as many as a route has targets. */
const LANES_MAX = 16
/** A reference has 32 characters, a trace id at most 39. */
const LANE_CHARS_MAX = 80
/** What is read of a text: lanes that are named again and again count once. */
const TEXT_CHARS_MAX = 4096

/** @typedef {{ reference: string, traceId: string | null }} NamedLane */

/**
 * @param {NamedLane[]} lanes
 * @returns {string}
 */
function writeReference(lanes) {
  return lanes
    .map(({ reference, traceId }) =>
      traceId === null ? reference : `${reference}${TRACE_SEPARATOR}${traceId}`
    )
    .join(LANE_SEPARATOR)
}

/**
 * @param {string} text
 * @returns {NamedLane[]} each lane once
 */
function readReference(text) {
  /** @type {Map<string, NamedLane>} */
  const lanes = new Map()
  for (const lane of beginning(text).split(LANE_SEPARATOR)) {
    if (lane === '' || lane.length > LANE_CHARS_MAX) continue
    const [reference, traceId = null] = lane.split(TRACE_SEPARATOR)
    if (!lanes.has(reference)) lanes.set(reference, { reference, traceId })
    if (lanes.size === LANES_MAX) break
  }
  return [...lanes.values()]
}

/**
 * @param {string} text
 * @returns {string} its whole lanes within the limit
 */
function beginning(text) {
  if (text.length <= TEXT_CHARS_MAX) return text
  return text.slice(0, Math.max(0, text.lastIndexOf(LANE_SEPARATOR, TEXT_CHARS_MAX)))
}

module.exports = { readReference, writeReference }
