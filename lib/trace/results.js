'use strict'

/** What a result does later: which object has to be watched for it, and who waits for that object. */

const { noteOfHostObject } = require('../values/host-objects')
const { fieldOf, isObjectOrFunction, methodOf } = require('../values/methods')
const {
  isAsyncIterable,
  isIterator,
  watchIterable,
  watchIterator,
  watchOwnIteration
} = require('./iterators')
const { isNodeStream, watchNodeStream } = require('./node-streams')
const { isObservable, observe } = require('./promises')
const { watchThenable } = require('./thenables')
const { Watch } = require('./watch')
const { isWebStream, watchWebStream } = require('./web-streams')

/**
 * Waits for what a result does later. That goes on in the context of the call, whoever uses the result.
 *
 * @param {Contexts} contexts
 * @param {Store} store the call's own context
 * @param {number} before `Watch.now` when the call began
 * @param {Ending | null} ending null: nobody waits
 * @param {any} result
 * @returns {boolean} false when there is nothing to wait for
 */
function wait(contexts, store, before, ending, result) {
  if (!isObjectOrFunction(result)) return false
  const source = sourceOf(result)
  if (source === null) return false
  let watch = Watch.find(contexts, source)
  if (watch !== undefined) {
    if (watch.isOver) return false
    watch.belongsTo(store, before)
  } else {
    watch = new Watch(contexts, store)
    if (!watchSource(contexts, watch, source)) return false
    watch.keep(source)
  }
  if (ending !== null) watch.join(source === result ? ending : endingOf(ending, result), result)
  return true
}

/**
 * For an object whose body is watched: the body is bytes, the object says more.
 *
 * @param {Ending} ending
 * @param {any} response
 * @returns {Ending} which must not hold the response
 */
function endingOf(ending, response) {
  const note = noteOfHostObject(response) ?? undefined
  return {
    succeed: () => ending.succeed(note),
    fail: error => ending.fail(error),
    receive: chunk => ending.receiveBytes?.(chunk),
    detach: () => ending.detach?.()
  }
}

/**
 * @param {any} result
 * @returns {any} the object to watch: the result itself, or its body; null when it is a value
 */
function sourceOf(result) {
  if (methodOf(result, 'then') !== null || isStream(result)) return result
  const body = bodyOf(result)
  return body !== null && isStream(body) ? body : null
}

/** @param {any} value */
function isStream(value) {
  return isAsyncIterable(value) || isIterator(value) || isWebStream(value) || isNodeStream(value)
}

/**
 * @param {any} result
 * @returns {any} the body of a Response, or null
 */
function bodyOf(result) {
  if (methodOf(result, 'arrayBuffer') === null || typeof fieldOf(result, 'status') !== 'number') return null
  const body = fieldOf(result, 'body')
  return isObjectOrFunction(body) ? body : null
}

/**
 * A query builder may be thenable and a stream; whichever its caller uses is the work.
 *
 * @param {Contexts} contexts
 * @param {Watch} watch
 * @param {any} source
 * @returns {boolean} false when it is over already, or refuses to be watched
 */
function watchSource(contexts, watch, source) {
  const isThenable = watchThenable(watch, source, new StartedWork(contexts, watch))
  const isRead = watchStream(watch, source)
  if (isThenable) watch.isOptional = false
  return isThenable || isRead
}

/**
 * @param {Watch} watch
 * @param {any} source
 */
function watchStream(watch, source) {
  if (isWebStream(source)) return watchWebStream(watch, source)
  if (isNodeStream(source)) {
    if (!watchNodeStream(watch, source)) return false
    watchOwnIteration(watch, source)
    return true
  }
  if (isIterator(source)) return watchIterator(watch, source)
  return isAsyncIterable(source) && watchIterable(watch, source)
}

/** What a lazy thenable was asked to do. */
class StartedWork {
  #contexts
  #watch

  /**
   * @param {Contexts} contexts
   * @param {Watch} watch of the thenable
   */
  constructor(contexts, watch) {
    this.#contexts = contexts
    this.#watch = watch
  }

  /** @param {unknown} value */
  fulfil(value) {
    for (const ending of this.#waiting()) {
      if (!this.#wait(ending, value)) ending?.succeed(value)
    }
  }

  /** @param {unknown} error */
  reject(error) {
    for (const ending of this.#watch.take()) ending.fail(error)
  }

  /**
   * @param {any} result of one of its starting methods
   * @returns {any} what the caller gets
   */
  returned(result) {
    if (isObservable(result)) return observe(result, this)
    if (sourceOf(result) !== null) this.fulfil(result)
    return result
  }

  /**
   * A copy of a query works where the query does. Whoever waits is content with it, unless the query itself is at work.
   *
   * @param {any} copy
   */
  copied(copy) {
    if (!isObjectOrFunction(copy) || this.#watch.other(copy) !== undefined) return
    const own = this.#watch.child()
    const isEnough = () => !this.#watch.isAtWork
    const started = {
      fulfil: (/** @type {unknown} */ value) => isEnough() && this.fulfil(value),
      reject: (/** @type {unknown} */ error) => isEnough() && this.reject(error),
      returned: (/** @type {any} */ result) => (isEnough() ? this.returned(result) : result),
      copied: (/** @type {any} */ another) => this.copied(another)
    }
    if (watchThenable(own, copy, started)) own.keep(copy)
  }

  /** @returns {(Ending | null)[]} */
  #waiting() {
    const endings = this.#watch.take()
    return endings.length > 0 ? endings : [null]
  }

  /**
   * @param {Ending | null} ending
   * @param {unknown} value
   */
  #wait(ending, value) {
    return wait(this.#contexts, this.#watch.home, this.#watch.serial, ending, value)
  }
}

module.exports = { sourceOf, wait, watchSource }
