'use strict'

const { isPromise } = require('node:util').types
const { defineMethod, methodOf } = require('../values/methods')
const { endWhenCollected, watchStream } = require('./streams')

/**
 * What ends a span: `succeed` with the value, or `fail` with the error. The first call counts.
 *
 * @typedef {object} Ending
 * @property {(value?: unknown) => void} succeed
 * @property {(error: unknown) => void} fail
 * @property {(chunk: unknown) => void} [receive] told each value of a stream
 * @property {() => void} [detach] lets go of what might hold the stream itself
 */

/** Methods beside `then` with which clients of model APIs start the request of a lazy promise. */
const STARTING_METHODS = ['catch', 'finally', 'parse', 'asResponse', 'withResponse']

/**
 * Ends the span when the work behind `result` is done: at once for a value, on settling for a promise, at the
 * end of a stream. The caller gets the object it made.
 *
 * @template R
 * @param {import('../sdk/instance').Instance} instance
 * @param {import('../routing/context').Store} store the span's own context
 * @param {Ending} ending
 * @param {R} result
 * @returns {R}
 */
function endWith(instance, store, ending, result) {
  if (result === null || (typeof result !== 'object' && typeof result !== 'function')) {
    ending.succeed(result)
  } else if (isPromise(result) && hasBuiltInThen(result)) {
    observe(instance, store, ending, result)
  } else {
    // A query builder may be thenable and a stream; whichever the caller uses ends the span.
    const isThenable = interceptThen(instance, store, ending, result)
    const isStream = watchStream(instance, store, ending, result)
    if (!isThenable && !isStream) ending.succeed(result)
  }
  return result
}

/**
 * @param {import('../sdk/instance').Instance} instance
 * @param {import('../routing/context').Store} store
 * @param {Ending} ending
 * @param {Promise<unknown>} promise
 */
function observe(instance, store, ending, promise) {
  Promise.prototype.then.call(
    promise,
    value => endWithSettled(instance, store, ending, value),
    error => ending.fail(error)
  )
}

/**
 * A promise for a stream, as model APIs return it, is not the end yet.
 *
 * @param {import('../sdk/instance').Instance} instance
 * @param {import('../routing/context').Store} store
 * @param {Ending} ending
 * @param {unknown} value
 */
function endWithSettled(instance, store, ending, value) {
  if (typeof value === 'object' && value !== null && watchStream(instance, store, ending, value)) return
  ending.succeed(value)
}

/**
 * Subclasses that override `then` (lazy API clients) resolve their own base promise early: not observable.
 *
 * @param {Promise<unknown>} promise
 */
function hasBuiltInThen(promise) {
  const then = methodOf(promise, 'then')
  if (then === Promise.prototype.then) return true
  return then !== null && Function.prototype.toString.call(then).includes('[native code]')
}

/**
 * A thenable that is no plain promise may do its work only when `then` is called, so it is never called here:
 * the caller's own call is watched.
 *
 * @param {import('../sdk/instance').Instance} instance
 * @param {import('../routing/context').Store} store
 * @param {Ending} ending
 * @param {any} thenable
 * @returns {boolean} false when it is no thenable, or a frozen one
 */
function interceptThen(instance, store, ending, thenable) {
  const then = methodOf(thenable, 'then')
  if (then === null) return false
  const settled = (/** @type {unknown} */ value) => endWithSettled(instance, store, ending, value)

  const watched = /** @this {any} */ function (
    /** @type {any} */ onFulfilled,
    /** @type {any} */ onRejected,
    /** @type {any[]} */ ...rest
  ) {
    return then.call(
      this,
      (/** @type {unknown} */ value) => {
        settled(value)
        return typeof onFulfilled === 'function' ? onFulfilled(value) : value
      },
      (/** @type {unknown} */ error) => {
        ending.fail(error)
        if (typeof onRejected === 'function') return onRejected(error)
        throw error
      },
      ...rest
    )
  }
  if (!defineMethod(thenable, 'then', watched)) return false
  for (const name of STARTING_METHODS) watchStartingMethod(ending, thenable, name, settled)
  endWhenCollected(thenable, ending)
  return true
}

/**
 * @param {Ending} ending
 * @param {any} thenable
 * @param {string} name
 * @param {(value: unknown) => void} settled
 */
function watchStartingMethod(ending, thenable, name, settled) {
  const method = methodOf(thenable, name)
  // The built-in ones go through `then`.
  if (method === null || method === Promise.prototype.catch || method === Promise.prototype.finally) return
  defineMethod(
    thenable,
    name,
    /** @this {any} */ function (/** @type {any[]} */ ...args) {
      const result = method.apply(this, args)
      if (isPromise(result)) Promise.prototype.then.call(result, settled, error => ending.fail(error))
      return result
    }
  )
}

/**
 * Records the rejection of a promise that does not end its span otherwise.
 *
 * @param {Ending} ending
 * @param {unknown} result
 */
function failWith(ending, result) {
  if (isPromise(result)) Promise.prototype.then.call(result, undefined, error => ending.fail(error))
}

module.exports = { endWith, failWith }
