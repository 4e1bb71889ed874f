'use strict'

const { ownerOf } = require('../owner')
const { joinedOf } = require('../wire')

/**
 * @typedef {import('../../../testing').RequestRecord} RequestRecord
 * @typedef {import('../../../testing').Stream} Stream
 * @typedef {import('../../../testing').WireEvent} WireEvent
 * @typedef {{
 *   stream: Stream, lane: string, request: number, receivedAtMs: number, owner: string | null,
 *   traceId: string | null, spanId: string | null, event: WireEvent, bytes: number
 * }} Kept one event as the page keeps it; `request` is the page's number
 */

const MASK = '[the API key]'
/** Shorter keys are test names such as "a", which any text has in it. */
const MIN_MASKED_KEY_LENGTH = 16
const TOO_DEEP = '(nested too deeply to be shown)'

/**
 * The events of a body without the key that it came with: what the page shows can be copied and sent on.
 *
 * @param {readonly WireEvent[]} events
 * @param {string} key
 * @returns {{ event: WireEvent, bytes: number }[]}
 */
function withoutKey(events, key) {
  return events.map(event => {
    const text = textOf(event)
    if (text === null) return { event: outlineOf(event), bytes: 0 }
    const isMasked = key.length >= MIN_MASKED_KEY_LENGTH && text.includes(key)
    return { event: isMasked ? masked(text, key) : event, bytes: text.length }
  })
}

/** @param {WireEvent} event @returns {string | null} null: how deep it is nested is the sender's choice */
function textOf(event) {
  try {
    return JSON.stringify(event)
  } catch {
    return null
  }
}

/** @param {WireEvent} event @returns {WireEvent} */
function outlineOf({ trace_id, span_id, parent_id, name, label, start_ns, duration, status, meta, join_on }) {
  const content = { value: TOO_DEEP }
  const plain = { trace_id, span_id, parent_id, name, label, start_ns, duration, status, join_on, tags: [] }
  if (meta === undefined) return { ...plain, event_kind: 'evaluation' }
  return { ...plain, metrics: {}, meta: { 'span.kind': meta['span.kind'], input: content, output: content } }
}

/** @param {string} text @param {string} key @returns {WireEvent} */
function masked(text, key) {
  return JSON.parse(text, (_, value) => {
    if (typeof value === 'string') return value.replaceAll(key, MASK)
    if (value === null || typeof value !== 'object' || Array.isArray(value)) return value
    const members = Object.entries(value).map(([name, member]) => [name.replaceAll(key, MASK), member])
    return Object.fromEntries(members)
  })
}

/**
 * @param {WireEvent} event
 * @param {Stream} stream
 * @returns {{ traceId: string | null, spanId: string | null, owner: string | null }} of an evaluation: of its span
 */
function idsOf(event, stream) {
  const owner = ownerOf(event)
  if (stream === 'spans') return { traceId: event.trace_id, spanId: event.span_id, owner }
  const joined = joinedOf(event)
  return { traceId: textOrNull(joined.trace_id), spanId: textOrNull(joined.span_id), owner }
}

/** @param {unknown} value */
function textOrNull(value) {
  return typeof value === 'string' ? value : null
}

module.exports = { idsOf, withoutKey }
