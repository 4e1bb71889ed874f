'use strict'

/**
 * The headers by which dd-trace's own `extract`, and any other reader of W3C's trace context, continues a trace. The ids
 * that an APM tracer gave it stay, on the way in and on the way out: the application's APM trace goes on as if this
 * package were not there. Where there are none, the ids are those of LLM Observability.
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

const HEX_64 = /^[0-9a-f]{16}$/i
const NO_UPPER_HALF = '0'.repeat(16)
const W3C = /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/i
const SAMPLED = 1
const PRIORITIES = /^(-1|[0-2])$/
const STATE_CHARS = 8192
const VISIBLE = /^[\x20-\x7e]*$/

/** @typedef {import('./propagation').Sender} Sender */
/**
 * Who a trace is for APM.
 *
 * @typedef {object} ApmIds
 * @property {string} traceHex 32 hex digits
 * @property {string} parentId a decimal number
 * @property {string} priority -1 to 2; above 0 it is sampled
 * @property {string} state the `tracestate` it came with
 */

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
  const ids = headerChars === 0 ? null : (idsPassedOn(span, remote) ?? ownIds(span, remote))
  if (ids === null) return propagation.inject(span, remote, carrier, headerChars)
  const isOurs = !holdsOthers(carrier)
  const upper = ids.traceHex.slice(0, 16)
  /** @type {[string, string | null][]} */
  const more = isOurs ? [[UPPER_HALF, upper === NO_UPPER_HALF ? null : upper]] : []
  if (!propagation.inject(span, remote, carrier, headerChars, more)) return false
  if (isOurs) writeIds(carrier, ids)
  else if (readHeader(carrier, TRACEPARENT) === '') return true
  const { entries, optional } = propagation.entriesOf(span, remote) ?? { entries: [], optional: [] }
  const state = writeState(
    (isOurs ? ids.state : '') || readHeader(carrier, TRACESTATE),
    isOurs ? { s: ids.priority, p: spanIdHex(ids.parentId) } : null,
    [...entries, ...optional].filter(propagation.isWireSafe)
  )
  if (state !== '') writeHeader(carrier, state, TRACESTATE)
  return true
}

/**
 * @param {any} carrier
 * @param {number} headerChars
 * @returns {RemoteParent | null} null when the carrier names no LLM Observability span
 */
function extractHeaders(carrier, headerChars) {
  const remote = propagation.extract(carrier, headerChars) ?? (headerChars === 0 ? null : extractW3c(carrier))
  if (remote !== null) remote.apm = othersIds(carrier)
  return remote
}

/**
 * From a sender that speaks W3C's trace context alone. Datadog's headers without tags are a sender that says nothing.
 *
 * @param {any} carrier
 */
function extractW3c(carrier) {
  if (readHeader(carrier) !== '' || readHeader(carrier, TRACE_ID) !== '') return null
  return propagation.remoteOf(readState(readHeader(carrier, TRACESTATE)))
}

/**
 * @param {Sender | null} span
 * @param {RemoteParent | null} remote
 * @returns {ApmIds | null} those that another tracer gave the trace before it came here
 */
function idsPassedOn(span, remote) {
  return (span === null ? remote?.apm : span.lineage.root.apm) ?? null
}

/**
 * @param {Sender | null} span
 * @param {RemoteParent | null} remote
 * @returns {ApmIds | null} null when there is nothing to continue, or its ids are no APM ids
 */
function ownIds(span, remote) {
  const traceHex = traceIdHex((span === null ? remote?.traceId : span.lineage.traceId) ?? '')
  const parentId = (span === null ? remote?.parentId : span.id.toString()) ?? ''
  if (spanIdHex(parentId) === '' || lowerHalf(traceHex) === '') return null
  const decision = span === null ? remote?.samplingDecision : span.lineage.samplingDecision
  return { traceHex, parentId, priority: decision === '0' ? '0' : '1', state: '' }
}

/**
 * @param {any} carrier
 * @param {ApmIds} ids
 */
function writeIds(carrier, { traceHex, parentId, priority }) {
  writeHeader(carrier, lowerHalf(traceHex), TRACE_ID)
  writeHeader(carrier, parentId, PARENT_ID)
  writeHeader(carrier, priority, PRIORITY)
  writeHeader(carrier, traceparentOf(traceHex, parentId, Number(priority) > 0), TRACEPARENT)
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
 * @param {any} carrier
 * @returns {ApmIds | null} null when it holds none but ours
 */
function othersIds(carrier) {
  if (!holdsOthers(carrier)) return null
  const state = readHeader(carrier, TRACESTATE)
  const ids = datadogIds(carrier) ?? w3cIds(carrier)
  return ids === null
    ? null
    : { ...ids, state: state.length <= STATE_CHARS && VISIBLE.test(state) ? state : '' }
}

/**
 * @param {any} carrier
 * @returns {Omit<ApmIds, 'state'> | null}
 */
function datadogIds(carrier) {
  const lower = traceIdHex(readHeader(carrier, TRACE_ID))
  const parentId = readHeader(carrier, PARENT_ID)
  if (lower === '' || spanIdHex(parentId) === '') return null
  const upper = new Map(splitTags(readHeader(carrier))).get(UPPER_HALF) ?? ''
  const priority = readHeader(carrier, PRIORITY)
  return {
    traceHex: `${HEX_64.test(upper) ? upper.toLowerCase() : NO_UPPER_HALF}${lower.slice(16)}`,
    parentId,
    priority: PRIORITIES.test(priority) ? priority : '1'
  }
}

/**
 * @param {any} carrier
 * @returns {Omit<ApmIds, 'state'> | null}
 */
function w3cIds(carrier) {
  const [, trace = '', parent = '', flags = ''] = W3C.exec(readHeader(carrier, TRACEPARENT).trim()) ?? []
  const traceHex = traceIdHex(trace)
  if (lowerHalf(traceHex) === '' || /^0*$/.test(parent)) return null
  const isSampled = (Number.parseInt(flags, 16) & SAMPLED) !== 0
  return { traceHex, parentId: BigInt(`0x${parent}`).toString(), priority: isSampled ? '1' : '0' }
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
