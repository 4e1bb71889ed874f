'use strict'

/**
 * The callback of a function that tells its result by one. Not every function given last is one: it may be a tool, a
 * listener, a class. What is none is passed on as it is, the very function; and none is waited for by a function that
 * returned a promise.
 */

const { isAsyncFunction, isGeneratorFunction } = require('node:util').types
const { apply, fieldOf, methodOf } = require('../values/methods')
const { parameterNames } = require('./arguments')
const { isClass } = require('./thenables')
const { Watch } = require('./watch')

/** @typedef {import('./wrap-ending').WrapEnding} WrapEnding */

/** What people call the parameter for a callback. */
const CALLBACK_NAME =
  /(callback|cb|done|next)$|^_*(end|finish(ed)?|complete(d)?|reply|respond|resolve|continuation|then|ready|on_?(end|finish|complete|result|response|reply))$/i
/** What every function has. */
const COMMON_FIELDS = new Set(['length', 'name', 'prototype', 'arguments', 'caller'])

/**
 * @param {Function} fn
 * @param {unknown[]} args of a call
 * @returns {boolean} whether the last one is for telling the result
 */
function endsWithCallback(fn, args) {
  const last = args.length - 1
  const given = args[last]
  if (typeof given !== 'function' || isClass(given)) return false
  const names = parameterNames(fn)
  // Optional parameters before it may have been left out.
  if (isCallbackName(names[last]) || isCallbackName(names[names.length - 1])) return true
  const isNameKnown = names[last] !== undefined && names[last].length > 1
  return !isNameKnown && isBare(given)
}

/** @param {string | undefined} name */
function isCallbackName(name) {
  return name !== undefined && CALLBACK_NAME.test(name)
}

/**
 * Without a name to go by - code that was made small, a parameter that is taken apart - it is one if it is nothing else.
 *
 * @param {Function} given
 */
function isBare(given) {
  if (isAsyncFunction(given) || isGeneratorFunction(given)) return false
  try {
    return Reflect.ownKeys(given).every(key => COMMON_FIELDS.has(/** @type {string} */ (key)))
  } catch {
    return false
  }
}

/** Ends a span when the callback is called, unless its function returned what ends the span by itself. */
class Completion {
  #ending
  /** @type {'running' | 'waiting' | 'over'} */
  #state = 'running'
  /** The first call's arguments. @type {unknown[] | null} */
  #results = null
  #calls = 0

  /** @param {WrapEnding} ending */
  constructor(ending) {
    this.#ending = ending
  }

  /**
   * @param {Contexts} contexts
   * @param {Store} store the span's own context
   * @param {Function} callback
   * @returns {Function} the same in everything but its identity
   */
  standIn(contexts, store, callback) {
    const traps = {
      __proto__: null,
      apply: (
        /** @type {Function} */ target,
        /** @type {unknown} */ self,
        /** @type {unknown[]} */ results
      ) => {
        this.#called(results)
        return contexts.run(store, apply, target, self, results)
      }
    }
    return new Proxy(callback, traps)
  }

  /** The function returned what ends the span. */
  ignore() {
    this.#state = 'over'
  }

  /**
   * The function returned something else.
   *
   * @param {unknown} result
   * @returns {boolean} whether the callback is still to come
   */
  returned(result) {
    this.#state = 'waiting'
    // Called for each of many, it does not tell the result.
    if (this.#calls > 1 && result !== undefined) this.#end([null, result])
    else if (this.#results !== null) this.#end(this.#results)
    return this.#state === 'waiting'
  }

  /** @param {unknown[]} results */
  #called(results) {
    this.#calls++
    this.#results ??= results
    if (this.#state === 'waiting') this.#end(results)
  }

  /** @param {unknown[]} results */
  #end(results) {
    this.#state = 'over'
    this.#ending.settle(results[0], results[1])
  }
}

/**
 * A web handler that answers by itself never calls its `next`: then its span lasts until the answer is out.
 *
 * @param {Contexts} contexts
 * @param {Store} store
 * @param {WrapEnding} ending
 * @param {unknown[]} args
 */
function endWithAnswer(contexts, store, ending, args) {
  const response = /** @type {import('node:http').ServerResponse | undefined} */ (args.find(isServerResponse))
  if (response === undefined) return
  if (fieldOf(response, 'writableFinished') || fieldOf(response, 'destroyed')) return ending.succeed()
  let watch = Watch.find(contexts, response)
  if (watch === undefined) {
    watch = new Watch(contexts, store)
    const own = watch
    try {
      for (const event of ['finish', 'close']) response.once(event, () => own.succeed())
    } catch {
      return
    }
    watch.keep(response)
  }
  watch.join(ending, response)
}

/** @param {any} value */
function isServerResponse(value) {
  return (
    typeof value === 'object' &&
    value !== null &&
    methodOf(value, 'setHeader') !== null &&
    methodOf(value, 'once') !== null &&
    typeof fieldOf(value, 'writableFinished') === 'boolean' &&
    typeof fieldOf(value, 'headersSent') === 'boolean' &&
    methodOf(value, 'abort') === null
  )
}

module.exports = { Completion, endWithAnswer, endsWithCallback }
