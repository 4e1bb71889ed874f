'use strict'

/**
 * The headers by which dd-trace's own `extract`, and any other reader of W3C's trace context, continues a trace. Where
 * an APM tracer wrote its ids they stay: the application's APM trace goes on as if this package were not there.
 */

const { checkCarrier, readHeader, splitTags, writeHeader } = require('./carrier')
const propagation = require('./propagation')
const { spanIdHex, traceIdHex, traceparentOf } = require('./trace-ids')
const { readState, writeState } = require('./trace-state')

const TRACE_ID = 'x-datadog-trace-id'
const PARENT_ID = 'x-datadog-parent-id'
const PRIORITY = 'x-datadog-sampling-priority'
const TRACEPARENT = 'traceparent'
const TRACESTATE = 'tracestate'
/** The upper half of the trace id, which `x-datadog-trace-id` has no room for. */
const UPPER_HALF = '_dd.p.tid'

/** @typedef {import('./propagation').RemoteParent} RemoteParent */
/** @typedef {import('./propagation').Sender} Sender */
/** @typedef {{ traceHex: string, spanHex: string, lower: string, parentId: string, isSampled: boolean }} Ids */

/**
 * Adds the active span to outgoing headers.
 *
 * @param {Sender | null} span
 * @param {RemoteParent | null} remote passed on when there is no span
 * @param {any} carrier
 * @param {number} headerChars
 * @returns {boolean} false when the tags would have been too long; nothing is written then
 */
function injectHeaders(span, remote, carrier, headerChars) {
  checkCarrier(carrier)
  const ids = headerChars === 0 ? null : idsOf(span, remote)
  if (ids === null) return propagation.inject(span, remote, carrier, headerChars)
  const isOurs = !holdsOthers(carrier)
  const upper = ids.traceHex.slice(0, 16)
  /** @type {[string, string | null][]} */
  const more = isOurs ? [[UPPER_HALF, /^0+$/.test(upper) ? null : upper]] : []
  if (!propagation.inject(span, remote, carrier, headerChars, more)) return false
  if (isOurs) {
    writeHeader(carrier, ids.lower, TRACE_ID)
    writeHeader(carrier, ids.parentId, PARENT_ID)
    writeHeader(carrier, ids.isSampled ? '1' : '0', PRIORITY)
    writeHeader(carrier, traceparentOf(ids.traceHex, ids.parentId, ids.isSampled), TRACEPARENT)
  } else if (readHeader(carrier, TRACEPARENT) === '') return true
  const said = propagation.entriesOf(span, remote)
  const parts = [...(said?.entries ?? []), ...(said?.optional ?? [])].filter(propagation.isWireSafe)
  const ours = isOurs ? { s: ids.isSampled ? '1' : '0', p: ids.spanHex } : null
  const state = writeState(readHeader(carrier, TRACESTATE), ours, parts)
  if (state !== '') writeHeader(carrier, state, TRACESTATE)
  return true
}

/**
 * @param {unknown} carrier
 * @param {number} headerChars
 * @returns {RemoteParent | null} null when the carrier names no LLM Observability span
 */
function extractHeaders(carrier, headerChars) {
  const remote = propagation.extract(carrier, headerChars)
  if (remote !== null || headerChars === 0) return remote
  // A sender that speaks W3C's trace context alone. Datadog's headers without tags are a sender that says nothing.
  if (readHeader(carrier) !== '' || readHeader(carrier, TRACE_ID) !== '') return null
  return propagation.remoteOf(readState(readHeader(carrier, TRACESTATE)))
}

/**
 * @param {Sender | null} span
 * @param {RemoteParent | null} remote
 * @returns {Ids | null} null when there is nothing to continue, or its ids are no APM ids
 */
function idsOf(span, remote) {
  const traceId = span === null ? (remote?.traceId ?? null) : span.traceId
  const parentId = span === null ? (remote?.parentId ?? null) : span.spanId
  if (traceId === null || parentId === null) return null
  const traceHex = traceIdHex(traceId)
  const spanHex = spanIdHex(parentId)
  const lower = lowerHalf(traceHex)
  if (spanHex === '' || lower === '') return null
  const decision = span === null ? remote?.samplingDecision : span.samplingDecision
  return { traceHex, spanHex, lower, parentId, isSampled: decision !== '0' }
}

/**
 * Whether somebody else's APM ids are in the headers. Ours of an earlier call name the trace of the tags.
 *
 * @param {any} carrier
 * @returns {boolean}
 */
function holdsOthers(carrier) {
  const traceId = readHeader(carrier, TRACE_ID)
  const traceparent = readHeader(carrier, TRACEPARENT)
  if (traceId === '' && traceparent === '') return false
  const before = propagation.remoteOf(splitTags(readHeader(carrier)))
  const traceHex = before === null || before.traceId === null ? '' : traceIdHex(before.traceId)
  return (
    (traceId !== '' && traceId !== lowerHalf(traceHex)) ||
    (traceparent !== '' && traceparent.trim().slice(3, 35).toLowerCase() !== traceHex)
  )
}

/**
 * @param {string} traceHex
 * @returns {string} as a decimal number; '' when it is zero
 */
function lowerHalf(traceHex) {
  if (traceHex === '') return ''
  const lower = BigInt(`0x${traceHex.slice(16)}`)
  return lower === 0n ? '' : lower.toString()
}

module.exports = { extractHeaders, injectHeaders }
