'use strict'

const { Buffer } = require('node:buffer')
const { isOneByte } = require('./one-byte')
const { OP, VERSION } = require('./ops')
const { RecordSpill } = require('./spill')

/** Up to here a loop over the characters is cheaper than a call into the engine. */
const SHORT_CHARACTERS = 32
const HEADER_BYTES = 16

/** Up to here room is made for two bytes a character, before anybody asked how the engine holds the text. */
const MEDIUM_CHARACTERS = 2048
/** Around the characters of a text: what it is, its length, and one byte to begin at an even place. */
const TEXT_BYTES = 6

/** The most that a number takes. */
const NUMBER_BYTES = 9
/** The times and ids of a span that is the root of a trace. */
const ROOT_BYTES = 41
/** Tags of one number, and that nobody is above. */
const USUAL_HEAD_BYTES = 6

/** @typedef {{ isNumber: boolean, low: number, high: number, toString(): string }} WrittenSpanId */
/** @typedef {{ isOwn: boolean, second: number, high: number, low: number, toString(): string }} WrittenTraceId */

/** Raw copies without the checks of `write`. Node has had them for ever, and does not document them. */
const { latin1Write, ucs2Write } = /** @type {any} */ (Buffer.prototype)
const canCopy = typeof latin1Write === 'function' && typeof ucs2Write === 'function'

const long = new BigUint64Array(1)
const longWords = new Int32Array(long.buffer)

/**
 * Writes one record at a time, field by field: into the ring, or into memory of its own when it does not fit.
 * Strings are copied as the engine holds them; the core makes JSON of them.
 */
class RecordWriter {
  #ring
  #isSpilled = false
  #spill

  /**
   * @param {import('../native').Producer} producer
   * @param {import('./symbols').RecordSymbols} symbols
   * @param {import('./ring').RecordRing | null} ring null: every record goes past the ring
   */
  constructor(producer, symbols, ring) {
    this.#ring = ring
    this.#spill = new RecordSpill(producer)
    this.symbols = symbols
    /** @type {Buffer} */
    this.bytes = ring === null ? Buffer.alloc(0) : ring.bytes
    /** The same memory: whole words are written through it. */
    this.view = viewOf(this.bytes)
    this.start = 0
    this.at = 0
    this.limit = 0
  }

  /** @returns {number} bytes written so far, to come back to with `rewind` */
  get mark() {
    return this.at - this.start
  }

