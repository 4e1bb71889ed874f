'use strict'

const { KIND } = require('../binding')
const { ANY_LEVELS } = require('../values/json-text')
const { SHAPE } = require('../record/ops')
const { RecordRing } = require('../record/ring')
const { writeSpan } = require('./span-record')
const { RecordSymbols } = require('../record/symbols')
const { RecordTags } = require('./tags-record')
const { ValueWriter } = require('../record/values')

/** @typedef {import('../trace/span').Span} Span */
/** @typedef {import('../trace/lineage').Lineage} Lineage */
/** @typedef {{ writeEvent(writer: ValueWriter, config: import('./tags').EventConfig): void }} ForeignSpan */

/** @type {WeakMap<import('../binding').Core, HandOver>} */
const handOvers = new WeakMap()

/**
 * Hands events of this thread over to the core: a record each, in memory that the core reads while this thread
 * goes on. There is nothing to flush: what was handed over is there for whoever asks the core next.
 */
class HandOver {
  #producer
  #symbols
  #tags = new RecordTags()
  #writer
  #isWriting = false

  /**
   * @param {import('../binding').Core} core
   * @returns {HandOver} the only one of this thread: events come in the order they were handed over in
   */
  static of(core) {
    let handOver = handOvers.get(core)
    if (handOver === undefined) {
      handOver = new HandOver(core)
      handOvers.set(core, handOver)
    }
    return handOver
  }

  /** @param {import('../binding').Core} core */
  constructor(core) {
    const producer = core.openProducer()
    const ring = RecordRing.open(producer)
    this.#producer = ring === null ? withoutLoans(producer) : producer
    this.#symbols = new RecordSymbols(producer)
    this.#writer = new ValueWriter(this.#producer, this.#symbols, ring)
  }

  /**
   * @param {number} kind one of KIND
   * @param {Span} span
   * @param {import('./tags').EventConfig} config
   * @param {Lineage} target with a route of this core
   * @param {import('./span-record').SharedPart | null} shared
   */
  submitSpan(kind, span, config, target, shared) {
    const writer = this.#take()
    try {
      writeSpan(writer, this.#tags, kind, span, config, target, shared)
      writer.finish()
    } finally {
      this.#giveBack(writer)
    }
  }

  /**
   * A span that another tracer has made the event of.
   *
   * @param {number} kind one of KIND
   * @param {ForeignSpan} span
   * @param {import('./tags').EventConfig} config
   * @param {number} laneId of this core
   */
  submitForeign(kind, span, config, laneId) {
    const writer = this.#take()
    try {
      writer.begin(SHAPE.VALUE, kind, 0, laneId)
      span.writeEvent(writer, config)
      writer.finish()
    } finally {
      writer.forget()
      this.#giveBack(writer)
    }
  }

  /**
   * An evaluation, or an end user's feedback. What its fields may hold was decided when it was made: their nesting
   * is no matter here.
   *
   * @param {number} laneId of this core
   * @param {Record<string, unknown>} metric
   */
  submitMetric(laneId, metric) {
    const writer = this.#take()
    try {
      writer.begin(SHAPE.VALUE, KIND.EVALUATION, 0, laneId)
      writer.expect([])
      // Nothing is left of one whose `toJSON` gives undefined: the core counts a record without a value.
      writer.write(metric, '', ANY_LEVELS)
      writer.finish()
    } finally {
      writer.forget()
      this.#giveBack(writer)
    }
  }

  /**
   * An application's getter may finish a span while another one is being written.
   *
   * @returns {ValueWriter}
   */
  #take() {
    if (this.#isWriting) return new ValueWriter(this.#producer, this.#symbols, null)
    this.#isWriting = true
    return this.#writer
  }

  /** @param {ValueWriter} writer */
  #giveBack(writer) {
    if (writer === this.#writer) this.#isWriting = false
    // It will not begin another record, which would give back what an unfinished one had borrowed.
    else writer.abandon()
  }
}

/**
 * Where the core's memory cannot be written into, each record is made in memory of the engine and copied by a call.
 *
 * @param {import('../native').Producer} producer
 * @returns {import('../native').Producer}
 */
function withoutLoans(producer) {
  const calls = { lend: () => null, submit: (/** @type {Uint8Array} */ record) => producer.submit(record) }
  return /** @type {import('../native').Producer} */ (/** @type {unknown} */ (calls))
}

module.exports = { HandOver }
