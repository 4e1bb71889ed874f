'use strict'

/** Up to here memory is kept for the next record. */
const KEPT_BYTES_MAX = 1024 * 1024
const START_BYTES = 16 * 1024

/** Memory for records that do not fit into the ring. */
class SpillMemory {
  /** @type {Buffer | null} */
  #kept = null

  /**
   * @param {number} bytes at least
   * @param {Buffer | null} inUse what the record stands in now, which has become too small
   * @returns {Buffer}
   */
  take(bytes, inUse) {
    if (bytes > KEPT_BYTES_MAX) return Buffer.allocUnsafeSlow(bytes + (bytes >>> 1))
    const kept = this.#kept
    if (kept !== null && kept !== inUse && kept.length >= bytes) return kept
    this.#kept = Buffer.allocUnsafeSlow(Math.min(KEPT_BYTES_MAX, Math.max(START_BYTES, 2 * bytes)))
    return this.#kept
  }
}

module.exports = { SpillMemory }
