'use strict'

/**
 * Thenables that may do their work only when they are asked to - query builders, clients of model APIs - are never
 * asked here: what their caller does is watched.
 */

const { apply, defineMethod, methodOf, replaceMethod } = require('../values/methods')
const { isError } = require('./error-fields')

/**
 * Methods beside `then` with which such an object starts its work: of promises, of clients of model APIs, of query
 * builders.
 */
const STARTING_METHODS = [
  'finally',
  'parse',
  'asResponse',
  'requestTransaction',
  'toPromise',
  'toArray',
  'cursor',
  'stream',
  'all',
  'get',
  'run',
  'values'
]

/** Those that tell the result to a callback given last, if there is one: of promise libraries, of requests. */
const CALLBACK_METHODS = ['exec', 'execute', 'end', 'asCallback', 'nodeify', 'toCallback']

/**
 * What is told of the work that somebody started.
 *
 * @typedef {object} Started
 * @property {(value: unknown) => void} fulfil
 * @property {(error: unknown) => void} reject
 * @property {(result: any) => any} returned told what a starting method returned, gives what its caller gets
 * @property {(copy: any) => void} [copied] told of another object that would do the same work
 */

/**
 * The work of the object runs in its own context, the callbacks it is given in those of their callers.
 *
 * @param {Watch} watch
 * @param {any} thenable
 * @param {Started} started
 * @returns {boolean} false when it is no thenable, or a frozen one
 */
function watchThenable(watch, thenable, started) {
  const then = methodOf(thenable, 'then')
  if (then === null) return false
  const isDefined = defineMethod(
    thenable,
    'then',
    /** @this {any} */ function (
      /** @type {any} */ onFulfilled,
      /** @type {any} */ onRejected,
      /** @type {any[]} */ ...rest
    ) {
      watch.stepBegins()
      const [fulfilled, rejected, failed] = settling(watch, started, onFulfilled, onRejected)
      try {
        return watch.run(then, this, [fulfilled, rejected, ...rest])
      } catch (error) {
        failed(error)
        throw error
      }
    }
  )
  if (!isDefined) return false
  watchStartingMethods(watch, thenable, started)
  watchCatch(watch, thenable, started)
  // The second: clients of model APIs, which parse an answer further.
  for (const name of ['clone', '_thenUnwrap']) {
    replaceMethod(thenable, name, (clone, args, self) => {
      const copy = watch.run(clone, self, args)
      if (copy !== self) started.copied?.(copy)
      return copy
    })
  }
  return true
}

/**
 * @param {Watch} watch
 * @param {any} thenable
 * @param {Started} started
 */
function watchStartingMethods(watch, thenable, started) {
  const pair = new Pair(started)
  for (const name of STARTING_METHODS) watchStartingMethod(watch, thenable, name, pair.tellerOf(name))
  for (const name of CALLBACK_METHODS) watchStartingMethod(watch, thenable, name, started, telling)
  replaceMethod(thenable, 'withResponse', (method, args, self) =>
    pair.returned(() => watch.run(method, self, args))
  )
}

/**
 * Clients of model APIs give an answer together with the response that it is read from. The response is there first,
 * and says less.
 */
class Pair {
  #started
  #isUnderWay = false
  #isParsed = false

  /** @param {Started} started */
  constructor(started) {
    this.#started = started
  }

  /**
   * @param {string} name of a method
   * @returns {Started} told what the method returns
   */
  tellerOf(name) {
    if (name === 'parse')
      return this.#teller(() => {
        this.#isParsed = true
        return true
      })
    return name === 'asResponse' ? this.#teller(() => !this.#isUnderWay) : this.#started
  }

  /**
   * @param {() => any} give both
   * @returns {any} what the caller gets
   */
  returned(give) {
    this.#isParsed = false
    this.#isUnderWay = true
    let both
    try {
      both = give()
    } finally {
      this.#isUnderWay = false
    }
    return this.#isParsed ? both : this.#started.returned(both)
  }

  /** @param {() => boolean} isTold */
  #teller(isTold) {
    const started = this.#started
    return {
      fulfil: (/** @type {unknown} */ value) => started.fulfil(value),
      reject: (/** @type {unknown} */ error) => started.reject(error),
      returned: (/** @type {any} */ result) => (isTold() ? started.returned(result) : result)
    }
  }
}

