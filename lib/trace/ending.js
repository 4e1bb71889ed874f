'use strict'

const { isObservable, observe } = require('./promises')
const { later } = require('../values/later')
const { isObjectOrFunction } = require('../values/methods')

const results = later(() => require('./results'))

/** Waits for a promise that a call returned. */
class ReturnedPromise {
  /**
   * @param {Contexts} contexts
   * @param {Store} store
   * @param {number} before
   * @param {Ending | null} ending
   */
  constructor(contexts, store, before, ending) {
    this.contexts = contexts
    this.store = store
    this.before = before
    this.ending = ending
  }

  /** A promise for a stream, as model APIs return it, is not the end yet. @param {unknown} value */
  fulfil(value) {
    const { contexts, store, before, ending } = this
    const waits = isObjectOrFunction(value) && results().wait(contexts, store, before, ending, value)
    if (!waits) ending?.succeed(value)
  }

  /** @param {unknown} error */
  reject(error) {
    this.ending?.fail(error)
  }
}

/**
 * Ends a span when the work behind a result is done: at once for a value, on settling for a promise, at the end of a
 * stream. What the result does later goes on in the context of the call.
 *
 * @param {Contexts} contexts
 * @param {Store} store the call's own context
 * @param {number} before `Watch.now` when the call began
 * @param {Ending | null} ending null: there is no span, only the context
 * @param {any} result
 * @returns {any} what the caller gets: the result, or a promise that follows it
 */
function endWith(contexts, store, before, ending, result) {
  if (isObservable(result)) return observe(result, new ReturnedPromise(contexts, store, before, ending))
  const waits = isObjectOrFunction(result) && results().wait(contexts, store, before, ending, result)
  if (!waits) ending?.succeed(result)
  return result
}

/**
 * Records the rejection of a promise that does not end its span otherwise.
 *
 * @param {Ending} ending
 * @param {any} result
 * @returns {any} what the caller gets
 */
function failWith(ending, result) {
  if (!isObservable(result)) return result
  return observe(result, { fulfil() {}, reject: error => ending.fail(error) })
}

/**
 * @param {unknown} result
 * @returns {boolean} whether it does its work later, and so ends the span by itself
 */
function isLater(result) {
  return isObservable(result) || (isObjectOrFunction(result) && results().sourceOf(result) !== null)
}

module.exports = { endWith, failWith, isLater }
