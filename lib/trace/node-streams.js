'use strict'

/** Node's streams. */

const { errorMonitor } = require('node:events')
const { apply, fieldOf, methodOf, replaceMethod } = require('../values/methods')

/** Where a stream does its own work, whoever reads or writes it. */
const WORK = ['_read', '_write', '_writev', '_transform', '_flush', '_final', '_destroy']

/**
 * @param {any} value
 * @returns {value is import('node:stream').Readable}
 */
function isNodeStream(value) {
  return (
    methodOf(value, 'pipe') !== null && methodOf(value, 'read') !== null && methodOf(value, 'once') !== null
  )
}

/**
 * The stream works in its own context; listeners run in those of their owners.
 *
 * @param {Watch} watch
 * @param {any} stream
 * @returns {boolean} false when it has ended already
 */
function watchNodeStream(watch, stream) {
  if (fieldOf(stream, 'readableEnded') || fieldOf(stream, 'destroyed')) return false
  try {
    // The monitor sees errors without counting as their listener. A reader that leaves early aborts the stream.
    stream.once(errorMonitor, (/** @type {any} */ error) => {
      if (fieldOf(error, 'code') === 'ABORT_ERR') watch.succeed()
      else watch.fail(error)
    })
    stream.once('end', () => watch.succeed())
    stream.once('close', () => watch.succeed())
  } catch {
    // It has a `once` of another meaning.
    return false
  }
  watchWork(watch, stream)
  watchListeners(watch, stream)
  return true
}

/**
 * @param {Watch} watch
 * @param {any} stream
 */
function watchWork(watch, stream) {
  for (const name of WORK) replaceMethod(stream, name, (work, args, self) => watch.run(work, self, args))
}

/**
 * Node finds a listener that stands for another one by its `listener`, as it does for those of `once`.
 *
 * @param {Watch} watch
 * @param {any} stream
 */
function watchListeners(watch, stream) {
  const on = methodOf(stream, 'on')
  const prependListener = methodOf(stream, 'prependListener')
  if (on === null || prependListener === null) return
  for (const [name, add, isOnce] of /** @type {const} */ ([
    ['on', on, false],
    ['addListener', on, false],
    ['prependListener', prependListener, false],
    ['once', on, true],
    ['prependOnceListener', prependListener, true]
  ])) {
    replaceMethod(stream, name, (method, [event, listener], self) => {
      // The stream itself says what is wrong with what is no function.
      if (watch.bindsListeners || typeof listener !== 'function')
        return apply(method, self, [event, listener])
      return apply(add, self, [event, ownListener(watch, self, event, listener, isOnce)])
    })
  }
}

/**
 * @param {Watch} watch
 * @param {any} stream
 * @param {string | symbol} event
 * @param {Function} listener
 * @param {boolean} isOnce
 */
function ownListener(watch, stream, event, listener, isOnce) {
  const run = watch.forCaller(listener)
  const own = isOnce
    ? /** @this {unknown} */ function (/** @type {any[]} */ ...args) {
        stream.removeListener(event, own)
        return apply(run, this, args)
      }
    : run
  Object.defineProperty(own, 'listener', /** @type {any} */ ({ __proto__: null, value: listener }))
  return own
}

/**
 * For an emitter that was bound as a whole: its listeners run in its context, whoever they are.
 *
 * @param {Watch} watch
 * @param {any} emitter
 */
function bindListeners(watch, emitter) {
  if (watch.bindsListeners || methodOf(emitter, 'emit') === null) return
  watch.bindsListeners = replaceMethod(emitter, 'emit', (emit, args, self) => watch.run(emit, self, args))
}

module.exports = { bindListeners, isNodeStream, watchNodeStream }
