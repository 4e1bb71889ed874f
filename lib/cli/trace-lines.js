'use strict'

const { counted, drawTraces, printable } = require('../intake/draw')
const { summaryOf } = require('../intake/page/trace-summary')
const { NO_PARENT, joinedOf } = require('../intake/wire')
const { contentText, evaluationText, lead, spanText } = require('./arrival-lines')

/**
 * @typedef {import('../../testing').RequestRecord} RequestRecord
 * @typedef {import('../../testing').WireEvent} WireEvent
 * @typedef {{ request: RequestRecord, spans: WireEvent[], evaluations: WireEvent[], dueAtMs: number }} Pending
 * @typedef {{ isTreeShown: boolean, isContentShown: boolean, nameOf: (request: RequestRecord) => string,
 *   write: (text: string) => unknown }} Settings
 */

/** A trace arrives in pieces, its root last: so long after the last piece it is taken for whole. */
const QUIET_MS = 400
/** So long it waits for a root that is not here. */
const ROOTLESS_MS = 5000
const CHECK_MS = 100
/** More than this is printed before it is whole. */
const MAX_PENDING_TRACES = 1000
const MAX_PENDING_SPANS = 2000
const INDENT = '    '

/** One line a trace, for a person; below it its tree, and what was said, when that is asked for. */
class TraceLines {
  /** @type {Map<string, Pending>} */
  #pending = new Map()
  #settings
  /** @type {NodeJS.Timeout | null} */
  #timer = null

  /** @param {Settings} settings */
  constructor(settings) {
    this.#settings = settings
  }

  /**
   * @param {RequestRecord} request that was taken
   * @param {readonly WireEvent[]} events
   */
  add(request, events) {
    const now = Date.now()
    for (const event of events) {
      const isSpan = request.stream === 'spans'
      const traceId = joinedOf(event).trace_id ?? ''
      const pending = this.#pendingOf(`${traceId} ${request.site} ${request.keyFingerprint}`, request)
      if (isSpan) pending.spans.push(event)
      else pending.evaluations.push(event)
      const isRooted =
        pending.spans.length === 0 || pending.spans.some(({ parent_id: id }) => id === NO_PARENT)
      pending.dueAtMs = now + (isRooted ? QUIET_MS : ROOTLESS_MS)
      if (pending.spans.length >= MAX_PENDING_SPANS) pending.dueAtMs = now
    }
    this.#timer ??= setInterval(() => this.#print(Date.now()), CHECK_MS).unref()
  }

  /** Prints what waits, whole or not. */
  end() {
    this.#print(Number.POSITIVE_INFINITY)
    if (this.#timer !== null) clearInterval(this.#timer)
  }

  /** @param {string} name @param {RequestRecord} request @returns {Pending} */
  #pendingOf(name, request) {
    const known = this.#pending.get(name)
    if (known !== undefined) return known
    if (this.#pending.size >= MAX_PENDING_TRACES) this.#print(Number.POSITIVE_INFINITY)
    const pending = { request, spans: [], evaluations: [], dueAtMs: 0 }
    this.#pending.set(name, pending)
    return pending
  }

  /** @param {number} now */
  #print(now) {
    for (const [name, pending] of this.#pending) {
      if (pending.dueAtMs > now) continue
      this.#pending.delete(name)
      this.#settings.write(this.#textOf(pending))
    }
  }

  /** @param {Pending} pending */
  #textOf({ request, spans, evaluations }) {
    const { isTreeShown, isContentShown, nameOf } = this.#settings
    const start = lead(request, nameOf(request))
    const lines = spans.length === 0 ? [] : [`${start}  ${traceText(spans, evaluations)}`]
    if (isTreeShown && spans.length > 0)
      lines.push(
        ...drawTraces(spans)
          .split('\n')
          .map(line => INDENT + line)
      )
    if (isContentShown) for (const span of spans) lines.push(INDENT + spanText(span), ...contentText(span))
    // Those of a trace that was printed before have a line of their own.
    if (spans.length === 0 || isTreeShown || isContentShown) {
      for (const evaluation of evaluations) {
        lines.push(`${spans.length === 0 ? `${start}  ` : INDENT}${evaluationText(evaluation)}`)
        if (isContentShown) lines.push(...contentText(evaluation))
      }
    }
    return `${lines.join('\n')}\n`
  }
}

/**
 * @param {WireEvent[]} spans
 * @param {WireEvent[]} evaluations
 */
function traceText(spans, evaluations) {
  const trace = summaryOf(spans.map(event => ({ ...NOWHERE, stream: 'spans', event })))
  const parts = [
    `${String(trace.kind).padEnd(9)}  ${printable(trace.root)}`,
    counted(trace.spans, 'span'),
    `${trace.durationMs.toFixed(1)} ms`
  ]
  if (trace.models.length > 0) parts.push(trace.models.map(model => printable(model)).join(', '))
  if (trace.inputTokens + trace.outputTokens > 0)
    parts.push(`${trace.inputTokens} -> ${trace.outputTokens} tokens`)
  if (evaluations.length > 0) parts.push(counted(evaluations.length, 'evaluation'))
  const failed = spans.filter(({ status }) => status === 'error')
  if (failed.length > 0) {
    const types = [...new Set(failed.map(({ meta }) => printable(meta['error.type'] ?? '')).filter(Boolean))]
    parts.push(`${failed.length} ERROR ${types.slice(0, 3).join(', ')}`.trimEnd())
  }
  if (!trace.isWhole) parts.push('its root is not here')
  return parts.join('  ')
}

const NOWHERE = { lane: '', request: 0, receivedAtMs: 0, owner: null, traceId: null, spanId: null, bytes: 0 }

module.exports = { TraceLines }
