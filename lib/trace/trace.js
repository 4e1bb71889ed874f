'use strict'

const { CODES, misuse } = require('../errors')
const { typeName } = require('../values/own')
const { endWith, failWith } = require('./ending')
const { NOOP_DONE, NOOP_SPAN } = require('./noop')
const { SpanOptions, startSpan } = require('./start')

/** @typedef {import('../routing/context').Store} Store */
/** @typedef {import('../sdk/instance').Instance} Instance */

/**
 * Runs `fn` in a span of its own and returns what it returns.
 *
 * @param {Instance} instance
 * @param {unknown} options
 * @param {any} fn
 * @returns {any}
 */
function trace(instance, options, fn) {
  checkFunction('trace', fn)
  if (!instance.enabled) return fn.length > 1 ? fn(NOOP_SPAN, NOOP_DONE) : fn(NOOP_SPAN)
  const spanOptions = new SpanOptions(options)
  const store = startSpan(instance, spanOptions, spanOptions.name ?? spanOptions.kind)
  return instance.storage.run(store, fn.length > 1 ? runWithDone : run, instance, store, fn)
}

/**
 * @param {Instance} instance
 * @param {Store} store
 * @param {Function} fn
 */
function run(instance, store, fn) {
  const span = /** @type {import('./span').Span} */ (store.span)
  let result
  try {
    result = fn(span)
  } catch (error) {
    span.fail(error)
    throw error
  }
  return endWith(instance, store, span, result)
}

/**
 * The callback form: the span ends when `done` is called, or when the function fails.
 *
 * @param {Instance} _instance
 * @param {Store} store
 * @param {Function} fn
 */
function runWithDone(_instance, store, fn) {
  const span = /** @type {import('./span').Span} */ (store.span)
  const done = (/** @type {unknown} */ error) => {
    if (error === undefined || error === null) span.finish()
    else span.fail(error)
  }
  let result
  try {
    result = fn(span, done)
  } catch (error) {
    span.fail(error)
    throw error
  }
  failWith(span, result)
  return result
}

/**
 * @param {string} caller
 * @param {unknown} fn
 */
function checkFunction(caller, fn) {
  if (typeof fn === 'function') return
  throw misuse(CODES.INVALID_CALLBACK, `${caller} needs a function to run, got ${typeName(fn)}`)
}

module.exports = { checkFunction, trace }
