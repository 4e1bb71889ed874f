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
const exitInEarlierListener = () => {
  process.prependListener('exit', () => process.exit(3))
  process.exit(0)
}
const withoutListeners = () => {
  process.removeAllListeners('exit')
  process.exit(0)
}
const failInHandler = () => {
  process.on('uncaughtException', error => {
    throw error
  })
  fail()
}
/** As signal-exit does: only when nobody else is listening. @param {NodeJS.Signals} name */
const signalBesideLibrary = name => () => {
  const library = () => {
    if (process.listenerCount(name) > 1) return
    process.removeListener(name, library)
    process.kill(process.pid, name)
  }
  process.on(name, library)
  signal(name)()
  // It does not end before the signal comes.
  setTimeout(() => {}, 20_000)
}

/** @type {Readonly<Record<string, Way>>} */
const WAYS = Object.freeze({
  'nothing left to do': { ends: 0 },
  'process.exit(0)': { end: () => process.exit(0), ends: 0 },
  'process.exit(1)': { end: () => process.exit(1), ends: 1 },
  'uncaught exception': { end: fail, ends: 1 },
  'unhandled rejection': { end: reject, ends: 1 },
  'exit in an exit listener': { end: exitInListener, ends: 3 },
  'exit in an earlier exit listener': { end: exitInEarlierListener, ends: 3 },
  'exit without listeners': { end: withoutListeners, ends: 0 },
  'process.reallyExit(0)': { end: () => /** @type {any} */ (process).reallyExit(0), ends: 0 },
  'throw in an uncaughtException listener': { end: failInHandler, ends: 7 },
  'SIGTERM, drained': { end: signal('SIGTERM'), drainOnSignals: ['SIGTERM'], ends: 'SIGTERM' },
  'SIGINT, drained': { end: signal('SIGINT'), drainOnSignals: ['SIGINT'], ends: 'SIGINT' },
  'SIGHUP, drained': { end: signal('SIGHUP'), drainOnSignals: ['SIGHUP'], ends: 'SIGHUP' },
  'SIGTERM, drained, beside signal-exit': {
    end: signalBesideLibrary('SIGTERM'),
    drainOnSignals: ['SIGTERM'],
    ends: 'SIGTERM'
  },
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
