'use strict'

/** Generators, iterators, cursors, and what can be iterated asynchronously. */

const { Readable } = require('node:stream')
const { setImmediate } = require('node:timers')
const { isGeneratorObject, isPromise } = require('node:util').types
const { apply, defineMethod, fieldOf, methodOf, replaceMethod } = require('../values/methods')
const { following, isObservable } = require('./promises')
const { watchThenable } = require('./thenables')

/** @typedef {import('./settlement').Waiter} Waiter */

/** Beside its iterator, what is a stream and nothing else has one of these; a page or a cursor with data has none. */
const STREAM_MEMBERS = ['tee', 'toReadableStream', 'controller', 'abort', 'once', 'pipe']

/** Methods by which a cursor of a database is read as a whole; they may be given callbacks. */
const READING_METHODS = ['toArray', 'forEach', 'eachAsync']

/**
 * The iterators of arrays, maps and sets are none here: they run nobody's code, and few read them to their end.
 *
 * @param {any} value
 */
function isIterator(value) {
  if (isGeneratorObject(value)) return true
  const next = methodOf(value, 'next')
  if (next === null) return false
  if (methodOf(value, Symbol.asyncIterator) === null && methodOf(value, Symbol.iterator) === null)
    return false
  return !isBuiltIn(next) || fieldOf(value, Symbol.toStringTag) === 'Iterator Helper'
}

/** @param {Function} fn */
function isBuiltIn(fn) {
  return apply(Function.prototype.toString, fn, []).endsWith('{ [native code] }')
}

/** @param {any} value */
function isAsyncIterable(value) {
  return methodOf(value, Symbol.asyncIterator) !== null
}

/**
 * @param {any} iterable
 * @returns {boolean} false when its caller may as well want its fields
 */
function isOnlyStream(iterable) {
  return STREAM_MEMBERS.some(name => (fieldOf(iterable, name) ?? null) !== null)
}

/**
 * The steps of an iterator run in its own context: without that, a generator's body would run in the context of
 * whoever reads it.
 *
 * @param {Watch} watch
 * @param {any} iterator
 * @returns {boolean} false when its methods cannot be watched
 */
function watchIterator(watch, iterator) {
  const isGenerator = isGeneratorObject(iterator)
  if (!watchStep(watch, iterator, 'next', isGenerator)) return false
  watchStep(watch, iterator, 'return', isGenerator)
  watchStep(watch, iterator, 'throw', isGenerator)
  if (!isGenerator) watchCursor(watch, iterator)
  return true
}

/**
 * A stream that can also be read in a way of its own, as cursors of databases can.
 *
 * @param {Watch} watch
 * @param {any} stream
 */
function watchOwnIteration(watch, stream) {
  const open = methodOf(stream, Symbol.asyncIterator)
  if (open === null || open === Readable.prototype[Symbol.asyncIterator]) return
  watchStep(watch, stream, 'next', false)
  watchCursor(watch, stream)
}

/**
 * What stands beside the steps of a cursor. `for await` may open another iterator of it.
 *
 * @param {Watch} watch
 * @param {any} cursor
 */
function watchCursor(watch, cursor) {
  watchOpening(watch, cursor)
  const waiter = {
    fulfil: () => watch.succeed(),
    reject: (/** @type {unknown} */ error) => watch.fail(error)
  }
  for (const name of READING_METHODS) {
    replaceMethod(cursor, name, (method, args, self) => {
      const given = args.map(arg => (typeof arg === 'function' ? watch.forCaller(arg) : arg))
      return handedOut(watch, watch.run(method, self, given), waiter)
    })
  }
  replaceMethod(cursor, 'close', (close, args, self) =>
    handedOut(watch, watch.run(close, self, args), waiter)
  )
}

/**
 * @param {Watch} watch
 * @param {any} iterator
 * @param {'next' | 'return' | 'throw'} name
 * @param {boolean} isGenerator
 */
function watchStep(watch, iterator, name, isGenerator) {
  return replaceMethod(iterator, name, (method, args, self) => {
    watch.stepBegins()
    const step = new Step(watch, name === 'next', isGenerator)
    let result
    try {
      result = watch.run(method, self, args)
    } catch (error) {
      step.reject(error)
      throw error
    }
    return handedOut(watch, result, step)
  })
}

/** One step of an iterator, under way. */
class Step {
  #watch
  #isNext
  #isGenerator
  #isOver = false

  /**
   * @param {Watch} watch
   * @param {boolean} isNext
   * @param {boolean} isGenerator
   */
  constructor(watch, isNext, isGenerator) {
    this.#watch = watch
    this.#isNext = isNext
    this.#isGenerator = isGenerator
  }

