'use strict'

/** @typedef {import('../../testing').WaitOptions} WaitOptions */
/** @typedef {{ test: () => boolean, settle: (error: Error | null) => void }} Waiter */

const DEFAULT_TIMEOUT_MS = 5000

/** Promises that wait for a condition on what was recorded. Conditions are asked after each change. */
class Waiters {
  /** @type {Set<Waiter>} */
  #waiting = new Set()

  /**
   * @param {() => boolean} test
   * @param {string} what for the message
   * @param {WaitOptions | undefined} options
   * @param {() => string} describe what was seen instead
   * @returns {Promise<void>}
   */
  wait(test, what, options, describe) {
    const timeoutMs = options?.timeoutMs ?? DEFAULT_TIMEOUT_MS
    // Made here, so that the stack shows the test that waits.
    const timeout = new Error()
    return new Promise((resolve, reject) => {
      if (test()) {
        resolve()
        return
      }
      /** @type {Waiter} */
      const waiter = {
        test,
        settle: error => {
          clearTimeout(timer)
          this.#waiting.delete(waiter)
          if (error === null) resolve()
          else reject(error)
        }
      }
      const timer = setTimeout(() => {
        timeout.message = `waited ${timeoutMs} ms for ${what}; ${describe()}`
        waiter.settle(timeout)
      }, timeoutMs)
      this.#waiting.add(waiter)
    })
  }

  /** Something changed. */
  poke() {
    for (const waiter of [...this.#waiting]) {
      try {
        if (waiter.test()) waiter.settle(null)
      } catch (error) {
        waiter.settle(/** @type {Error} */ (error))
      }
    }
  }

  /** @param {string} why */
  rejectAll(why) {
    for (const waiter of [...this.#waiting]) waiter.settle(new Error(why))
  }
}

module.exports = { Waiters }
