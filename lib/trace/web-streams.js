'use strict'

const { defineMethod, methodOf } = require('../values/methods')

/** @typedef {import('./ending').Ending} Ending */

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
 * Ends the span when a web stream has been read to its end, cancelled or broken, by any of its methods.
 *
 * @param {Ending} ending
 * @param {any} stream
 * @returns {boolean} false when the stream is locked already or refuses to be watched
 */
function watchWebStream(ending, stream) {
  if (stream.locked) return false
  const isDefined = replace(stream, 'getReader', (original, args) =>
    watchReader(ending, original.apply(stream, args))
  )
  if (!isDefined) return false
  replace(stream, 'values', (original, args) => watchIterator(ending, original.apply(stream, args)))
  replace(stream, Symbol.asyncIterator, (original, args) =>
    watchIterator(ending, original.apply(stream, args))
  )
  replace(stream, 'cancel', (original, args) => watchPromise(ending, original.apply(stream, args)))
  replace(stream, 'pipeTo', (original, args) => watchPromise(ending, original.apply(stream, args)))
  // `pipeThrough` is `pipeTo` into one side of a pair; the built-in one would pass the method above by.
  replace(stream, 'pipeThrough', (_original, [pair, options]) => {
    stream.pipeTo(pair.writable, options).catch(() => {})
    return pair.readable
  })
  replace(stream, 'tee', (original, args) => {
    const branches = original.apply(stream, args)
    for (const branch of branches) watchWebStream(ending, branch)
    return branches
  })
  return true
}

/**
 * @param {Ending} ending
 * @param {any} reader
 */
function watchReader(ending, reader) {
  let isReleased = false
  replace(reader, 'releaseLock', (original, args) => {
    isReleased = true
    return original.apply(reader, args)
  })
  reader.closed.then(
    () => ending.succeed(),
    (/** @type {unknown} */ error) => {
      // Letting the lock go rejects `closed` too, but another reader may come.
      if (!isReleased) ending.fail(error)
    }
  )
  return reader
}

/**
 * @param {Ending} ending
 * @param {any} iterator
 */
function watchIterator(ending, iterator) {
  replace(iterator, 'next', (original, args) => {
    const step = original.apply(iterator, args)
    step.then(
      (/** @type {{ done?: boolean, value?: unknown }} */ { done, value }) => {
        if (done) ending.succeed()
        else ending.receive?.(value)
      },
      (/** @type {unknown} */ error) => ending.fail(error)
    )
    return step
  })
  replace(iterator, 'return', (original, args) => watchPromise(ending, original.apply(iterator, args)))
  return iterator
}

/**
 * @param {Ending} ending
 * @param {Promise<unknown>} promise
 */
function watchPromise(ending, promise) {
  promise.then(
    () => ending.succeed(),
    error => ending.fail(error)
  )
  return promise
}

/**
 * @param {any} target
 * @param {PropertyKey} name
 * @param {(original: Function, args: any[]) => any} call
 * @returns {boolean}
 */
function replace(target, name, call) {
  const original = methodOf(target, name)
  if (original === null) return false
  return defineMethod(target, name, (/** @type {any[]} */ ...args) => call(original, args))
}

module.exports = { isWebStream, watchWebStream }
