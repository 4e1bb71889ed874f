'use strict'

const { Buffer } = require('node:buffer')

/** Up to here memory is kept for the next record, and the core makes a copy. */
const KEPT_BYTES_MAX = 1024 * 1024
const START_BYTES = 16 * 1024

/** Memory for records that do not fit into the ring, and their way past it. */
class RecordSpill {
  #producer
  /** @type {Buffer | null} */
  #kept = null
  /** Memory of the core, for the record in the making. @type {ArrayBuffer | null} */
  #lent = null

  /** @param {import('../native').Producer} producer */
  constructor(producer) {
    this.#producer = producer
  }

  /** @returns {Buffer} memory for a record that has just begun */
  open() {
    return this.#keep(START_BYTES)
  }

  /**
   * @param {Buffer} from where the record stands now
   * @param {number} start
   * @param {number} end
   * @param {number} bytes that the record needs at least
   * @returns {Buffer} where it can go on, what there is of it being at its start
   */
  move(from, start, end, bytes) {
    const left = this.#lent
    this.#lent = null
    try {
      const to = bytes > KEPT_BYTES_MAX ? this.#borrow(bytes) : this.#keep(bytes, from)
      from.copy(to, 0, start, end)
      return to
    } finally {
      if (left !== null) this.#producer.giveBack(left)
    }
  }

  /**
   * @param {Buffer} bytes
   * @param {number} length of the complete record at their start
   */
  submit(bytes, length) {
    const lent = this.#lent
    if (lent === null) return this.#producer.submit(bytes.subarray(0, length))
    this.#lent = null
    this.#producer.submitLent(lent, length)
  }

  /** The record in the making is not to be. */
  drop() {
    const lent = this.#lent
    if (lent === null) return
    this.#lent = null
    this.#producer.giveBack(lent)
  }

  /** @param {number} bytes */
  #borrow(bytes) {
    this.#lent = this.#producer.lend(bytes)
    // Without memory of the core there may be some of the engine's; if not, the event counts as lost.
    return this.#lent === null ? Buffer.allocUnsafeSlow(bytes + (bytes >>> 1)) : Buffer.from(this.#lent)
  }

  /**
   * @param {number} bytes
   * @param {Buffer} [inUse]
   */
  #keep(bytes, inUse) {
    const kept = this.#kept
    if (kept !== null && kept !== inUse && kept.length >= bytes) return kept
    this.#kept = Buffer.allocUnsafeSlow(Math.min(KEPT_BYTES_MAX, Math.max(START_BYTES, 2 * bytes)))
    return this.#kept
  }
}

module.exports = { RecordSpill }
