'use strict'

const { errorMonitor } = require('node:events')
const { isGeneratorObject, isPromise } = require('node:util').types
const { defineMethod, methodOf } = require('../values/methods')
const { isWebStream, watchWebStream } = require('./web-streams')

/** @typedef {import('../routing/context').Store} Store */
/** @typedef {import('./ending').Ending} Ending */
/** @typedef {import('../sdk/instance').Instance} Instance */

/**
 * A stream that nobody reads to its end (or a lazy thenable that nobody starts) must not keep its span for
 * ever: when it is collected, the span ends.
 *
 * @type {FinalizationRegistry<Ending>}
 */
const abandoned = new FinalizationRegistry(ending => ending.succeed())

/**
 * Ends the span when the stream is at its end, broken or given up. Each step of an iterator runs in the
 * span's context: without that, a generator body would run in the context of whoever reads it.
 *
 * @param {Instance} instance
 * @param {Store} store
 * @param {Ending} ending
 * @param {any} value
 * @returns {boolean} false when `value` is no stream, or refuses to be watched
 */
function watchStream(instance, store, ending, value) {
  const isIterable = methodOf(value, Symbol.asyncIterator) !== null
  // Most values are neither, and this is asked of every one.
  if (!isIterable && !isGeneratorObject(value) && methodOf(value, 'getReader') === null) return false
  const isWatched = isWebStream(value)
    ? watchWebStream(ending, value)
    : isNodeStream(value)
      ? watchNodeStream(ending, value)
      : isGeneratorObject(value)
        ? watchIterator(instance, store, ending, value)
        : watchIterable(instance, store, ending, value)
  if (isWatched) endWhenCollected(value, ending)
  return isWatched
}

/**
 * @param {object} value
 * @param {Ending} ending must not hold `value`
 */
function endWhenCollected(value, ending) {
  ending.detach?.()
  abandoned.register(value, ending)
}

/**
 * @param {Ending} ending
 * @param {import('node:stream').Readable} stream
 */
function watchNodeStream(ending, stream) {
  if (stream.readableEnded || stream.destroyed) return false
  // The monitor sees errors without counting as their listener. A reader that leaves early aborts the stream.
  stream.once(errorMonitor, error => (error?.code === 'ABORT_ERR' ? ending.succeed() : ending.fail(error)))
  stream.once('end', () => ending.succeed())
  stream.once('close', () => ending.succeed())
  return true
}

/**
 * @param {Instance} instance
 * @param {Store} store
 * @param {Ending} ending
 * @param {any} iterable
 */
function watchIterable(instance, store, ending, iterable) {
  const open = methodOf(iterable, Symbol.asyncIterator)
  if (open === null) return false
  const isDefined = defineMethod(
    iterable,
    Symbol.asyncIterator,
    /** @this {any} */ function () {
      const iterator = instance.storage.run(store, () => open.call(this))
      watchIterator(instance, store, ending, iterator)
      return iterator
    }
  )
  // Emitters that can be iterated (streams of model APIs) may be read by events alone.
  if (isDefined && methodOf(iterable, 'once') !== null) iterable.once('end', () => ending.succeed())
  return isDefined
}

/**
 * @param {Instance} instance
 * @param {Store} store
 * @param {Ending} ending
 * @param {any} iterator
 * @returns {boolean} false when its methods cannot be watched
 */
function watchIterator(instance, store, ending, iterator) {
  const isNextDefined = watchStep(instance, store, ending, iterator, 'next')
  if (!isNextDefined) return false
  watchStep(instance, store, ending, iterator, 'return')
  watchStep(instance, store, ending, iterator, 'throw')
  return true
}

/**
 * @param {Instance} instance
 * @param {Store} store
 * @param {Ending} ending
 * @param {any} iterator
 * @param {'next' | 'return' | 'throw'} name
 */
function watchStep(instance, store, ending, iterator, name) {
  const step = methodOf(iterator, name)
  if (step === null) return false
  return defineMethod(
    iterator,
    name,
    /** @this {any} */ function (/** @type {any[]} */ ...args) {
      let result
      try {
        result = instance.storage.run(store, () => step.apply(this, args))
      } catch (error) {
        ending.fail(error)
        throw error
      }
      if (isPromise(result)) {
        Promise.prototype.then.call(
          result,
          step => readStep(ending, name, step),
          error => ending.fail(error)
        )
      } else {
        readStep(ending, name, result)
      }
      return result
    }
  )
}

/**
 * @param {Ending} ending
 * @param {'next' | 'return' | 'throw'} name
 * @param {any} step
 */
function readStep(ending, name, step) {
  if (step === null || typeof step !== 'object') return
  if (step.done) ending.succeed()
  else if (name === 'next') ending.receive?.(step.value)
}

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
 * Runs what a stream does in the context given: the body of a generator, the listeners of an emitter. The
 * same object is returned; an iterable that cannot be changed comes back as one that can be iterated.
 *
 * @param {Instance} instance
 * @param {Store} store
 * @param {any} stream
 * @returns {any}
 */
function bindToStore(instance, store, stream) {
  const emit = methodOf(stream, 'emit')
  if (emit !== null) {
    defineMethod(
      stream,
      'emit',
      /** @this {any} */ function (/** @type {any[]} */ ...args) {
        return instance.storage.run(store, () => emit.apply(this, args))
      }
    )
  }
  if (isNodeStream(stream) || isWebStream(stream)) return stream
  if (isGeneratorObject(stream) || methodOf(stream, Symbol.asyncIterator) === null) {
    for (const name of /** @type {const} */ (['next', 'return', 'throw']))
      bindMethod(instance, store, stream, name)
    return stream
  }
  const open = /** @type {Function} */ (methodOf(stream, Symbol.asyncIterator))
  const openBound = () => {
    const iterator = instance.storage.run(store, () => open.call(stream))
    for (const name of /** @type {const} */ (['next', 'return', 'throw']))
      bindMethod(instance, store, iterator, name)
    return iterator
  }
  return defineMethod(stream, Symbol.asyncIterator, openBound)
    ? stream
    : { [Symbol.asyncIterator]: openBound }
}

/**
 * @param {Instance} instance
 * @param {Store} store
 * @param {any} iterator
 * @param {string} name
 */
function bindMethod(instance, store, iterator, name) {
  const method = methodOf(iterator, name)
  if (method === null) return
  defineMethod(
    iterator,
    name,
    /** @this {any} */ function (/** @type {any[]} */ ...args) {
      return instance.storage.run(store, () => method.apply(this, args))
    }
  )
}

module.exports = { bindToStore, endWhenCollected, watchStream }
