'use strict'

/**
 * What becomes of an event, at once and in this thread: the record that the SDK writes, read as docs/record-format.md
 * says. The core reads the same bytes; that both make the same text of them is tested in encode/records.test.js.
 */

const { HandOver } = require('../../lib/event/hand-over')

const CONTROL_BYTES = 512
const RING_BYTES = 2 ** 16
/** Words of the ring's control. */
const COMMITTED = 0
const CONSUMED = 16
const ORIGIN = 48
const PROBE = 64

const HEADER_BYTES = 16
const FLAG_ERROR = 1
const FLAG_EXPERIMENTS = 2

/** A producer whose records are read here instead of in the core. */
class Producer {
  #control = new ArrayBuffer(CONTROL_BYTES)
  #body = new ArrayBuffer(RING_BYTES)
  #words = new Uint32Array(this.#control)
  /** What was named, in JSON. @type {string[]} */
  #symbols = []
  /** @type {Buffer | null} */
  #spilled = null

  control() {
    return this.#control
  }

  body() {
    return this.#body
  }

  /** @param {number} probe */
  meets(probe) {
    const isMet = this.#words[PROBE] === probe
    this.#words[PROBE] = ~probe
    return isMet
  }

  wake() {}

  /** @returns {null} nothing is lent: large records stand in memory of the writer's own */
  lend() {
    return null
  }

  /**
   * @param {string[]} texts
   * @param {boolean} isJson
   * @returns {number} of the first of them
   */
  define(texts, isJson) {
    const first = this.#symbols.length
    for (const text of texts) this.#symbols[this.#symbols.length] = isJson ? text : quoted(text)
    return first
  }

  /** @param {Buffer} record */
  submit(record) {
    this.#spilled = Buffer.from(record)
  }

