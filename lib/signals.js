'use strict'

// Signals that a process is asked to end by. Who listens to one takes its meaning away, and must give it back; but so
// must others, and some do only when nobody else is listening (signal-exit, and all that is built on it).

/** On each listener of ours, in every copy of this module: two of them must not overtake each other for ever. */
const IS_POLITE = Symbol.for('spanlane.signal-listener')

/** How often a watch moves before all others: there may be somebody else who wants to be the first. */
const MOVES_MAX = 100

/**
 * A listener that hides from those who ask whether they are alone: it runs first and is gone before the others run.
 * Alone itself, it drains and raises the signal again, which then means what it always did.
 */
class SignalWatch {
  #signal
  #acts
  #isStopped = false
  #isAside = false
  #moves = 0
  #onSignal = Object.assign(() => this.#raised(), { [IS_POLITE]: true })
  /** @param {string | symbol} event */
  #onChange = event => {
    if (event === this.#signal) process.nextTick(() => this.#takePlace())
  }

  /**
   * @param {NodeJS.Signals} signal
   * @param {object} acts
   * @param {() => void} acts.alone blocks until the process may end
   * @param {() => void} acts.amongOthers begins what another listener's end will find done
   * @param {KillGuard} acts.killGuard
   */
  constructor(signal, acts) {
    this.#signal = signal
    this.#acts = acts
    process.prependListener(signal, this.#onSignal)
    process.on('newListener', this.#onChange)
    process.on('removeListener', this.#onChange)
  }

  stop() {
    this.#isStopped = true
    process.removeListener('newListener', this.#onChange)
    process.removeListener('removeListener', this.#onChange)
    process.removeListener(this.#signal, this.#onSignal)
    this.#acts.killGuard.release(this)
  }

  #raised() {
    process.removeListener(this.#signal, this.#onSignal)
    if (process.listenerCount(this.#signal) > 0) {
      // Whether they end the process is for them to say, and when. They are not to be kept waiting.
      this.#isAside = true
      this.#acts.killGuard.hold(this)
      this.#acts.amongOthers()
      return
    }
    this.#acts.alone()
    raise(this.#signal)
  }

  /** First of all listeners. Stepped aside, it comes back when the others have gone and the process is still there. */
  #takePlace() {
    const listeners = process.listeners(this.#signal)
    if (this.#isStopped || (this.#isAside && listeners.length > 0)) return
    const place = listeners.indexOf(this.#onSignal)
    if (place !== -1 && listeners.slice(0, place).every(isPolite)) return
    if (++this.#moves > MOVES_MAX) return
    this.#isAside = false
    this.#acts.killGuard.release(this)
    process.prependListener(this.#signal, this.#onSignal)
    // After that: without any listener the signal would end the process at once. It takes the one behind.
    if (place !== -1) process.removeListener(this.#signal, this.#onSignal)
  }
}

/** @param {Function} listener */
function isPolite(listener) {
  return IS_POLITE in listener
}

/** @param {NodeJS.Signals} signal that nobody listens to any more */
function raise(signal) {
  try {
    process.kill(process.pid, signal)
  } catch {
    // Windows knows how to end a process by some signals only.
    process.kill(process.pid, 'SIGTERM')
  }
}

/** While somebody else may end the process by a signal, drains before it does. */
class KillGuard {
  #drain
  /** @type {Set<SignalWatch>} */
  #holders = new Set()
  #original = process.kill
  /** @type {typeof process.kill} */
  #guarded

  /** @param {() => void} drain */
  constructor(drain) {
    this.#drain = drain
    const guard = this
    /** @this {unknown} @param {number} pid @param {any} [signal] @param {any[]} rest */
    this.#guarded = function kill(pid, signal, ...rest) {
      if (signal !== 0 && (pid === 0 || pid === process.pid || pid === -process.pid)) guard.#drain()
      return Reflect.apply(guard.#original, this, [pid, signal, ...rest])
    }
  }

  /** @param {SignalWatch} holder */
  hold(holder) {
    if (this.#holders.size === 0) {
      this.#original = process.kill
      process.kill = this.#guarded
    }
    this.#holders.add(holder)
  }

  /** @param {SignalWatch} holder */
  release(holder) {
    if (!this.#holders.delete(holder) || this.#holders.size > 0) return
    // Somebody else may have put his own around it.
    if (process.kill === this.#guarded) process.kill = this.#original
  }
}

module.exports = { KillGuard, SignalWatch }
