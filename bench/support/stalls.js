'use strict'

const { monitorEventLoopDelay } = require('node:perf_hooks')

const RSS_EVERY_MS = 100
const MIB = 1024 * 1024

/** Watches the event loop and the memory of this process from now on. */
class Stalls {
  #delays
  #lastMs = performance.now()
  #worstMs = 0
  #rss = 0
  /** @type {NodeJS.Timeout[]} */
  #timers

  /** @param {number} everyMs */
  constructor(everyMs) {
    this.#delays = monitorEventLoopDelay({ resolution: everyMs })
    this.#delays.enable()
    this.#timers = [setInterval(() => this.#tick(), everyMs), setInterval(() => this.#weigh(), RSS_EVERY_MS)]
    this.#weigh()
  }

  close() {
    this.#delays.disable()
    for (const timer of this.#timers) clearInterval(timer)
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