  /**
   * @param {number} shape
   * @param {number} kind
   * @param {number} flags
   * @param {number} laneId
   */
  begin(shape, kind, flags, laneId) {
    const ring = this.#ring
    // The record before has been given up.
    if (this.#isSpilled) this.#spill.drop()
    this.#isSpilled = ring === null
    const bytes = ring === null ? this.#spill.open() : ring.bytes
    if (bytes !== this.bytes) this.#into(bytes)
    this.symbols.begin()
    this.start = ring === null ? 0 : ring.open()
    this.limit = ring === null ? bytes.length : ring.limit
    this.at = this.start
    this.need(HEADER_BYTES)
    const { view, at } = this
    view.setInt32(at, 0, true)
    view.setInt32(at + 4, VERSION | (shape << 8) | (kind << 16) | (flags << 24), true)
    view.setInt32(at + 8, laneId, true)
    view.setInt32(at + 12, laneId / 0x100000000, true)
    this.at = at + HEADER_BYTES
  }

  /** Publishes the record. */
  finish() {
    this.align()
    const length = this.at - this.start
    this.view.setInt32(this.start, length, true)
    if (!this.#isSpilled) return this.#ring?.commit(length)
    this.#isSpilled = false
    this.#spill.submit(this.bytes, length)
  }

  /** Fills up to a multiple of eight bytes. */
  align() {
    this.need(8)
    while (this.at & 7) this.bytes[this.at++] = 0
  }

  /** @param {number} mark */
  rewind(mark) {
    this.at = this.start + mark
  }

  /** @param {number} op */
  op(op) {
    this.need(1)
    this.bytes[this.at++] = op
  }

  /** @param {bigint} number */
  u64(number) {
    long[0] = number
    this.need(8)
    const { view, at } = this
    view.setInt32(at, longWords[0], true)
    view.setInt32(at + 4, longWords[1], true)
    this.at = at + 8
  }

  /** @param {number} number */
  number(number) {
    this.need(NUMBER_BYTES)
    this.at = this.putNumber(number, this.at)
  }

  /**
   * Writes a number where there is room for NUMBER_BYTES: for who has made it for more.
   *
   * @param {number} number
   * @param {number} at
   * @returns {number} where it ends
   */
  putNumber(number, at) {
    const { view } = this
    if (number === (number | 0)) {
      view.setUint8(at, OP.INT)
      view.setInt32(at + 1, number, true)
      return at + 5
    }
    view.setUint8(at, OP.DOUBLE)
    view.setFloat64(at + 1, number, true)
    return at + 9
  }

  /** @param {WrittenSpanId} id */
  spanId(id) {
    if (!id.isNumber) return this.string(id.toString())
    this.need(9)
    const { view, at } = this
    view.setUint8(at, OP.SPAN_ID)
    view.setInt32(at + 1, id.low, true)
    view.setInt32(at + 5, id.high, true)
    this.at = at + 9
  }

  /** @param {WrittenTraceId} id */
  traceId(id) {
    if (!id.isOwn) return this.string(id.toString())
    this.need(13)
    const { view, at } = this
    view.setUint8(at, OP.TRACE_ID)
    view.setInt32(at + 1, id.second, true)
    view.setInt32(at + 5, id.high, true)
    view.setInt32(at + 9, id.low, true)
    this.at = at + 13
  }

  /** @param {number} id of a common string: a field's name */
  commonKey(id) {
    this.#id(OP.KEY_SYMBOL, id)
  }

  /** @param {number} id of a common string */
  commonName(id) {
    this.#id(OP.SYMBOL, id)
  }

  /**
   * A field's name.
   *
   * @param {string} name
   */
  key(name) {
    const id = this.symbols.find(name)
    if (id !== -1) return this.#id(OP.KEY_SYMBOL, id)
    this.op(OP.KEY)
    this.string(name)
  }

  /**
   * A string that may recur.
   *
   * @param {string} text
   */
  name(text) {
    const id = this.symbols.find(text)
    if (id === -1) this.string(text)
    else this.#id(OP.SYMBOL, id)
  }

  /**
   * A field whose value is a string that may recur.
   *
   * @param {number} key of a common string
   * @param {string} text
   */
  nameField(key, text) {
    const id = this.symbols.find(text)
    this.need(6)
    const { view, at } = this
    view.setUint8(at, OP.KEY_SYMBOL)
    view.setUint16(at + 1, key, true)
    this.at = at + 3
    if (id === -1) return this.string(text)
    view.setUint8(at + 3, OP.SYMBOL)
    view.setUint16(at + 4, id, true)
    this.at = at + 6
  }

  /**
   * What most spans have between their name and their content: tags that are common ones, nobody above them, how they were
   * sampled, and no session.
   *
   * @param {number} tags a piece of JSON that has a number
   * @param {string} sampleRate
   * @param {string} samplingDecision
   */
  usualHead(tags, sampleRate, samplingDecision) {
    const { symbols } = this
    this.need(USUAL_HEAD_BYTES)
    const { view, at } = this
    view.setUint16(at, OP.ARRAY | (OP.JSON << 8), true)
    view.setUint16(at + 2, tags, true)
    view.setUint16(at + 4, OP.END | (OP.ABSENT << 8), true)
    this.at = at + 6
    const rate = symbols.find(sampleRate)
    const decision = symbols.find(samplingDecision)
    if (rate === -1) this.string(sampleRate)
    else this.commonName(rate)
    if (decision === -1) this.string(samplingDecision)
    else this.commonName(decision)
    this.op(OP.ABSENT)
  }

  /** @param {number} id a piece of JSON that has a number */
  json(id) {
    this.#id(OP.JSON, id)
  }

  /** @param {string} text */
  string(text) {
    const { length } = text
    if (length <= MEDIUM_CHARACTERS) {
      this.need(TEXT_BYTES + 2 * length)
      this.at = this.put(text, this.at)
    } else {
      const isLatin1 = isOneByte(text)
      this.need(TEXT_BYTES + (isLatin1 ? length : 2 * length))
      this.at = this.#copy(text, length, isLatin1, this.at)
    }
  }

  /**
   * Writes a text of at most MEDIUM_CHARACTERS where there is room for two bytes each: for who has made it for more.
   *
   * @param {string} text
   * @param {number} at
   * @returns {number} where it ends
   */
  put(text, at) {
    const { bytes, view } = this
    const { length } = text
    if (length <= SHORT_CHARACTERS) {
      let units = 0
      for (let index = 0; index < length; index++) {
        const unit = text.charCodeAt(index)
        units |= unit
        bytes[at + 2 + index] = unit
      }
      if (units <= 0xff) {
        view.setUint16(at, OP.SHORT | (length << 8), true)
        return at + 2 + length
      }
    }
    return this.#copy(text, length, isOneByte(text), at)
  }

  /**
   * @param {string} text
   * @param {number} length
   * @param {boolean} isLatin1
   * @param {number} at
   */
  #copy(text, length, isLatin1, at) {
    const { bytes, view } = this
    view.setUint8(at, isLatin1 ? OP.LATIN1 : OP.UTF16)
    view.setUint32(at + 1, length, true)
    at += 5
    // Two-byte characters stand at even places, where the engine copies them at once.
    if (!isLatin1 && at & 1) bytes[at++] = 0
    if (!canCopy) return at + bytes.write(text, at, isLatin1 ? 'latin1' : 'utf16le')
    return (
      at +
      (isLatin1 ? latin1Write.call(bytes, text, at, length) : ucs2Write.call(bytes, text, at, 2 * length))
    )
  }

  /**
   * When a span was, and who it is.
   *
   * @param {bigint} startNs
   * @param {bigint} durationNs
   * @param {WrittenTraceId} trace
   * @param {WrittenSpanId} id
   * @param {WrittenSpanId | null} above
   * @param {number} root what stands for a parent where there is none: a common string
   */
  span(startNs, durationNs, trace, id, above, root) {
    if (!trace.isOwn || !id.isNumber || above !== null) {
      this.u64(startNs)
      this.u64(durationNs)
      this.traceId(trace)
      this.spanId(id)
      if (above === null) this.commonName(root)
      else this.spanId(above)
      return
    }
    this.need(ROOT_BYTES)
    const { view, at } = this
    view.setBigUint64(at, startNs, true)
    view.setBigUint64(at + 8, durationNs, true)
    view.setUint8(at + 16, OP.TRACE_ID)
    view.setInt32(at + 17, trace.second, true)
    view.setInt32(at + 21, trace.high, true)
    view.setInt32(at + 25, trace.low, true)
    view.setUint8(at + 29, OP.SPAN_ID)
    view.setInt32(at + 30, id.low, true)
    view.setInt32(at + 34, id.high, true)
    view.setUint8(at + 38, OP.SYMBOL)
    view.setUint16(at + 39, root, true)
    this.at = at + ROOT_BYTES
  }

  /** @param {Uint8Array} part of another record, from an aligned place to an aligned place */
  part(part) {
    this.align()
    this.need(part.length)
    this.bytes.set(part, this.at)
    this.at += part.length
  }

  /**
   * Makes sure that `bytes` more fit.
   *
   * @param {number} bytes
   */
  need(bytes) {
    if (this.at + bytes > this.limit) this.#grow(bytes)
  }

  /**
   * @param {number} op
   * @param {number} id
   */
  #id(op, id) {
    this.need(3)
    const { view, at } = this
    view.setUint8(at, op)
    view.setUint16(at + 1, id, true)
    this.at = at + 3
  }

  /** @param {Buffer} bytes */
  #into(bytes) {
    this.bytes = bytes
    this.view = viewOf(bytes)
  }

  /** @param {number} bytes */
  #grow(bytes) {
    const used = this.at - this.start
    // What comes after a value must fit too, and growing is not cheap.
    const wanted = used + bytes + HEADER_BYTES
    const ring = this.#ring
    if (ring !== null && !this.#isSpilled) {
      const start = ring.extend(this.start, wanted)
      if (start !== -1) {
        if (start !== this.start) {
          ring.bytes.copyWithin(start, this.start, this.at)
          ring.moved(this.start)
          this.start = start
          this.at = start + used
        }
        this.limit = ring.limit
        return
      }
    }
    this.#into(this.#spill.move(this.bytes, this.start, this.at, wanted))
    this.#isSpilled = true
    this.start = 0
    this.at = used
    this.limit = this.bytes.length
  }
}

/** @param {Buffer} bytes */
function viewOf(bytes) {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
}

module.exports = { MEDIUM_CHARACTERS, NUMBER_BYTES, RecordWriter, TEXT_BYTES }
