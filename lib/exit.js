'use strict'

const { performance } = require('node:perf_hooks')
const { clearInterval, setImmediate, setInterval } = require('node:timers')
const { getEnvironmentData, isMainThread, setEnvironmentData } = require('node:worker_threads')
const { KillGuard, SignalWatch } = require('./signals')
const { NativePromise } = require('./values/native-promise')

/** Tells threads that start later that the main thread drains the core they share. */
const MAIN_DRAINS = 'spanlane:main-drains'

/**
 * What has to be delivered before the process ends. An end waits for an event once: what it could not deliver by its
 * time, and what a lane that fails still holds after one last try, is decided.
 *
 * @typedef {object} Drainable
 * @property {number} exitTimeoutMs
 * @property {NodeJS.Signals[]} drainOnSignals
 * @property {boolean} isShared whether other threads use the same core
 * @property {() => number} held events not settled yet, waiting ones included
 * @property {() => boolean} isDecided nothing is held, or only what an end has waited for in vain
 * @property {(timeoutMs: number) => Promise<unknown>} drained resolves when all is decided, or after the time
 * @property {(timeoutMs: number, anew: boolean) => void} beginDrain `anew`: also for what was waited for in vain
 * @property {(timeoutMs: number) => void} drain blocks this thread until then, and says what is lost
 * @property {() => void} abandonWaiting gives up on what only the event loop could finish
 */

/**
 * The process's end, watched once: several copies of this module (a reset module registry, two installed
 * packages) share the first one's listeners, so that their number does not grow.
 */
class ExitWatch {
  /** @type {Set<Drainable>} */
  #open = new Set()
  /** @type {Map<NodeJS.Signals, SignalWatch>} */
  #signals = new Map()
  #killGuard = new KillGuard(() =>
    this.#drain([...this.#open].filter(({ drainOnSignals }) => drainOnSignals.length > 0))
  )
  /** Until when this end may wait, by the monotonic clock; 0 while there is none. */
  #deadlineMs = 0
  /** Waits that go on while the event loop turns. */
  #waits = 0
  #isStaying = false
  /** Nothing is left for the event loop to do, and nothing to wait for. */
  #isLastTurn = false
  #onBeforeExit = () => this.#stay()
  #onExit = () => this.#leave()

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
      if (this.#concerned(signal).length > 0) continue
      this.#signals.get(signal)?.stop()
      this.#signals.delete(signal)
    }
    if (this.#open.size > 0) return
    process.removeListener('beforeExit', this.#onBeforeExit)
    process.removeListener('exit', this.#onExit)
  }

  /** The loop has run dry: the process stays until all is decided, or as long as it may. */
  #stay() {
    if (this.#isStaying) return
    const undecided = [...this.#open].filter(drainable => quietly(() => !drainable.isDecided()))
    // What is undecided after a wait came during it, or since: the process was at work, and this is another end.
    if (undecided.length === 0 || this.#begin(undecided) === 0) return this.#expectNoTurn()
    this.#isStaying = true
    keepAlive(this.#wait(undecided)).then(() => {
      this.#isStaying = false
    })
  }

  /** Should the loop turn once more, somebody has brought the process back. */
  #expectNoTurn() {
    this.#isLastTurn = true
    // To Bun it is a reason to go on, and it would ask again, for ever.
    if (process.versions.bun !== undefined) return
    setImmediate(() => {
      this.#isLastTurn = false
    }).unref()
  }

  /** Nothing asynchronous happens any more; the core's threads deliver while this one waits. */
  #leave() {
    for (const drainable of this.#open) quietly(() => drainable.abandonWaiting())
    this.#drain([...this.#open])
  }

  /** @param {Drainable[]} drainables */
  async #wait(drainables) {
    const timeoutMs = this.#remainingMs(drainables)
    this.#waits++
    await NativePromise.allSettled(drainables.map(drainable => drainable.drained(timeoutMs)))
    this.#waits--
  }

  /**
   * Blocks this thread until all is decided: all instances at once, and one time for all steps of an end.
   *
   * @param {Drainable[]} drainables
   */
  #drain(drainables) {
    const goesOn = this.#waits > 0 || this.#isLastTurn
    if (!goesOn) this.#deadlineMs = 0
    const holding = drainables.filter(drainable => quietly(() => drainable.held() > 0))
    if (holding.length === 0) return
    const timeoutMs = this.#remainingMs(holding)
    for (const drainable of holding) quietly(() => drainable.beginDrain(timeoutMs, !goesOn))
    for (const drainable of holding) quietly(() => drainable.drain(this.#remainingMs(holding)))
  }

  /**
   * An end begins, unless one is being waited for.
   *
   * @param {Drainable[]} drainables
   * @returns {number} how long it may wait
   */
  #begin(drainables) {
    if (this.#waits === 0) this.#deadlineMs = 0
    return this.#remainingMs(drainables)
  }

  /**
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
    if (this.#signals.has(signal)) return
    const alone = () => this.#drain(this.#concerned(signal))
    const amongOthers = () => {
      this.#begin(this.#concerned(signal))
      void this.#wait(this.#concerned(signal))
    }
    this.#signals.set(signal, new SignalWatch(signal, { alone, amongOthers, killGuard: this.#killGuard }))
  }

  /** @param {NodeJS.Signals} signal @returns {Drainable[]} */
  #concerned(signal) {
    return [...this.#open].filter(({ drainOnSignals }) => drainOnSignals.includes(signal))
  }
}

/** The number goes up when the methods change: a copy of another version then watches for itself. */
const WATCH = Symbol.for('spanlane.exit.2')
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
 * A fault of one instance is no reason to leave the others, and none to change how the process ends.
 *
 * @template T
 * @param {() => T} call
 * @returns {T | undefined}
 */
function quietly(call) {
  try {
    return call()
  } catch {
    return undefined
  }
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
