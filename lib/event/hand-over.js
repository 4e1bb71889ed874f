'use strict'

const { KIND } = require('../binding')
const { ANY_LEVELS, Copier, MAX_ENTRIES } = require('../values/copy')
const { SENDABLE_CHARACTERS, keptCharacters } = require('../values/shorten')
const { SHAPE } = require('../record/ops')
const { RecordRing } = require('../record/ring')
const { writeSpan } = require('./span-record')
const { RecordSymbols } = require('../record/symbols')
const { RecordTags } = require('./tags-record')
const { TOO_MUCH, ValueWriter } = require('../record/values')

/** @typedef {{ eventFor(config: import('./tags').EventConfig): { write(writer: ValueWriter): void } }} ForeignSpan */

/** @type {WeakMap<import('../binding').Core, HandOver>} */
const handOvers = new WeakMap()

/**
 * Hands events of this thread over to the core: a record each, in memory that the core reads while this thread
 * goes on. There is nothing to flush: what was handed over is there for whoever asks the core next.
 */
class HandOver {
  #tags = new RecordTags()
  #writer

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
    const lender = ring === null ? withoutLoans(producer) : producer
    this.#writer = new ValueWriter(lender, new RecordSymbols(producer), ring)
  }

  /**
   * @param {number} kind one of KIND
   * @param {Span} span
   * @param {import('./tags').EventConfig} config
   * @param {Lineage} target with a route of this core
   * @param {import('./span-record').SharedPart | null} shared
   */
  submitSpan(kind, span, config, target, shared) {
    const writer = this.#writer
    writeSpan(writer, this.#tags, kind, span, config, target, shared)
    writer.finish()
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
    // Reading it may run code of the application, which may hand over other spans.
    const event = span.eventFor(config)
    const writer = this.#writer
    writer.begin(SHAPE.VALUE, kind, 0, laneId)
    event.write(writer)
    writer.finish()
  }

  /**
   * An evaluation, or an end user's feedback. What its fields may hold was decided when it was made: their nesting
   * is no matter here.
   *
   * @param {number} laneId of this core
   * @param {Record<string, unknown> | undefined} metric plain; undefined: one that said it is nothing, which the core
   *   counts
   */
  submitMetric(laneId, metric) {
    const writer = this.#writer
    writer.begin(SHAPE.VALUE, KIND.EVALUATION, 0, laneId)
    if (metric !== undefined) writeMetric(writer, metric)
    writer.finish()
  }
}

/**
 * @param {ValueWriter} writer
 * @param {Record<string, unknown>} metric
 */
function writeMetric(writer, metric) {
  const { mark } = writer
  writer.expect(MAX_ENTRIES, SENDABLE_CHARACTERS)
  try {
    writer.write(metric)
  } catch (error) {
    if (error !== TOO_MUCH) throw error
    writer.rewind(mark)
    writer.expect(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY)
    const bounds = { entries: MAX_ENTRIES + 1, longest: keptCharacters([metric]) }
    writer.write(new Copier([], bounds).copy(metric, '', ANY_LEVELS))
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
