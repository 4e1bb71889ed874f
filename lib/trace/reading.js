'use strict'

/** Who waits for the end of what, and the ways to that end. */

/**
 * What ends a span: `succeed` with the value, or `fail` with the error. The first call counts.
 *
 * @typedef {object} Ending
 * @property {(value?: unknown, endMs?: number) => void} succeed
 * @property {(error: unknown) => void} fail
 * @property {(chunk: unknown) => void} [receive] told each value of a stream
 * @property {(chunk: unknown) => void} [receiveBytes] told each chunk of a response's body
 * @property {() => void} [detach] lets go of what might hold the result itself
 */

/** A call that returned the object, until its span ends. */
class Call {
  /** Readers that were opened since and are not done. */
  readings = 0
  /** Chunks told, so that two readers of the same values do not tell each twice. */
  told = 0
  /** @type {{ error: unknown } | null} what a reader failed with while another goes on */
  failure = null
  /** When the object was returned, in milliseconds since the epoch. Only for one that is not read for certain. */
  returnedMs = 0

  /** @param {Ending} ending */
  constructor(ending) {
    this.ending = ending
  }
}

/** One way through the values of a watched object. As the ending of what is read, it ends those who wait for it. */
class Reading {
  #forget
  #calls
  #received = 0
  #isOver = false

  /**
   * @param {Call[]} calls that wait for it
   * @param {(call: Call) => void} forget told of each that waits no longer
   */
  constructor(calls, forget) {
    this.#forget = forget
    this.#calls = calls
    for (const call of calls) call.readings++
  }

  /** @param {unknown} chunk */
  receive(chunk) {
    const number = ++this.#received
    for (const call of this.#calls) {
      if (number <= call.told) continue
      call.told = number
      call.ending.receive?.(chunk)
    }
  }

  succeed() {
    this.#end(null)
  }

  /** @param {unknown} error */
  fail(error) {
    this.#end({ error })
  }

  /** @param {{ error: unknown } | null} failure */
  #end(failure) {
    if (this.#isOver) return
    this.#isOver = true
    for (const call of this.#calls) {
      call.failure ??= failure
      if (--call.readings > 0) continue
      this.#forget(call)
      if (call.failure === null) call.ending.succeed()
      else call.ending.fail(call.failure.error)
    }
  }
}

module.exports = { Call, Reading }
