'use strict'

// How a process can end. Each way is carried out by bench/exits/child.js after the last span was finished.

/**
 * @typedef {object} Way
 * @property {() => void} [end] in the main thread, or in the worker if `worker` is set. None: nothing is left to do
 * @property {'with-main' | 'alone'} [worker] the spans are made in a worker; `alone`: the main thread has no Spanlane
 * @property {boolean} [terminated] the main thread terminates the worker
 * @property {NodeJS.Signals[]} [drainOnSignals]
 * @property {number | string} ends exit code or signal the process must end with
 * @property {boolean} [isLost] nothing is promised: the signal ends the process at once
 */

/** @param {NodeJS.Signals} name */
const signal = name => () => process.kill(process.pid, name)
const fail = () => {
  throw new Error('the end of this run')
}
const reject = () => void Promise.reject(new Error('the end of this run'))
const exitInListener = () => {
  process.on('exit', () => process.exit(3))
  process.exit(0)
}

/** @type {Readonly<Record<string, Way>>} */
const WAYS = Object.freeze({
  'nothing left to do': { ends: 0 },
  'process.exit(0)': { end: () => process.exit(0), ends: 0 },
  'process.exit(1)': { end: () => process.exit(1), ends: 1 },
  'uncaught exception': { end: fail, ends: 1 },
  'unhandled rejection': { end: reject, ends: 1 },
  'exit in an exit listener': { end: exitInListener, ends: 3 },
  'SIGTERM, drained': { end: signal('SIGTERM'), drainOnSignals: ['SIGTERM'], ends: 'SIGTERM' },
  'SIGINT, drained': { end: signal('SIGINT'), drainOnSignals: ['SIGINT'], ends: 'SIGINT' },
  'SIGHUP, drained': { end: signal('SIGHUP'), drainOnSignals: ['SIGHUP'], ends: 'SIGHUP' },
  SIGTERM: { end: signal('SIGTERM'), ends: 'SIGTERM', isLost: true },
  SIGINT: { end: signal('SIGINT'), ends: 'SIGINT', isLost: true },
  SIGHUP: { end: signal('SIGHUP'), ends: 'SIGHUP', isLost: true },
  'worker ends': { worker: 'with-main', ends: 0 },
  'worker.terminate()': { worker: 'with-main', terminated: true, ends: 0 },
  'process.exit() in a worker': { worker: 'with-main', end: () => process.exit(0), ends: 0 },
  'uncaught in a worker': { worker: 'with-main', end: fail, ends: 0 },
  'worker ends, main without': { worker: 'alone', ends: 0 },
  'worker.terminate(), main without': { worker: 'alone', terminated: true, ends: 0 },
  'process.exit() in a worker, main without': { worker: 'alone', end: () => process.exit(0), ends: 0 },
  'uncaught in a worker, main without': { worker: 'alone', end: fail, ends: 0 }
})

/**
 * @param {number} tenant
 * @returns {string}
 */
function keyOf(tenant) {
  return tenant.toString(16).padStart(32, 'e')
}

module.exports = { WAYS, keyOf }
