'use strict'

const { performance } = require('node:perf_hooks')
const { clearInterval, setInterval } = require('node:timers')
const { getEnvironmentData, isMainThread, setEnvironmentData } = require('node:worker_threads')
const { NativePromise } = require('./values/native-promise')

/** Tells threads that start later that the main thread drains the core they share. */
const MAIN_DRAINS = 'spanlane:main-drains'

/**
 * What has to be delivered before the process ends.
 *
 * @typedef {object} Drainable
 * @property {number} exitTimeoutMs
 * @property {NodeJS.Signals[]} drainOnSignals
 * @property {boolean} isShared whether other threads use the same core
 * @property {() => number} held events not settled yet, waiting ones included
 * @property {(timeoutMs: number) => Promise<{ pending: number }>} flush
 * @property {(timeoutMs: number) => void} drain blocks this thread
 * @property {() => void} abandonWaiting gives up on what only the event loop could finish
 */

/**
 * The process's exit, watched once: several copies of this module (a reset module registry, two installed
 * packages) share the first one's listeners, so that their number does not grow.
 */
class ExitWatch {
  /** @type {Set<Drainable>} */
  #open = new Set()
  /** @type {Map<NodeJS.Signals, () => void>} */
  #signalListeners = new Map()
  /** When the wait of a natural exit is over, by the monotonic clock; 0 while there is none. */
  #deadlineMs = 0
  #isFlushing = false
  #onBeforeExit = () => this.#flushAll()
  #onExit = () => this.#drainAll()

  /** @param {Drainable} drainable */
  add(drainable) {
    if (drainable.isShared) {
      // A worker's events are in memory that outlives it; where the main thread waits for them, the worker need not.
      if (isMainThread) setEnvironmentData(MAIN_DRAINS, true)
      else if (getEnvironmentData(MAIN_DRAINS) === true) return
    }
    if (this.#open.size === 0) {
      process.on('beforeExit', this.#onBeforeExit)
      process.on('exit', this.#onExit)
    }
    this.#open.add(drainable)
    // Signals reach the main thread only.
    if (isMainThread) for (const signal of drainable.drainOnSignals) this.#listen(signal)
  }

  /** @param {Drainable} drainable */
  remove(drainable) {
    if (!this.#open.delete(drainable)) return
    if (drainable.isShared && isMainThread && ![...this.#open].some(({ isShared }) => isShared)) {
      setEnvironmentData(MAIN_DRAINS, undefined)
    }
    for (const signal of drainable.drainOnSignals) {
      if (![...this.#open].some(other => other.drainOnSignals.includes(signal))) this.#unlisten(signal)
    }
    if (this.#open.size > 0) return
    this.#deadlineMs = 0
    process.removeListener('beforeExit', this.#onBeforeExit)
    process.removeListener('exit', this.#onExit)
  }

  /**
   * The loop has run dry: what is held is flushed, and the pending flush keeps the process alive. A flush that
   * timed out is not repeated.
   */
  #flushAll() {
    if (this.#isFlushing) return
    const holding = [...this.#open].filter(drainable => drainable.held() > 0)
    if (holding.length === 0) {
      this.#deadlineMs = 0
      return
    }
    const timeoutMs = this.#remainingMs(holding)
    if (timeoutMs === 0) return
    this.#isFlushing = true
    NativePromise.allSettled(holding.map(drainable => keepAlive(drainable.flush(timeoutMs)))).then(() => {
      this.#isFlushing = false
    })
  }

  /** Nothing asynchronous happens any more; the core's threads deliver while this one waits. */
  #drainAll() {
    for (const drainable of this.#open) {
      drainable.abandonWaiting()
      if (drainable.held() > 0) drainable.drain(this.#remainingMs([drainable]))
    }
  }

  /**
   * The time an exit may take is spent once, however many steps it has.
   *
   * @param {Drainable[]} drainables
   * @returns {number}
   */
  #remainingMs(drainables) {
    const nowMs = performance.now()
    if (this.#deadlineMs === 0) {
      this.#deadlineMs = nowMs + Math.max(...drainables.map(drainable => drainable.exitTimeoutMs))
    }
    return Math.max(0, Math.round(this.#deadlineMs - nowMs))
  }

  /** @param {NodeJS.Signals} signal */
  #listen(signal) {
    if (this.#signalListeners.has(signal)) return
    const listener = () => {
      for (const drainable of this.#open) {
        if (drainable.drainOnSignals.includes(signal)) drainable.drain(drainable.exitTimeoutMs)
      }
      // Others that listen decide themselves what the signal means. Nobody: it means what it always did.
      if (process.listenerCount(signal) > 1) return
      this.#unlisten(signal)
      process.kill(process.pid, signal)
    }
    this.#signalListeners.set(signal, listener)
    process.on(signal, listener)
  }

  /** @param {NodeJS.Signals} signal */
  #unlisten(signal) {
    const listener = this.#signalListeners.get(signal)
    if (listener === undefined) return
    process.removeListener(signal, listener)
    this.#signalListeners.delete(signal)
  }
}

/** The number goes up when the methods change: a copy of another version then watches for itself. */
const WATCH = Symbol.for('spanlane.exit.1')
const shared = /** @type {Record<symbol, ExitWatch>} */ (/** @type {unknown} */ (globalThis))
shared[WATCH] ??= new ExitWatch()

/** @param {Drainable} drainable */
function drainAtExit(drainable) {
  shared[WATCH].add(drainable)
}

/** @param {Drainable} drainable */
function forgetAtExit(drainable) {
  shared[WATCH].remove(drainable)
}

/**
 * A pending promise of the core holds no handle of the event loop; this one does, until it is settled.
 *
 * @template T
 * @param {Promise<T>} promise
 * @returns {Promise<T>}
 */
function keepAlive(promise) {
  const handle = setInterval(() => {}, 0x7fffffff)
  return promise.finally(() => clearInterval(handle))
}

module.exports = { drainAtExit, forgetAtExit, keepAlive }
