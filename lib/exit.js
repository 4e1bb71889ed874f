'use strict'

const { getEnvironmentData, isMainThread, setEnvironmentData } = require('node:worker_threads')

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

/** @type {Set<Drainable>} */
const open = new Set()
/** @type {Map<NodeJS.Signals, () => void>} */
const signalListeners = new Map()

/** When the wait of a natural exit is over, by the monotonic clock; 0 while there is none. */
let exitDeadlineMs = 0
let isFlushing = false

/** @param {Drainable} drainable */
function drainAtExit(drainable) {
  if (drainable.isShared) {
    // A worker's events are in memory that outlives it; where the main thread waits for them, the worker need not.
    if (isMainThread) setEnvironmentData(MAIN_DRAINS, true)
    else if (getEnvironmentData(MAIN_DRAINS) === true) return
  }
  if (open.size === 0) {
    process.on('beforeExit', onBeforeExit)
    process.on('exit', onExit)
  }
  open.add(drainable)
  // Signals reach the main thread only.
  if (isMainThread) for (const signal of drainable.drainOnSignals) listen(signal)
}

/** @param {Drainable} drainable */
function forgetAtExit(drainable) {
  if (!open.delete(drainable)) return
  if (drainable.isShared && isMainThread) setEnvironmentData(MAIN_DRAINS, undefined)
  for (const signal of drainable.drainOnSignals) {
    if (![...open].some(other => other.drainOnSignals.includes(signal))) unlisten(signal)
  }
  if (open.size > 0) return
  process.removeListener('beforeExit', onBeforeExit)
  process.removeListener('exit', onExit)
}

/**
 * The loop has run dry: what is held is flushed, and the pending flush keeps the process alive. A flush that
 * timed out is not repeated.
 */
function onBeforeExit() {
  if (isFlushing) return
  const holding = [...open].filter(drainable => drainable.held() > 0)
  if (holding.length === 0) {
    exitDeadlineMs = 0
    return
  }
  const timeoutMs = remainingMs(holding)
  if (timeoutMs === 0) return
  isFlushing = true
  Promise.allSettled(holding.map(drainable => keepAlive(drainable.flush(timeoutMs)))).then(() => {
    isFlushing = false
  })
}

/** Nothing asynchronous happens any more; the core's threads deliver while this one waits. */
function onExit() {
  for (const drainable of open) {
    drainable.abandonWaiting()
    if (drainable.held() > 0) drainable.drain(remainingMs([drainable]))
  }
}

/**
 * The time an exit may take is spent once, however many steps it has.
 *
 * @param {Drainable[]} drainables
 * @returns {number}
 */
function remainingMs(drainables) {
  const nowMs = performance.now()
  if (exitDeadlineMs === 0) {
    exitDeadlineMs = nowMs + Math.max(...drainables.map(drainable => drainable.exitTimeoutMs))
  }
  return Math.max(0, Math.round(exitDeadlineMs - nowMs))
}

/** @param {NodeJS.Signals} signal */
function listen(signal) {
  if (signalListeners.has(signal)) return
  const listener = () => {
    for (const drainable of open) {
      if (drainable.drainOnSignals.includes(signal)) drainable.drain(drainable.exitTimeoutMs)
    }
    // Others that listen decide themselves what the signal means. Nobody: it means what it always did.
    if (process.listenerCount(signal) > 1) return
    unlisten(signal)
    process.kill(process.pid, signal)
  }
  signalListeners.set(signal, listener)
  process.on(signal, listener)
}

/** @param {NodeJS.Signals} signal */
function unlisten(signal) {
  const listener = signalListeners.get(signal)
  if (listener === undefined) return
  process.removeListener(signal, listener)
  signalListeners.delete(signal)
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
