'use strict'

const { Buffer } = require('node:buffer')
const { SKIP } = require('./ops')

/** Words of the ring's control, as src/ingest/ring.rs lays them out. */
const COMMITTED = 0
const CONSUMED = 16
const SLEEPING = 32
const ORIGIN = 48
const PROBE = 64

/** Nothing that either memory holds by itself. */
const PROBE_VALUE = 0x5ca1ab1e

/** Beyond this offset an empty ring is written from its start again: what was written just now is in the cache. */
const REWIND_BYTES = 128 * 1024
/** With less room than this, it is worth asking how far the reader is. */
const SCARCE_BYTES = 8 * 1024
/** The reader is called when this much waits: it looks by itself, but not all the time. */
const CALL_BYTES = 1024 * 1024

/**
 * The writing end of a ring of the core's memory. Positions count bytes since the beginning, modulo 2^32.
 */
class RecordRing {
  #producer
  #control
  #mask
  #committed = 0
  /** The position that stands at offset 0. */
  #origin = 0
  #consumed = 0
  /** Bytes that may come before it is worth asking how much waits. */
  #unchecked = CALL_BYTES
  /** Bytes left out at the end of the ring by the record in the making. */
  #skipped = 0

  /**
   * Engines that allow no memory but their own (V8 with a sandbox, as in Electron) make a copy where a view of the core's
   * memory was asked for, and do not say so: what is written there reaches nobody.
   *
   * @param {import('../native').Producer} producer whose ring has not been opened before
   * @returns {RecordRing | null} null: this thread cannot write into the core's memory
   */
  static open(producer) {
    try {
      const ring = new RecordRing(producer)
      return ring.#isOfTheCore() ? ring : null
    } catch {
      return null
    }
  }

  /** @param {import('../native').Producer} producer */
  constructor(producer) {
    this.#producer = producer
    this.#control = new Int32Array(producer.control())
    this.bytes = Buffer.from(producer.body())
    this.#mask = this.bytes.length - 1
    /** Where the room ends that `open` or `extend` found. */
    this.limit = 0
  }

  /** Each side reads what the other has written. @returns {boolean} */
  #isOfTheCore() {
    this.bytes.writeUInt32LE(PROBE_VALUE, 0)
    Atomics.store(this.#control, PROBE, PROBE_VALUE)
    return this.#producer.meets(PROBE_VALUE) && Atomics.load(this.#control, PROBE) === ~PROBE_VALUE
  }

  /** @returns {number} where the next record may be written, up to `limit` */
  open() {
    const size = this.#mask + 1
    this.#skipped = 0
    let offset = (this.#committed - this.#origin) & this.#mask
    let free = size - ((this.#committed - this.#consumed) >>> 0)
    if (offset > REWIND_BYTES || free < SCARCE_BYTES) {
      free = this.#look()
      if (free === size) {
        // The reader has read everything, so nothing depends on where it stood.
        this.#origin = this.#committed
        Atomics.store(this.#control, ORIGIN, this.#origin | 0)
        offset = 0
      }
    }
    const toEnd = size - offset
    this.limit = offset + Math.min(free, toEnd)
    return offset
  }

  /**
   * Finds more room for the record at `start`.
   *
   * @param {number} start
   * @param {number} bytes that the record needs from its start
   * @returns {number} where it can go on: `start`, 0 when it has to move there, or -1
   */
  extend(start, bytes) {
    const free = this.#look()
    const toEnd = this.#mask + 1 - start
    if (bytes <= toEnd) {
      this.limit = start + Math.min(free, toEnd)
      return bytes <= free ? start : -1
    }
    if (bytes > free - toEnd) return -1
    this.limit = free - toEnd
    return 0
  }

  /** @param {number} start where the record that has moved to the start of the ring began */
  moved(start) {
    this.bytes.writeUInt32LE(SKIP, start)
    this.#skipped = this.#mask + 1 - start
  }

  /** @param {number} bytes of the record that is complete at the place `open` gave, or to which it moved */
  commit(bytes) {
    const control = this.#control
    this.#committed = (this.#committed + this.#skipped + bytes) >>> 0
    this.#skipped = 0
    Atomics.store(control, COMMITTED, this.#committed | 0)
    if (Atomics.load(control, SLEEPING) === 1) {
      // Cleared here, so that the records until it is awake make no call.
      Atomics.store(control, SLEEPING, 0)
      this.#producer.wake()
    }
    this.#unchecked -= bytes
    if (this.#unchecked < 0) this.#check()
  }

  /** Calls the reader when too much waits. */
  #check() {
    const waiting = this.#mask + 1 - this.#look()
    this.#unchecked = CALL_BYTES - waiting
    if (waiting < CALL_BYTES) return
    this.#unchecked = CALL_BYTES
    this.#producer.wake()
  }

  /** @returns {number} free bytes */
  #look() {
    this.#consumed = Atomics.load(this.#control, CONSUMED) >>> 0
    return this.#mask + 1 - ((this.#committed + this.#skipped - this.#consumed) >>> 0)
  }
}

module.exports = { RecordRing }