  /** @returns {string} the text of the event that was handed over last; '' for a record without a value */
  take() {
    const record = this.#spilled ?? this.#committed()
    this.#spilled = null
    this.#words[CONSUMED] = this.#words[COMMITTED]
    return new Reader(record, this.#symbols).event()
  }

  #committed() {
    const ring = Buffer.from(this.#body)
    const start = (this.#words[CONSUMED] - this.#words[ORIGIN]) & (RING_BYTES - 1)
    const at = ring.readUInt32LE(start) === 0xffffffff ? 0 : start
    return ring.subarray(at, at + ring.readUInt32LE(at))
  }
}

/** Reads one record. */
class Reader {
  #record
  #symbols
  #at = HEADER_BYTES

  /**
   * @param {Buffer} record
   * @param {string[]} symbols
   */
  constructor(record, symbols) {
    this.#record = record
    this.#symbols = symbols
  }

  event() {
    const [shape] = this.#record.subarray(5, 6)
    return shape === 1 ? this.#span() : this.#value()
  }

  /** A span's parts in the order of dd-trace's event. */
  #span() {
    const [flags] = this.#record.subarray(7, 8)
    const startNs = this.#u64()
    const durationNs = this.#u64()
    const traceId = this.#value()
    const spanId = this.#value()
    let text = `{"trace_id":${traceId},"span_id":${spanId},"parent_id":${this.#value()},"name":${this.#value()}`
    text += `,"tags":${this.#value()},"start_ns":${startNs},"duration":${durationNs}`
    text += `,"status":${flags & FLAG_ERROR ? '"error"' : '"ok"'}`
    const attribution = member('agent_attribution', this.#value())
    const sampleRate = member('sample_rate', this.#value())
    const decision = member('sampling_decision', this.#value())
    const sessionId = member('session_id', this.#value())
    const meta = this.#value()
    const error = this.#value()
    text += `,"meta":${meta.slice(0, -1)}${attribution}${error === '' ? '' : `,${error.slice(1, -1)}`}}`
    text += `,"metrics":${this.#value()}`
    text += `,"_dd":{"span_id":${spanId},"trace_id":${traceId}${sampleRate}${decision},"apm_trace_id":${traceId}`
    text += `${flags & FLAG_EXPERIMENTS ? ',"scope":"experiments"' : ''}}${sessionId}`
    return `${text}${member('collection_errors', this.#value())}}`
  }

  /** @returns {string} '' where there is none */
  #value() {
    let op = this.#u8()
    while (op === 0 && this.#at < this.#record.length) op = this.#u8()
    switch (op) {
      case 0:
      case 3:
      case 16:
        return ''
      case 1:
        return `{${this.#members()}}`
      case 2:
        return `[${this.#list()}]`
      case 6:
      case 7:
        return this.#symbols[this.#u16()]
      case 11:
        return `${this.#u32() | 0}`
      case 12: {
        const number = this.#record.readDoubleLE(this.#pass(8))
        return Number.isFinite(number) ? `${number}` : 'null'
      }
      case 13:
        return 'true'
      case 14:
        return 'false'
      case 15:
        return 'null'
      case 18:
        return `${this.#value().slice(0, -1)}:${this.#value().slice(1)}`
      case 19:
        return `${this.#u64()}`
      case 20:
        return `"${this.#u64()}"`
      case 21: {
        const words = [this.#u32(), 0, this.#u32(), this.#u32()]
        return `"${words.map(word => word.toString(16).padStart(8, '0')).join('')}"`
      }
      default:
        return quoted(this.#characters(op))
    }
  }

  /** @param {number} op */
  #characters(op) {
    if (op === 8) return this.#text(this.#u8(), 'latin1')
    const length = this.#u32()
    if (op === 9) return this.#text(length, 'latin1')
    if (op !== 10) throw new Error(`op ${op} at ${this.#at}`)
    this.#at += this.#at & 1
    return this.#text(2 * length, 'utf16le')
  }

  #members() {
    let text = ''
    for (let op = this.#u8(); op !== 3; op = this.#u8()) {
      if (op === 0) continue
      const key = op === 4 ? this.#symbols[this.#u16()] : this.#value()
      text += `${text === '' ? '' : ','}${key}:${this.#value()}`
    }
    return text
  }

  #list() {
    let text = ''
    for (let item = this.#value(); item !== ''; item = this.#value())
      text += `${text === '' ? '' : ','}${item}`
    return text
  }

  #u8() {
    return this.#record.readUInt8(this.#pass(1))
  }

  #u16() {
    return this.#record.readUInt16LE(this.#pass(2))
  }

  #u32() {
    return this.#record.readUInt32LE(this.#pass(4))
  }

  #u64() {
    return this.#record.readBigUInt64LE(this.#pass(8))
  }

  /**
   * @param {number} bytes
   * @param {BufferEncoding} encoding
   */
  #text(bytes, encoding) {
    const start = this.#pass(bytes)
    if (this.#at > this.#record.length) throw new Error('a record ends too early')
    return this.#record.toString(encoding, start, this.#at)
  }

  /** @param {number} bytes */
  #pass(bytes) {
    this.#at += bytes
    return this.#at - bytes
  }
}

/** @param {string} text */
function quoted(text) {
  return JSON.stringify(/** @type {any} */ (text).toWellFormed())
}

/**
 * @param {string} name
 * @param {string} value '' for none
 */
function member(name, value) {
  return value === '' ? '' : `,"${name}":${value}`
}

const producer = new Producer()
const handOver = new HandOver(/** @type {any} */ ({ openProducer: () => producer }))

/**
 * @param {import('../../lib/trace/span').Span} span
 * @param {object} config
 * @param {any} [target] who the span is for its receiver
 * @returns {string} JSON text of the event
 */
function eventText(span, config, target = span.lineage) {
  handOver.submitSpan(0, span, /** @type {any} */ (config), target, null)
  return producer.take()
}

/**
 * @param {any} metric of `buildEvaluations`, `buildFeedbacks` or `foreignMetric`
 * @returns {string}
 */
function metricText(metric) {
  handOver.submitMetric(0, metric)
  return producer.take()
}

module.exports = { eventText, metricText }
