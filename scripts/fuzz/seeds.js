'use strict'

// What the fuzzer starts from: records that the encoder made, and a thread's whole way in made of such records.

const { mkdirSync, writeFileSync } = require('node:fs')
const path = require('node:path')
const { CONFIG, eventOf, makeSpan } = require('../../bench/support/events')
const { annotateSpan } = require('../../lib/annotate/annotate')
const { ForeignSpan, foreignMetric } = require('../../lib/bridge/foreign-span')
const { HandOver } = require('../../lib/event/hand-over')

/** Room for all seeds together. */
const RING_BYTES = 64 * 1024
const HEADER_BYTES = 16
/** Control words of the ring, as lib/record/ring.js has them. */
const COMMITTED = 0
const PROBE = 64
/** The pieces of JSON that fuzz/fuzz_targets/decode.rs has given numbers, and the first of these. */
const PIECES = { first: 64, count: 4 }

/** A producer that keeps the records instead of reading them. */
class RecordKeeper {
  #control = new ArrayBuffer(512)
  #body = new ArrayBuffer(RING_BYTES)
  #words = new Uint32Array(this.#control)
  #pieces = 0
  #taken = 0

  control() {
    return this.#control
  }

  body() {
    return this.#body
  }

  /** @param {number} probe */
  meets(probe) {
    this.#words[PROBE] = ~probe
    return true
  }

  /**
   * The strings that all producers have numbers for are the first ones in the fuzzer, too. No others get one.
   *
   * @param {string[]} texts
   * @param {boolean} isJson
   */
  define(texts, isJson) {
    if (isJson) return PIECES.first + (this.#pieces++ % PIECES.count)
    return texts.length > 1 ? 0 : null
  }

  /** @returns {Buffer} the record that was written since the last call */
  take() {
    const start = this.#taken
    this.#taken = this.#words[COMMITTED]
    return Buffer.from(this.#body.slice(start, this.#taken))
  }
}

const ROUTE = /** @type {any} */ ({ isDefault: false, laneId: 1, options: {} })

/** @returns {Buffer[]} one record for each way to make one */
function records() {
  const keeper = new RecordKeeper()
  const handOver = new HandOver(/** @type {any} */ ({ openProducer: () => keeper }))
  /** @type {Buffer[]} */
  const made = []
  const keep = (/** @type {() => void} */ submit) => {
    submit()
    made.push(keeper.take())
  }
  for (const charset of /** @type {const} */ (['ascii', 'mixed', 'cjk'])) {
    const span = makeSpan(ROUTE, charset, 1000, 3)
    keep(() => handOver.submitSpan(0, span, CONFIG, span.lineage, null))
  }
  const failed = Object.assign(makeSpan(ROUTE, 'ascii', 900, 5), {
    error: { type: 'Error', message: 'm', stack: 'at x' },
    tags: { experiment_id: 'e', list: ['a', 'b'] },
    collectionErrors: ['truncated:x']
  })
  failed.lineage.sessionId = 's'
  failed.lineage.agentAttribution = { pagent_name: 'planner', pagent_span_id: null }
  keep(() => handOver.submitSpan(2, failed, CONFIG, failed.lineage, null))
  const foreign = new ForeignSpan(/** @type {any} */ ({}), eventOf(failed), ROUTE, null, undefined)
  keep(() => handOver.submitForeign(0, foreign, CONFIG, 1))
  const deep = JSON.parse(`${'['.repeat(20)}"\\u0001"${']'.repeat(20)}`)
  const values = [true, false, null, 1.5, -0, 2 ** 40, 'x'.repeat(40), 'é'.repeat(40), new Uint8Array(2)]
  const metric = { event_kind: 'evaluation', label: 'l', json_value: { deep, values }, tags: ['a:b'] }
  keep(() => handOver.submitMetric(1, foreignMetric(metric, null)))
  const strange = makeSpan(ROUTE, 'ascii', 900, 7)
  annotateSpan(strange, { metadata: { deep, values } })
  keep(() => handOver.submitSpan(0, strange, CONFIG, strange.lineage, null))
  return made
}

/** Steps of fuzz/fuzz_targets/producer.rs. */
const STEP = { RECORD: 0, SPILL: 3, DEFINE: 6, PIECE: 7, READ: 8, SKIP: 9, REWIND: 10 }

/**
 * @param {number} step
 * @param {Buffer} record
 */
function recordStep(step, record) {
  const body = record.subarray(HEADER_BYTES)
  const [shape, kind, flags, lane] = record.subarray(5, 9)
  const length = Buffer.alloc(2)
  length.writeUInt16LE(body.length)
  return Buffer.concat([Buffer.from([step, shape, kind, flags, lane]), length, body])
}

/**
 * @param {Buffer[]} made
 * @returns {Buffer[]} scripts for a producer
 */
function scripts(made) {
  const symbols = Array.from({ length: PIECES.first / 2 }, (_, index) => [
    STEP.DEFINE,
    2,
    2,
    ...Buffer.from(`${String(index % 100).padStart(2, '0')}"${index % 10}`)
  ])
  const numbers = Buffer.from([...symbols.flat(), STEP.PIECE, 0, STEP.PIECE, 1, STEP.PIECE, 2])
  const read = Buffer.from([STEP.READ, 0, 1, 0, 0])
  const [first] = made
  return [
    ...made.map(record => Buffer.concat([numbers, recordStep(STEP.RECORD, record)])),
    Buffer.concat([
      numbers,
      recordStep(STEP.RECORD, first),
      recordStep(STEP.SPILL, first),
      read,
      Buffer.from([STEP.SKIP]),
      recordStep(STEP.RECORD, first),
      Buffer.from([STEP.REWIND]),
      recordStep(STEP.SPILL, first)
    ])
  ]
}

/** @param {string} folder with a folder for each fuzz target */
function writeSeeds(folder) {
  const made = records()
  for (const [target, seeds] of Object.entries({ decode: made, producer: scripts(made) })) {
    mkdirSync(path.join(folder, target), { recursive: true })
    for (const [index, seed] of seeds.entries()) {
      writeFileSync(path.join(folder, target, `seed-${index}`), seed)
    }
  }
}

module.exports = { writeSeeds }
