'use strict'

/**
 * A pipe reads from its source and writes to somebody else's sink in one context. So it is given a relay for its source:
 * the relay reads in the stream's own context, and the pipe stays in its caller's, with the checks and errors it has.
 */

const { apply } = require('../values/methods')

class Relay {
  /** What the pipe reads. @type {any} */
  stream
  #watch
  #source
  #getReader
  /** @type {any} */
  #reader = null
  /** @type {any} */
  #controller = null
  /** Tells the pipe something, in its own context. @type {(method: string, ...args: any[]) => void} */
  #tell
  /** @type {import('./reading').Reading | null} */
  #reading = null
  #isPulling = false
  #isClosed = false
  #isOver = false

  /**
   * @param {Watch} watch
   * @param {any} source
   * @param {Function} getReader the source's own
   * @param {any} Base its class of streams
   */
  constructor(watch, source, getReader, Base) {
    this.#watch = watch
    this.#source = source
    this.#getReader = getReader
    const underlying = {
      __proto__: null,
      start: (/** @type {any} */ controller) => {
        this.#controller = controller
      },
      pull: () => watch.run(this.#pull, this, []),
      cancel: (/** @type {unknown} */ reason) => this.#cancel(reason)
    }
    this.stream = new Base(underlying, { __proto__: null, highWaterMark: 0 })
    // A waiting pipe goes on in the very call that gives it something.
    this.#tell = watch.forCaller((/** @type {string} */ method, /** @type {any[]} */ ...args) =>
      this.#controller[method](...args)
    )
  }

  /** The pipe took the relay: it is the reader of the source now. */
  start() {
    this.#reading = this.#watch.open()
    this.#reader = apply(this.#getReader, this.#source, [])
    this.#watchClosing()
  }

  /** Lets others read what is left. */
  release() {
    this.#end()
    this.#reading?.succeed()
  }

  async #pull() {
    this.#isPulling = true
    try {
      const { done, value } = await this.#reader.read()
      if (done) {
        this.#close()
      } else {
        this.#reading?.receive(value)
        this.#tell('enqueue', value)
      }
    } catch (error) {
      this.#fail(error)
    }
    this.#isPulling = false
    if (this.#isClosed) this.#close()
  }

  /** Without waiting for the sink to ask: a pipe tells its sink of an end or an error at once. */
  async #watchClosing() {
    try {
      await this.#reader.closed
      this.#isClosed = true
      // The last chunk may still be on its way.
      if (!this.#isPulling) this.#close()
    } catch (error) {
      this.#fail(error)
    }
  }

  #close() {
    if (this.#end()) this.#tell('close')
    this.#reading?.succeed()
    this.#watch.endUnread()
  }

  /** @param {unknown} error */
  #fail(error) {
    if (this.#end()) this.#tell('error', error)
    this.#reading?.fail(error)
  }

  /** @param {unknown} reason */
  async #cancel(reason) {
    const cancelled = this.#watch.run(this.#reader.cancel, this.#reader, [reason])
    this.#end()
    this.#reading?.succeed()
    this.#watch.endUnread()
    await cancelled
  }

  /** @returns {boolean} whether it was not over before */
  #end() {
    if (this.#isOver) return false
    this.#isOver = true
    this.#reader.releaseLock()
    return true
  }
}

/**
 * @param {any} stream
 * @returns {any} the class whose streams can be piped as this one; null when there is none
 */
function baseOf(stream) {
  try {
    for (
      let holder = Object.getPrototypeOf(stream);
      holder !== null;
      holder = Object.getPrototypeOf(holder)
    ) {
      if (Object.hasOwn(holder, 'pipeTo') && Object.hasOwn(holder, 'pipeThrough')) return holder.constructor
    }
  } catch {
    // A stream that cannot be asked is piped as it is.
  }
  return null
}

module.exports = { Relay, baseOf }
