'use strict'

/**
 * What the bytes of a record mean. src/ingest/value.rs is the other half, docs/record-format.md says more.
 */
const OP = Object.freeze({
  OBJECT: 1,
  ARRAY: 2,
  END: 3,
  KEY_SYMBOL: 4,
  KEY: 5,
  SYMBOL: 6,
  JSON: 7,
  SHORT: 8,
  LATIN1: 9,
  UTF16: 10,
  INT: 11,
  DOUBLE: 12,
  TRUE: 13,
  FALSE: 14,
  NULL: 15,
  ABSENT: 16,
  TEXT: 17,
  TAG: 18,
  U64: 19,
  SPAN_ID: 20,
  TRACE_ID: 21
})

const VERSION = 2
/** One value, or the parts of a span. */
const SHAPE = Object.freeze({ VALUE: 0, SPAN: 1 })
const FLAG = Object.freeze({ ERROR: 1, EXPERIMENTS: 2 })

/** Length word of a record that means: go on at the start of the ring. */
const SKIP = 0xffffffff

module.exports = { FLAG, OP, SHAPE, SKIP, VERSION }
