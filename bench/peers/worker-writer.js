'use strict'

const path = require('node:path')
const { Worker } = require('node:worker_threads')

/** Events that go over together, and how long the first of them waits for others. */
const POST_EVENTS = 100
const POST_DELAY_MS = 20

/**
 * What a team would write without native code: one `JSON.stringify` for each event, posted in groups to a worker
 * thread that assembles bodies and sends them, up to 64 at a time.
 */
class WorkerWriter {
  #worker
  /** @type {string[]} key, site and JSON text of each event */
  #waiting = []
  /** @type {NodeJS.Timeout | null} */
  #timer = null
  #settled = new Int32Array(new SharedArrayBuffer(4))
  #posted = 0

  /** @param {string | null} url of the intake; null: bodies are made and thrown away */
  constructor(url) {
    this.#worker = new Worker(path.join(__dirname, 'worker-thread.js'), {
      workerData: { url, settled: this.#settled }
    })
    this.#worker.unref()
  }

  /**
   * @param {string} key
   * @param {string} site
   * @param {string} json
   */
  append(key, site, json) {
    this.#waiting.push(key, site, json)
    if (this.#waiting.length >= 3 * POST_EVENTS) this.post()
    else this.#timer ??= setTimeout(() => this.post(), POST_DELAY_MS)
  }

  /** Posts what waits. */
  post() {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    if (this.#waiting.length === 0) return
    this.#posted += this.#waiting.length / 3
    this.#worker.postMessage(this.#waiting)
    this.#waiting = []
  }

  /** @returns {number} events that the worker has not sent */
  get pending() {
    return this.#posted - Atomics.load(this.#settled, 0)
  }

  /** @returns {Promise<unknown>} */
  close() {
    return this.#worker.terminate()
  }
}

module.exports = { WorkerWriter }
