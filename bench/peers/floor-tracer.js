'use strict'

const { AsyncLocalStorage } = require('node:async_hooks')
const { KIND } = require('../../lib/binding')
const { OP, SHAPE } = require('../../lib/record/ops')
const { RecordRing } = require('../../lib/record/ring')
const { RecordSymbols, commonId } = require('../../lib/record/symbols')
const { RecordWriter } = require('../../lib/record/writer')
const { clock, monotonicNs } = require('../../lib/trace/clock')
const { newSpanId, newTraceId } = require('../../lib/trace/ids')
const { SpanlaneWriter } = require('../writers/spanlane')
const { whenOver } = require('./when-over')

const KEY = Object.freeze({
  START: commonId('value'),
  DURATION: commonId('type'),
  TRACE: commonId('arguments'),
  SPAN: commonId('name'),
  TEXT: commonId('content')
})
/** Everything of a record but its texts and what stands around them. */
const HEAD_BYTES = 64
const AROUND_TEXT_BYTES = 9

const { latin1Write, ucs2Write } = /** @type {any} */ (Buffer.prototype)

/**
 * The least that a span can cost with this core: a context, two looks at the clock, ids, a copy of three texts, a
 * commit. It believes everything that it is told, knows nothing but model calls with three messages, and is told how the
 * engine holds the texts. The core takes its events like others, so that they are counted.
 */
class FloorTracer {
  #spans = new AsyncLocalStorage()
  #spanlane
  #writer
  #isOneByte
  #laneId
  /** The last span: while one of its shape is alive, a collection does not throw the code for it away. @type {unknown} */
  last = null

  /**
   * @param {string} url of the intake
   * @param {boolean} isOneByte whether all texts are held as one byte a character
   */
  constructor(url, isOneByte) {
    this.#spanlane = new SpanlaneWriter(url)
    this.#isOneByte = isOneByte
    this.#laneId = this.#spanlane.route.laneId
    const producer = this.#spanlane.core.openProducer()
    this.#writer = new RecordWriter(producer, new RecordSymbols(producer), RecordRing.open(producer))
  }

  /** @param {unknown} _route it has one lane @param {() => unknown} fn */
  routingContext(_route, fn) {
    return fn()
  }

  /** @param {unknown} _options @param {(span: any) => any} fn */
  trace(_options, fn) {
    const startNs = monotonicNs()
    const wallNs = clock.wallNs(startNs)
    const span = { startNs, wallNs, trace: newTraceId(wallNs), id: newSpanId(), annotation: null }
    this.last = span
    return whenOver(this.#spans.run(span, fn, span), () => this.#finish(span))
  }

  /** @param {any} span @param {any} annotation */
  annotate(span, annotation) {
    span.annotation = annotation
  }

  /** @param {any} options */
  flush(options) {
    return this.#spanlane.core.flush(options.timeoutMs, null, false)
  }

  /** @param {any} span */
  #finish(span) {
    const writer = this.#writer
    const { inputData, outputData } = span.annotation
    const [system, user, reply] = [inputData[0].content, inputData[1].content, outputData[0].content]
    writer.begin(SHAPE.VALUE, KIND.SPAN, 0, this.#laneId)
    const width = this.#isOneByte ? 1 : 2
    writer.need(HEAD_BYTES + 3 * AROUND_TEXT_BYTES + width * (system.length + user.length + reply.length))
    const { view } = writer
    let { at } = writer
    view.setUint8(at++, OP.OBJECT)
    at = this.#time(this.#time(at, KEY.START, span.wallNs), KEY.DURATION, monotonicNs() - span.startNs)
    at = this.#ids(at, span)
    at = this.#text(this.#text(this.#text(at, system), user), reply)
    view.setUint8(at++, OP.END)
    writer.at = at
    writer.finish()
  }

  /** @param {number} at @param {number} key @param {bigint} ns */
  #time(at, key, ns) {
    const { view } = this.#writer
    this.#key(at, key)
    view.setUint8(at + 3, OP.U64)
    view.setBigUint64(at + 4, ns, true)
    return at + 12
  }

  /** @param {number} at @param {any} span */
  #ids(at, { trace, id }) {
    const { view } = this.#writer
    this.#key(at, KEY.TRACE)
    view.setUint8(at + 3, OP.TRACE_ID)
    view.setInt32(at + 4, trace.second, true)
    view.setInt32(at + 8, trace.high, true)
    view.setInt32(at + 12, trace.low, true)
    this.#key(at + 16, KEY.SPAN)
    view.setUint8(at + 19, OP.SPAN_ID)
    view.setInt32(at + 20, id.low, true)
    view.setInt32(at + 24, id.high, true)
    return at + 28
  }

  /** @param {number} start @param {string} text */
  #text(start, text) {
    const { bytes, view } = this.#writer
    this.#key(start, KEY.TEXT)
    let at = start + 8
    view.setUint8(start + 3, this.#isOneByte ? OP.LATIN1 : OP.UTF16)
    view.setUint32(start + 4, text.length, true)
    if (this.#isOneByte) return at + latin1Write.call(bytes, text, at, text.length)
    if (at & 1) bytes[at++] = 0
    return at + ucs2Write.call(bytes, text, at, 2 * text.length)
  }

  /** @param {number} at @param {number} key */
  #key(at, key) {
    const { view } = this.#writer
    view.setUint8(at, OP.KEY_SYMBOL)
    view.setUint16(at + 1, key, true)
  }
}

module.exports = { FloorTracer }
