'use strict'

/**
 * What callers get for a promise. Looking at a promise marks it as handled, and the process would never hear of a
 * rejection that nobody handles. So callers get a promise that follows it: one for each, however often it is returned.
 *
 * Nothing here names the global `Promise`, which applications replace, nor a `then` that they may have replaced.
 */

const { isPromise } = require('node:util').types
const { apply, defineMethod, methodOf } = require('../values/methods')
const { NativePromise } = require('../values/native-promise')
const { Mark, Settlement } = require('./settlement')

const { getOwnPropertyDescriptor, getOwnPropertyNames, getPrototypeOf } = Object
const toText = Function.prototype.toString

/** @typedef {import('./settlement').Waiter} Waiter */

const PROMISE_PROTOTYPE = NativePromise.prototype

/**
 * Tells the waiter what becomes of a promise.
 *
 * @param {any} promise that `isObservable`
 * @param {Waiter} waiter
 * @returns {any} what the caller gets in its place
 */
function observe(promise, waiter) {
  const known = Mark.of(promise)
  if (known !== null) {
    known.add(waiter)
    return known.promise
  }
  const settlement = new Settlement(waiter)
  const followed = isPlain(promise) ? follow(promise, settlement) : followOther(promise, settlement)
  settlement.promise = followed
  new Mark(promise, settlement)
  if (followed !== promise) new Mark(followed, settlement)
  return followed
}

/**
 * Whether a promise does its work without being asked to. One whose class has a `then` of its own may be lazy.
 *
 * @param {any} value
 * @returns {boolean}
 */
function isObservable(value) {
  if (typeof value !== 'object' || value === null) return false
  try {
    if (!isPromise(value)) return isOfReplacedClass(value)
    return isPlain(value) || Mark.of(value) !== null || hasBuiltInThen(value)
  } catch {
    return false
  }
}

/**
 * A promise of no other class, of any realm: such a class inherits from what objects inherit from.
 *
 * @param {any} promise
 */
function isPlain(promise) {
  const prototype = getPrototypeOf(promise)
  return (
    prototype === PROMISE_PROTOTYPE ||
    (isPromise(promise) && getPrototypeOf(getPrototypeOf(prototype)) === null)
  )
}

/** @param {any} promise */
function hasBuiltInThen(promise) {
  const then = methodOf(promise, 'then')
  return (
    then !== null && (then === PROMISE_PROTOTYPE.then || apply(toText, then, []).includes('[native code]'))
  )
}

/**
 * Made by a class that took the place of the global `Promise`: it runs what it is given at once, as that one does.
 *
 * @param {any} value
 */
function isOfReplacedClass(value) {
  const replaced = globalThis.Promise
  return (
    typeof replaced === 'function' &&
    replaced.prototype !== PROMISE_PROTOTYPE &&
    getPrototypeOf(value) === replaced.prototype &&
    methodOf(value, 'then') !== null
  )
}

/**
 * @param {any} promise
 * @param {Settlement} settlement
 */
function follow(promise, settlement) {
  const followed = following(promise, settlement)
  // Clients hang methods on the promises they return.
  const names = getOwnPropertyNames(promise)
  if (names.length > 0) copyFields(promise, followed, names)
  return followed
}

/**
 * `await` is no method that could be replaced.
 *
 * @param {any} promise
 * @param {Waiter} waiter
 */
async function following(promise, waiter) {
  let value
  try {
    value = await promise
  } catch (error) {
    waiter.reject(error)
    throw error
  }
  waiter.fulfil(value)
  return value
}

/**
 * @param {object} from
 * @param {object} to
 * @param {string[]} names
 */
function copyFields(from, to, names) {
  for (const name of names) {
    const descriptor = getOwnPropertyDescriptor(from, name)
    // The null prototype keeps a polluted `Object.prototype.get` out of the descriptor.
    if (descriptor !== undefined) Reflect.defineProperty(to, name, Object.setPrototypeOf(descriptor, null))
  }
}

/**
 * @param {any} promise
 * @param {Settlement} settlement
 */
function followOther(promise, settlement) {
  const then = /** @type {Function} */ (methodOf(promise, 'then'))
  if (!isPromise(promise)) return apply(then, promise, handlers(settlement))
  return watchHandlers(promise, then, settlement) ? promise : settledAtOnce(promise, settlement)
}

/**
 * @param {Waiter} waiter
 * @returns {[(value: unknown) => unknown, (error: unknown) => never]}
 */
function handlers(waiter) {
  return [
    value => {
      waiter.fulfil(value)
      return value
    },
    error => {
      waiter.reject(error)
      throw error
    }
  ]
}

/**
 * A promise of a subclass stays the object it is, for its methods. `await` and all others call its `then`, so that it
 * is known whether somebody handles it; if nobody does, its rejection is raised here.
 *
 * @param {any} promise
 * @param {Function} then
 * @param {Settlement} settlement
 * @returns {boolean} false when the promise refuses
 */
function watchHandlers(promise, then, settlement) {
  let isHandled = false
  /** @type {Promise<never> | null} */
  let raised = null
  const isDefined = defineMethod(
    promise,
    'then',
    /** @this {any} */ function (/** @type {any[]} */ ...given) {
      if (!isHandled && raised !== null) silence(raised)
      isHandled = true
      return apply(then, this, given)
    }
  )
  if (!isDefined) return false
  try {
    apply(then, promise, [
      (/** @type {unknown} */ value) => settlement.fulfil(value),
      (/** @type {unknown} */ error) => {
        settlement.reject(error)
        if (!isHandled) raised = rejected(error)
      }
    ])
    return true
  } catch {
    // `then` makes another promise of the class, and the class may want to be made otherwise.
    return false
  }
}

/**
 * @param {any} promise that cannot be watched
 * @param {Settlement} settlement
 */
function settledAtOnce(promise, settlement) {
  settlement.fulfil(undefined)
  return promise
}

/** @param {unknown} error @returns {Promise<never>} */
async function rejected(error) {
  throw error
}

/** @param {Promise<unknown>} promise */
async function silence(promise) {
  try {
    await promise
  } catch {
    // Somebody handles the promise that this one stands for.
  }
}

module.exports = { following, isObservable, observe }
