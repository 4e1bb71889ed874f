'use strict'

const { CODES, misuse } = require('../errors')
const { typeName } = require('../values/own')
const { endWith, failWith } = require('./ending')
const { isError } = require('./error-fields')
const { NOOP_DONE, NOOP_SPAN } = require('./noop')
const { SpanOptions, startSpan } = require('./start')
const { Watch } = require('./watch')

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
  const spanOptions = new SpanOptions(options, instance.misuse.isThrown)
  spanOptions.tell(instance.misuse)
  const store = startSpan(instance, spanOptions, spanOptions.name ?? spanOptions.kind)
  return instance.storage.run(store, fn.length > 1 ? runWithDone : run, instance, store, fn)
}

/**
 * @param {Instance} instance
 * @param {Store} store
 * @param {Function} fn
 */
function run(instance, store, fn) {
  const span = /** @type {Span} */ (store.span)
  const before = Watch.now
  let result
  try {
    result = fn(span)
  } catch (error) {
    span.fail(error)
    throw error
  }
  return endWith(instance.storage, store, before, span, result)
}

/**
 * The callback form: the span ends when `done` is called, or when the function fails.
 *
 * @param {Instance} _instance
 * @param {Store} store
 * @param {Function} fn
 */
function runWithDone(_instance, store, fn) {
  const span = /** @type {Span} */ (store.span)
  const done = (/** @type {unknown} */ error) => {
    if (isError(error)) span.fail(error)
    else span.finish()
  }
  let result
  try {
    result = fn(span, done)
  } catch (error) {
    span.fail(error)
    throw error
  }
  return failWith(span, result)
}

/**
 * @param {string} caller
 * @param {unknown} fn
 */
function checkFunction(caller, fn) {
  if (typeof fn !== 'function') {
    throw misuse(CODES.INVALID_CALLBACK, `${caller} needs a function to run, got ${typeName(fn)}`)
  }
  try {
    fn.length
  } catch {
    throw misuse(CODES.INVALID_CALLBACK, `${caller} needs a function to run, got one that cannot be read`)
  }
}

module.exports = { checkFunction, trace }
