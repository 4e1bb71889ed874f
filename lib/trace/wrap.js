'use strict'

const { Completion, endWithAnswer, endsWithCallback } = require('./callback')
const { endWith, isLater } = require('./ending')
const { copyShape, hasPrototype, nameOf } = require('./shape')
const { SpanOptions, startSpan } = require('./start')
const { checkFunction } = require('./trace')
const { Watch } = require('./watch')
const { WrapEnding } = require('./wrap-ending')

/** @typedef {(args: unknown[]) => any} Call */

/**
 * Returns a function that does what `fn` does, each call in a span of its own.
 *
 * @param {() => Instance} current the instance at the time of a call: functions are wrapped before `init`
 * @param {unknown} options
 * @param {any} fn
 * @param {Misuse | null} [misuse] null: nobody has said yet what is to become of it; the first call does
 * @returns {Function}
 */
function wrap(current, options, fn, misuse = null) {
  checkFunction('wrap', fn)
  const spanOptions = new SpanOptions(options, misuse?.isThrown === true)
  if (misuse !== null) spanOptions.tell(misuse)
  return copyShape(
    fn,
    hasPrototype(fn) ? constructible(current, spanOptions, fn) : plain(current, spanOptions, fn)
  )
}

/**
 * @param {() => Instance} current
 * @param {SpanOptions} options
 * @param {Function} fn
 */
function constructible(current, options, fn) {
  /** @this {unknown} */
  return function wrapped(/** @type {unknown[]} */ ...args) {
    const target = new.target
    const call = (/** @type {unknown[]} */ args) => {
      if (target === undefined) return Reflect.apply(fn, this, args)
      return Reflect.construct(fn, args, target === wrapped ? fn : target)
    }
    return callInSpan(current(), options, fn, args, call)
  }
}

/**
 * A method and an arrow function have no prototype, and cannot be called with `new`.
 *
 * @param {() => Instance} current
 * @param {SpanOptions} options
 * @param {Function} fn
 */
function plain(current, options, fn) {
  const { wrapped } = {
    /** @this {unknown} */
    wrapped(/** @type {unknown[]} */ ...args) {
      return callInSpan(current(), options, fn, args, args => Reflect.apply(fn, this, args))
    }
  }
  return wrapped
}

/**
 * @param {Instance} instance
 * @param {SpanOptions} options
 * @param {Function} fn
 * @param {unknown[]} args
 * @param {Call} call
 */
function callInSpan(instance, options, fn, args, call) {
  if (!instance.enabled) return call(args)
  options.tell(instance.misuse)
  const store = startSpan(instance, options, options.name ?? (nameOf(fn) || options.kind))
  const last = args.length - 1
  const ending = new WrapEnding(
    /** @type {Span} */ (store.span),
    fn,
    args,
    typeof args[last] === 'function' ? last : -1
  )
  return instance.storage.run(
    store,
    endsWithCallback(fn, args) ? runWithCallback : run,
    instance,
    store,
    ending,
    args,
    call
  )
}

/**
 * @param {Instance} instance
 * @param {Store} store
 * @param {WrapEnding} ending
 * @param {unknown[]} args
 * @param {Call} call
 */
function run({ storage }, store, ending, args, call) {
  const before = Watch.now
  let result
  try {
    result = call(args)
  } catch (error) {
    ending.fail(error)
    throw error
  }
  return endWith(storage, store, before, ending, result)
}

/**
 * @param {Instance} instance
 * @param {Store} store
 * @param {WrapEnding} ending
 * @param {unknown[]} args the last one is a callback
 * @param {Call} call
 */
function runWithCallback({ storage }, store, ending, args, call) {
  const before = Watch.now
  const completion = new Completion(ending)
  const callback = /** @type {Function} */ (args[args.length - 1])
  let result
  try {
    result = call([...args.slice(0, -1), completion.standIn(storage, store, callback)])
  } catch (error) {
    completion.ignore()
    ending.fail(error)
    throw error
  }
  if (isLater(result)) {
    completion.ignore()
    return endWith(storage, store, before, ending, result)
  }
  if (completion.returned(result)) endWithAnswer(storage, store, ending, args)
  return result
}

module.exports = { wrap }
