'use strict'

/** What callbacks get for a span when nothing is recorded: it takes every call a span takes. */
class NoopSpan {
  kind = ''
  name = ''
  traceId = ''
  spanId = ''
  finished = true

  finish() {}

  /** @returns {this} */
  setTag() {
    return this
  }

  context() {
    return { toTraceId: () => '', toSpanId: () => '' }
  }
}

const NOOP_SPAN = Object.freeze(new NoopSpan())

/** The `done` of a callback that is not traced. */
function NOOP_DONE() {}

/** @returns the report of a flush that had nothing to wait for */
function emptyReport() {
  return { delivered: 0, rejected: 0, dropped: 0, pending: 0, tenants: [] }
}

/** @returns the counters of an instance that never sent anything */
function emptyStats() {
  return { total: emptyCounts(), tenants: [], closed: emptyCounts(), unrouted: emptyCounts() }
}

function emptyCounts() {
  return {
    submitted: 0,
    delivered: 0,
    rejected: 0,
    dropped: 0,
    held: 0,
    maybeDuplicate: 0,
    tenantMismatch: 0,
    rejectedByStatus: {},
    droppedByReason: {}
  }
}

module.exports = { NOOP_DONE, NOOP_SPAN, emptyReport, emptyStats }
