'use strict'

/** Web streams. What pulls from one runs in its context: the readers of an application see the native methods. */

const { setImmediate } = require('node:timers')
const { apply, fieldOf, methodOf, replaceMethod } = require('../values/methods')
const { handedOut, watchBranches } = require('./iterators')
const { Relay, baseOf } = require('./relay')

/** @typedef {{ pending: number, isClosed: boolean, isReleased: boolean }} ReaderState */

/**
 * @param {any} value
 * @returns {value is ReadableStream}
 */
function isWebStream(value) {
  return (
    methodOf(value, 'getReader') !== null &&
    methodOf(value, 'tee') !== null &&
    methodOf(value, 'pipeTo') !== null
  )
}

/**
 * The stream is over when it has been read to its end, cancelled or broken, by any of its methods.
 *
 * @param {Watch} watch
 * @param {any} stream
 * @returns {boolean} false when the stream is locked already or refuses to be watched
 */
function watchWebStream(watch, stream) {
  const getReader = methodOf(stream, 'getReader')
  if (getReader === null || fieldOf(stream, 'locked')) return false
  const isDefined = replaceMethod(stream, 'getReader', (original, args, self) =>
    watchReader(watch, watch.run(original, self, args))
  )
  if (!isDefined) return false
  for (const name of ['values', Symbol.asyncIterator]) {
    replaceMethod(stream, name, (original, args, self) => {
      const iterator = watch.run(original, self, args)
      return iterator === self ? iterator : watchIteration(watch, iterator, keepsOpen(args[0]))
    })
  }
  replaceMethod(stream, 'cancel', (original, args, self) => {
    if (fieldOf(self, 'locked')) return apply(original, self, args)
    return handedOut(watch, watch.run(original, self, args), endOf(watch))
  })
  replaceMethod(stream, 'tee', (original, args, self) =>
    watchBranches(watch, watch.run(original, self, args), watchWebStream)
  )
  replaceMethod(stream, 'pipeTo', (original, args, self) => {
    const relay = relayOf(watch, self, getReader)
    if (relay === null) return apply(original, self, args)
    const piped = apply(original, relay.stream, args)
    if (!relay.stream.locked) return piped
    relay.start()
    return handedOut(watch, piped, { fulfil: () => relay.release(), reject: () => relay.release() })
  })
  replaceMethod(stream, 'pipeThrough', (original, args, self) => {
    const relay = keepsOpen(args[1]) ? null : relayOf(watch, self, getReader)
    if (relay === null) return watchOutlet(watch, apply(original, self, args))
    const outlet = apply(original, relay.stream, args)
    watchOutlet(watch, outlet)
    relay.start()
    return outlet
  })
  return true
}

/**
 * @param {Watch} watch
 * @param {any} reader
 */
function watchReader(watch, reader) {
  const state = { pending: 0, isClosed: false, isReleased: false }
  replaceMethod(reader, 'read', (original, args, self) => {
    state.pending++
    const result = watch.run(original, self, args)
    return handedOut(watch, result, {
      fulfil: step => {
        state.pending--
        if (step?.done) watch.succeed()
        else watch.receive(step?.value)
        if (state.isClosed) endUnlessRead(watch, state)
      },
      reject: () => state.pending--
    })
  })
  replaceMethod(reader, 'releaseLock', (original, args, self) => {
    state.isReleased = true
    return apply(original, self, args)
  })
  watchClosing(watch, reader, state)
  return reader
}

/**
 * @param {Watch} watch
 * @param {any} reader
 * @param {ReaderState} state
 */
async function watchClosing(watch, reader, state) {
  try {
    await reader.closed
    state.isClosed = true
    endUnlessRead(watch, state)
  } catch (error) {
    // Letting the lock go rejects `closed` too, but another reader may come.
    if (!state.isReleased) watch.fail(error)
  }
}

/**
 * A stream closes before the last chunk has reached its reader, who mostly reads on and is told so.
 *
 * @param {Watch} watch
 * @param {ReaderState} state
 */
function endUnlessRead(watch, state) {
  if (state.pending > 0) return
  setImmediate(() => {
    if (state.pending === 0) watch.succeed()
  })
}

/**
 * @param {Watch} watch
 * @param {any} iterator
 * @param {boolean} staysOpen after an iteration that is left
 */
function watchIteration(watch, iterator, staysOpen) {
  replaceMethod(iterator, 'next', (original, args, self) =>
    handedOut(watch, watch.run(original, self, args), {
      fulfil: step => (step?.done ? watch.succeed() : watch.receive(step?.value)),
      reject: error => watch.fail(error)
    })
  )
  if (!staysOpen) {
    replaceMethod(iterator, 'return', (original, args, self) =>
      handedOut(watch, watch.run(original, self, args), endOf(watch))
    )
  }
  return iterator
}

/**
 * What comes out at the other end of `pipeThrough` is the caller's, and so is what goes wrong there. But who waits for
 * the stream waits until it was read.
 *
 * @param {Watch} watch
 * @param {any} outlet
 */
function watchOutlet(watch, outlet) {
  if (!isWebStream(outlet) || watch.other(outlet) !== undefined) return outlet
  const own = watch.caller()
  const reading = watch.open()
  if (watchWebStream(own, outlet)) {
    own.keep(outlet)
    own.join({ succeed: () => reading.succeed(), fail: () => reading.succeed() }, outlet)
  } else {
    reading.succeed()
  }
  return outlet
}

/**
 * @param {Watch} watch
 * @param {any} stream
 * @param {Function} getReader
 * @returns {Relay | null} null: the method is called on the stream itself, and says what is wrong
 */
function relayOf(watch, stream, getReader) {
  if (fieldOf(stream, 'locked') !== false) return null
  const Base = baseOf(stream)
  return Base === null ? null : new Relay(watch, stream, getReader, Base)
}

/**
 * @param {Watch} watch
 * @returns {import('./settlement').Waiter}
 */
function endOf(watch) {
  return { fulfil: () => watch.succeed(), reject: error => watch.fail(error) }
}

/** @param {unknown} options of an iteration or a pipe */
function keepsOpen(options) {
  return Boolean(fieldOf(options ?? {}, 'preventCancel'))
}

module.exports = { isWebStream, watchWebStream }
