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

module.exports = { NOOP_DONE, NOOP_SPAN }
