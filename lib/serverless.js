'use strict'

// Functions that are frozen between invocations: what is not delivered before the answer may wait for hours, or
// for ever. AWS Lambda freezes when the handler's promise settles; Vercel when everything given to `waitUntil` has.

const { setImmediate } = require('node:timers')
const { CODES, misuse } = require('./errors')
const { NativePromise } = require('./values/native-promise')

/** What is left of an invocation for Lambda itself after our flush. */
const RESERVE_MS = 100

/** Where Vercel's runtime keeps the present request, for libraries (its own `@vercel/functions` reads it there). */
const VERCEL_CONTEXT = Symbol.for('@vercel/request-context')

/**
 * A handler that answers only after everything submitted before is settled, or its time is up. A failing flush
 * never changes the handler's answer.
 *
 * @template {(...args: any[]) => any} H
 * @param {H} handler an async function, a sync one, a streaming one `(event, stream, context)`, or one in Lambda's
 *   callback style `(event, context, callback)`
 * @param {number} timeoutMs at most this long; less when the context says that less time remains
 * @param {(timeoutMs: number) => Promise<unknown>} flush
 * @returns {H} with the same `length` and marks, by which platforms tell the styles apart
 * @throws {TypeError} `SPANLANE_INVALID_CALLBACK`
 */
function withFlush(handler, timeoutMs, flush) {
  if (typeof handler !== 'function') {
    throw misuse(CODES.INVALID_CALLBACK, `withFlush needs a handler function, got ${typeof handler}`)
  }
  /** @this {unknown} @param {any[]} args */
  function flushing(...args) {
    const settle = () => flushWithin(flush, timeLeft(args, timeoutMs))
    const callback = args[2]
    const answersByCallback = handler.length > 2 && typeof callback === 'function'
    if (answersByCallback) {
      args[2] = (/** @type {unknown[]} */ ...answer) => void settle().then(() => callback(...answer))
    }
    let result
    try {
      result = handler.apply(this, args)
    } catch (error) {
      return settle().then(() => NativePromise.reject(error))
    }
    if (isThenable(result)) return finish(result, settle)
    return answersByCallback ? result : settle().then(() => result)
  }
  Object.defineProperty(flushing, 'length', { value: handler.length })
  Object.defineProperty(flushing, 'name', { value: handler.name })
  mark(flushing, handler)
  return /** @type {H} */ (/** @type {unknown} */ (flushing))
}

/**
 * Gives a function what another one is known by: its kind, and what others keep on it. AWS marks a streaming handler
 * with a symbol.
 *
 * @param {object} fn
 * @param {object} original
 */
function mark(fn, original) {
  try {
    Reflect.setPrototypeOf(fn, Reflect.getPrototypeOf(original))
    for (const key of Reflect.ownKeys(original)) {
      const property = Reflect.getOwnPropertyDescriptor(original, key)
      if (property !== undefined) Reflect.defineProperty(fn, key, property)
    }
  } catch {
    // A proxy that shows nothing of its function; it can still be called.
  }
}

/** Asks Vercel to keep the function alive until what a request submitted is settled: once for many spans. */
class RequestFlush {
  /** @type {(timeoutMs: number) => Promise<unknown>} */
  #flush
  /** @type {WeakSet<object>} requests that wait for a flush that has not begun */
  #waiting = new WeakSet()

  /** @param {() => Promise<unknown>} flush with a time limit of its own */
  constructor(flush) {
    this.#flush = flush
  }

  /** Something was submitted. Never throws. */
  submitted() {
    const request = presentRequest()
    if (request === null || this.#waiting.has(request)) return
    this.#waiting.add(request)
    try {
      request.waitUntil(this.#soon(request))
    } catch {
      // Another version of the platform; the spans go out with the linger.
    }
  }

  /** @param {object} request */
  async #soon(request) {
    // Spans that finish in the same turn go in one flush; later ones ask again.
    await new NativePromise(resolve => setImmediate(resolve))
    this.#waiting.delete(request)
    await flushWithin(this.#flush, 0)
  }
}

/** @returns {{ waitUntil: (promise: Promise<unknown>) => void } | null} */
function presentRequest() {
  try {
    const request = /** @type {any} */ (globalThis)[VERCEL_CONTEXT]?.get?.()
    return typeof request?.waitUntil === 'function' ? request : null
  } catch {
    return null
  }
}

/**
 * @param {unknown[]} args of the handler. Lambda's context is the second, of a streaming handler the third
 * @param {number} timeoutMs
 * @returns {number}
 */
function timeLeft(args, timeoutMs) {
  const left = args.map(remainingMs).find(ms => ms !== null) ?? null
  return left === null ? timeoutMs : Math.max(0, Math.min(timeoutMs, left - RESERVE_MS))
}

/**
 * @param {any} context what may be a context
 * @returns {number | null} null: it is none, or does not say
 */
function remainingMs(context) {
  try {
    const left = context?.getRemainingTimeInMillis?.()
    return Number.isFinite(left) ? left : null
  } catch {
    return null
  }
}

/**
 * @param {(timeoutMs: number) => Promise<unknown>} flush
 * @param {number} timeoutMs
 */
async function flushWithin(flush, timeoutMs) {
  try {
    await flush(timeoutMs)
  } catch {
    // Shut down meanwhile: nothing is left to wait for.
  }
}

/**
 * @param {PromiseLike<any>} result
 * @param {() => Promise<void>} settle
 */
async function finish(result, settle) {
  try {
    return await result
  } finally {
    await settle()
  }
}

/** @param {any} value */
function isThenable(value) {
  return value !== null && typeof value === 'object' && typeof value.then === 'function'
}

module.exports = { RequestFlush, withFlush }
