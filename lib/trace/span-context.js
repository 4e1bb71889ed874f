'use strict'

const { spanIdHex, traceIdHex, traceparentOf } = require('./trace-ids')

/** Who a span is, in dd-trace's shape. */
class SpanContext {
  #span

  /** @param {Span} span */
  constructor(span) {
    this.#span = span
  }

  /**
   * The trace's id in LLM Observability: there is no APM trace beside it.
   *
   * @param {boolean} [asHex] also where an upstream service named the trace by a decimal number
   * @returns {string} 32 hex digits
   */
  toTraceId(asHex) {
    const { traceId } = this.#span
    return asHex === true ? traceIdHex(traceId) : traceId
  }

  /**
   * @param {boolean} [asHex] true: 16 hex digits
   * @returns {string} a decimal number
   */
  toSpanId(asHex) {
    const { spanId } = this.#span
    return asHex === true ? spanIdHex(spanId) : spanId
  }

  /** @returns {string} W3C's `traceparent` */
  toTraceparent() {
    const { traceId, spanId, lineage } = this.#span
    return traceparentOf(traceId, spanId, lineage.samplingDecision !== '0')
  }
}

module.exports = { SpanContext }
