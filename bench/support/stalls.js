'use strict'

const { monitorEventLoopDelay } = require('node:perf_hooks')

const RSS_EVERY_MS = 100
const MIB = 1024 * 1024

/** Watches the event loop and the memory of this process from now on. */
class Stalls {
  #delays = monitorEventLoopDelay({ resolution: 10 })
  #lastMs = performance.now()
  #worstMs = 0
  #rss = 0

  /** @param {boolean} isFine whether a timer of 1 ms is affordable: it costs the thread 1 to 2 % */
  constructor(isFine) {
    const everyMs = isFine ? 1 : 10
    this.#delays.enable()
    setInterval(() => this.#tick(), everyMs).unref()
    setInterval(() => this.#weigh(), RSS_EVERY_MS).unref()
    this.#weigh()
  }

  #tick() {
    const nowMs = performance.now()
    this.#worstMs = Math.max(this.#worstMs, nowMs - this.#lastMs)
    this.#lastMs = nowMs
  }

  #weigh() {
    this.#rss = Math.max(this.#rss, process.memoryUsage.rss())
  }

  /** @param {number} rssBefore */
  read(rssBefore) {
    this.#tick()
    this.#weigh()
    return {
      rssMib: (this.#rss - rssBefore) / MIB,
      stallMs: this.#worstMs,
      delayP99Ms: this.#delays.percentile(99) / 1e6
    }
  }
}

module.exports = { Stalls }