/**
 * What `catch` returns says nothing of an error that it handled. Before the handler some classes take what to look for.
 *
 * @param {Watch} watch
 * @param {any} thenable
 * @param {Started} started
 */
function watchCatch(watch, thenable, started) {
  replaceMethod(thenable, 'catch', (method, args, self) => {
    const handler = args.at(-1)
    if (typeof handler !== 'function') return started.returned(watch.run(method, self, args))
    const handle = watch.forCaller(handler)
    const failed = /** @this {unknown} */ function (/** @type {any[]} */ ...errors) {
      started.reject(errors[0])
      return apply(handle, this, errors)
    }
    return started.returned(watch.run(method, self, [...args.slice(0, -1), failed]))
  })
}

/**
 * @param {Watch} watch
 * @param {Started} started
 * @param {unknown} onFulfilled
 * @param {unknown} onRejected
 */
function settling(watch, started, onFulfilled, onRejected) {
  const fulfilled = typeof onFulfilled === 'function' ? watch.forCaller(onFulfilled) : null
  const rejected = typeof onRejected === 'function' ? watch.forCaller(onRejected) : null
  let isSettled = false
  const ends = (/** @type {() => void} */ tell) => {
    if (isSettled) return
    isSettled = true
    tell()
    watch.stepEnds()
  }
  const failed = (/** @type {unknown} */ error) => ends(() => started.reject(error))
  return [
    /** @this {unknown} */ function (/** @type {any[]} */ ...values) {
      ends(() => started.fulfil(values[0]))
      return fulfilled === null ? values[0] : apply(fulfilled, this, values)
    },
    /** @this {unknown} */ function (/** @type {any[]} */ ...errors) {
      failed(errors[0])
      if (rejected === null) throw errors[0]
      return apply(rejected, this, errors)
    },
    failed
  ]
}

/**
 * @param {Watch} watch
 * @param {any} thenable
 * @param {string} name
 * @param {Started} started
 * @param {(started: Started, callback: Function) => Function} [listening] puts something around a callback given last
 */
function watchStartingMethod(watch, thenable, name, started, listening) {
  replaceMethod(thenable, name, (method, args, self) => {
    const given = args.map(arg => (isCallback(arg) ? watch.forCaller(arg) : arg))
    const last = given.length - 1
    if (listening !== undefined && given[last] !== args[last]) given[last] = listening(started, given[last])
    const result = watch.run(method, self, given)
    return result === self || result === null || typeof result !== 'object'
      ? result
      : started.returned(result)
  })
}

/**
 * @param {Started} started
 * @param {Function} callback of an error and a result
 * @returns {(this: any, ...args: any[]) => any} tells them
 */
function telling(started, callback) {
  return function (...args) {
    if (isError(args[0])) started.reject(args[0])
    else started.fulfil(args[1])
    return apply(callback, this, args)
  }
}

/**
 * @param {unknown} value
 * @returns {value is Function} false for classes, which are known by who they are
 */
function isCallback(value) {
  return typeof value === 'function' && !isClass(value)
}

/** @param {Function} fn @returns {boolean} also for the engine's own, as `Error`, and for what cannot be looked at */
function isClass(fn) {
  try {
    const source = apply(Function.prototype.toString, fn, [])
    if (source.startsWith('class')) return true
    return source.endsWith('{ [native code] }') && Object.hasOwn(fn, 'prototype')
  } catch {
    return true
  }
}

module.exports = { isClass, watchThenable }