  /** @param {any} result */
  fulfil(result) {
    if (!this.#ends()) return
    // What it yields beside its values may be anything, getters that throw included.
    try {
      if (this.#isGenerator || isStepResult(result)) this.#step(result)
      else if (this.#isNext) this.#document(result)
    } catch {
      this.#watch.succeed()
    }
  }

  /** @param {{ done?: unknown, value?: unknown }} result */
  #step(result) {
    if (result.done) this.#watch.succeed()
    else if (this.#isNext) this.#watch.receive(result.value)
  }

  /** A cursor's `next` gives what was found, and nothing at its end. @param {unknown} found */
  #document(found) {
    if (found === null || found === undefined) this.#watch.succeed()
    else this.#watch.receive(found)
  }

  /** @param {unknown} error */
  reject(error) {
    if (this.#ends()) this.#watch.fail(error)
  }

  #ends() {
    if (this.#isOver) return false
    this.#isOver = true
    this.#watch.stepEnds()
    return true
  }
}

/**
 * @param {any} result
 * @returns {boolean} false for what a cursor found, which may have a field of the name `done`
 */
function isStepResult(result) {
  if (typeof result !== 'object' || result === null) return false
  return !isPlain(result) || Object.keys(result).every(key => key === 'done' || key === 'value')
}

/** @param {object} object */
function isPlain(object) {
  const prototype = Object.getPrototypeOf(object)
  return prototype === Object.prototype || prototype === null
}

/**
 * What a method of a watched object returned, on its way to the caller.
 *
 * @param {Watch} watch
 * @param {any} result
 * @param {Waiter} waiter
 * @returns {any} a promise that says the same, or the result itself
 */
function handedOut(watch, result, waiter) {
  if (isPromise(result) && isObservable(result)) return following(result, waiter)
  if (result === null || typeof result !== 'object' || methodOf(result, 'then') === null) {
    waiter.fulfil(result)
    return result
  }
  const own = watch.other(result) ?? watchedThenable(watch.child(), result)
  own.join({ succeed: value => waiter.fulfil(value), fail: error => waiter.reject(error) }, result)
  return result
}

/**
 * @param {Watch} watch
 * @param {any} thenable
 */
function watchedThenable(watch, thenable) {
  const started = {
    fulfil(/** @type {unknown} */ value) {
      for (const ending of watch.take()) ending.succeed(value)
    },
    reject(/** @type {unknown} */ error) {
      for (const ending of watch.take()) ending.fail(error)
    },
    returned: (/** @type {any} */ result) => result
  }
  if (watchThenable(watch, thenable, started)) watch.keep(thenable)
  return watch
}

/**
 * @param {Watch} watch
 * @param {any} iterable
 * @returns {boolean} false when it is none, or refuses
 */
function watchIterable(watch, iterable) {
  if (!watchOpening(watch, iterable)) return false
  // Clients of model APIs divide their streams past the iterator that all others open.
  replaceMethod(iterable, 'tee', (tee, args, self) =>
    watchBranches(watch, watch.run(tee, self, args), watchIterable)
  )
  watch.isOptional = !isOnlyStream(iterable)
  watchAbort(watch, iterable)
  // Emitters that can be iterated (streams of model APIs, readers of lines) may be read by events alone.
  const once = methodOf(iterable, 'once')
  if (once !== null) {
    try {
      for (const event of ['end', 'close']) apply(once, iterable, [event, () => watch.endUnread()])
    } catch {
      // It has a `once` of another meaning.
    }
  }
  return true
}

/**
 * Streams of model APIs can be given up, and need not be read on.
 *
 * @param {Watch} watch
 * @param {any} iterable
 */
function watchAbort(watch, iterable) {
  const signal = fieldOf(fieldOf(iterable, 'controller') ?? {}, 'signal')
  const listen = methodOf(signal ?? {}, 'addEventListener')
  if (listen === null || fieldOf(signal, 'aborted') !== false) return
  try {
    apply(listen, signal, ['abort', () => setImmediate(() => watch.succeed()), { once: true }])
  } catch {
    // It has a `controller` of another meaning.
  }
}

/**
 * @param {Watch} watch
 * @param {any} iterable
 */
function watchOpening(watch, iterable) {
  return replaceMethod(iterable, Symbol.asyncIterator, (open, args, self) =>
    openedBy(watch, watch.run(open, self, args))
  )
}

/**
 * Each branch of a stream reads where the stream does; those who wait, wait for all.
 *
 * @param {Watch} watch
 * @param {any} branches
 * @param {(watch: Watch, branch: any) => boolean} watchBranch
 * @returns {any} the same
 */
function watchBranches(watch, branches, watchBranch) {
  if (!Array.isArray(branches)) return branches
  for (const branch of branches) {
    const own = watch.child()
    const reading = watch.open()
    if (watchBranch(own, branch)) {
      own.keep(branch)
      own.isOptional = false
      own.join(reading, branch)
    } else {
      reading.succeed()
    }
  }
  return branches
}

/**
 * @param {Watch} watch of the iterable
 * @param {any} iterator
 * @returns {any} the same
 */
function openedBy(watch, iterator) {
  const known = watch.other(iterator)
  // It is the iterable itself, or one that all readers share.
  if (known === watch) return iterator
  const reading = watch.open()
  if (known !== undefined) {
    if (known.isOver) reading.succeed()
    else known.join(reading, iterator)
    return iterator
  }
  const own = watch.child()
  if (iterator === null || typeof iterator !== 'object' || !watchIterator(own, iterator)) {
    reading.succeed()
    return iterator
  }
  own.keep(iterator)
  own.join(reading, iterator)
  return iterator
}

/**
 * For an iterable that refuses to be changed.
 *
 * @param {Watch} watch
 * @param {any} iterable
 * @returns {object} one that can be iterated in its place
 */
function substituteFor(watch, iterable) {
  const open = /** @type {Function} */ (methodOf(iterable, Symbol.asyncIterator))
  const substitute = {}
  defineMethod(substitute, Symbol.asyncIterator, () => openedBy(watch, watch.run(open, iterable, [])))
  return substitute
}

module.exports = {
  handedOut,
  isAsyncIterable,
  isIterator,
  substituteFor,
  watchBranches,
  watchIterable,
  watchIterator,
  watchOwnIteration
}
