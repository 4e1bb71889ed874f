'use strict'

const { ROOT_STORE } = require('../routing/context')
const { SpanId, newSpanId } = require('../trace/ids')
const { isObject } = require('./messages')
const { LocalTrace, derivedId } = require('./tenants')

/** Ancestors that have not ended and are kept for one span: a chain that grows for ever has an end here. */
const DEPTH_MAX = 256

/** What is kept of an OpenTelemetry span from its start: where it started, and what is above it. */
class SpanState {
  /** Null after its end. @type {OtelSpan | null} */
  otel
  /** @type {SpanState | null} */
  above
  /** The route of the context it started in, or else of the span above. @type {Route | null} */
  route
  /** Whether nothing of its context may be used: it started in a queue that all tenants share. */
  isUnsafe = false
  isEnded = false
  /** Whether a span below named it as parent, and it has to be there. */
  isNamed = false
  /** Of it, once a span below needed it or it has ended; one for each target. @type {Lineage[] | null} */
  lineages = null
  /** Whether its event was made; then it is what spans below find. */
  isSent = false
  kind = 'workflow'
  name = ''
  /** The same span's for another LLMObs. @type {SpanState | null} */
  beside = null
  /** @type {import('../trace/ids').SpanId | null} */
  #id = null

  /**
   * @param {object} owner the processor that saw it start
   * @param {object} key of its LLMObs
   * @param {OtelSpan} otel
   * @param {{ traceId: string, spanId: string }} ids
   * @param {string} scope
   * @param {SpanState | null} above
   * @param {Store} context
   * @param {boolean} isUnsafe
   */
  constructor(owner, key, otel, { traceId, spanId }, scope, above, context, isUnsafe) {
    this.owner = owner
    this.key = key
    this.otel = otel
    this.spanId = spanId
    this.scope = scope
    // Runs name those above them by their own ids; what is above the first one is the queue's context.
    const isTrusted = !isUnsafe || (above?.isUnsafe && above.scope === scope)
    const isTooDeep = above !== null && above.depth >= DEPTH_MAX
    this.above = isTrusted && !isTooDeep ? above : null
    /** @type {number} */
    this.depth = this.above === null ? 0 : this.above.depth + 1
    this.isUnsafe = isUnsafe
    this.context = isUnsafe ? ROOT_STORE : context
    // Where the context was lost, the span above is whose it is.
    this.route = this.context.route ?? this.above?.route ?? null
    /** @type {LocalTrace} */
    this.trace =
      this.above?.trace ??
      new LocalTrace(isTrusted ? traceId : traceId === '' ? '' : derivedId(traceId, spanId))
  }

  /** @returns {import('../trace/ids').SpanId} */
  get id() {
    this.#id ??= this.spanId === '' ? newSpanId() : SpanId.ofHex(this.spanId)
    return this.#id
  }

  /** @returns {SpanState | null} the nearest one above that is sent or may still be */
  get next() {
    let above = this.above
    while (above?.isEnded && !above.isSent) above = above.above
    return above
  }

  /** Lets go of what only a running span needs. */
  end() {
    this.isEnded = true
    this.otel = null
    this.above = this.isSent ? null : this.next
  }
}

/**
 * By the context of a span, which links name and which wrappers of a span keep; by the span itself where it makes a new one
 * for each that asks. Kept as long as somebody else holds the key.
 *
 * @type {WeakMap<object, SpanState>}
 */
const states = new WeakMap()

/** @param {OtelSpan} span */
function keyOf(span) {
  const context = span.spanContext()
  return isObject(context) && span.spanContext() === context ? context : span
}

/**
 * @param {object} span or its context
 * @param {object} key of an LLMObs
 * @returns {SpanState | undefined}
 */
function stateOf(span, key) {
  const place = 'spanContext' in span && typeof span.spanContext === 'function' ? keyOf(span) : span
  let state = states.get(place)
  while (state !== undefined && state.key !== key) state = state.beside ?? undefined
  return state
}

/** @param {object} context of a span @returns {SpanState | undefined} for any LLMObs */
function anyStateOf(context) {
  return states.get(context)
}

/** @param {SpanState} state of a span that starts */
function keepState(state) {
  const place = keyOf(/** @type {OtelSpan} */ (state.otel))
  state.beside = states.get(place) ?? null
  states.set(place, state)
}

module.exports = { SpanState, anyStateOf, keepState, stateOf }
