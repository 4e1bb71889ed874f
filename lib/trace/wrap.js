'use strict'

const { endWith, failWith } = require('./ending')
const { namedArguments } = require('./arguments')
const { annotateSpan } = require('../annotate/annotate')
const { ROOT_STORE } = require('../routing/context')
const { SpanOptions, startSpan } = require('./start')
const { checkFunction } = require('./trace')

/** Chunks and characters of a stream kept for the span's output; a longer stream's output is its beginning. */
const OUTPUT_CHUNKS_MAX = 10_000
const OUTPUT_CHARS_MAX = 5_000_000

/** Kinds whose input or output only the application can shape: messages and documents. */
const NO_AUTO_INPUT = ['llm', 'embedding']
const NO_AUTO_OUTPUT = ['llm', 'retrieval']

/** @typedef {import('../sdk/instance').Instance} Instance */
/** @typedef {import('./span').Span} Span */

/** Annotates a wrapped call's span with its arguments and its result, and ends it. */
class WrapEnding {
  #span
  #fn
  #args
  #callback
  /** @type {unknown[]} */
  #chunks = []
  #chunkChars = 0

  /**
   * @param {Span} span
   * @param {Function} fn
   * @param {unknown[]} args
   * @param {number} callback index of the callback among the arguments, or -1
   */
  constructor(span, fn, args, callback) {
    this.#span = span
    this.#fn = fn
    this.#args = args
    this.#callback = callback
  }

  /** @param {unknown} chunk */
  receive(chunk) {
    if (NO_AUTO_OUTPUT.includes(this.#span.kind)) return
    if (this.#chunks.length >= OUTPUT_CHUNKS_MAX || this.#chunkChars >= OUTPUT_CHARS_MAX) return
    this.#chunks.push(chunk)
    if (typeof chunk === 'string') this.#chunkChars += chunk.length
  }

  /** Lets go of the arguments: they may hold the stream whose end, or whose collection, is waited for. */
  detach() {
    this.#annotate(undefined)
    this.#args = []
  }

  /** @param {unknown} [value] */
  succeed(value) {
    if (this.#span.finished) return
    this.#annotate(value === undefined && this.#chunks.length > 0 ? joined(this.#chunks) : value)
    this.#span.finish()
  }

  /** @param {unknown} error */
  fail(error) {
    if (this.#span.finished) return
    this.#annotate(undefined)
    this.#span.fail(error)
  }

  /**
   * @param {unknown} value the first argument of a callback: an error, nothing, or the result itself
   * @param {unknown} result
   */
  settle(value, result) {
    if (isErrorLike(value)) this.fail(value)
    else this.succeed(value === undefined || value === null ? result : value)
  }

  /** @param {unknown} output */
  #annotate(output) {
    const span = this.#span
    const isExperiment = span.kind === 'experiment'
    const isShown = (/** @type {unknown} */ value) => (isExperiment ? value !== undefined : Boolean(value))
    const annotation = {}
    if (span.input === null && !NO_AUTO_INPUT.includes(span.kind)) {
      const input = namedArguments(this.#fn, this.#args, this.#callback)
      if (isShown(input)) Object.assign(annotation, { inputData: input })
    }
    if (span.output === null && !NO_AUTO_OUTPUT.includes(span.kind) && isShown(output)) {
      Object.assign(annotation, { outputData: output })
    }
    try {
      annotateSpan(span, annotation, span.instance.logger)
    } catch (error) {
      // The application asked for a span, not for a judgement of its return value.
      const { message } = /** @type {Error} */ (error)
      span.instance.logger.warnRarely(
        'wrap',
        60_000,
        `a wrapped ${span.kind} call could not be annotated: ${message}`
      )
    }
  }
}

/**
 * Returns a function that does what `fn` does, each call in a span of its own.
 *
 * @param {() => Instance} current the instance at the time of a call: functions are wrapped before `init`
 * @param {unknown} options
 * @param {any} fn
 * @returns {Function}
 */
function wrap(current, options, fn) {
  checkFunction('wrap', fn)
  const spanOptions = new SpanOptions(options)
  const original = fn

  /** @this {unknown} */
  function wrapped(/** @type {unknown[]} */ ...args) {
    const target = new.target
    const call = () => {
      if (target === undefined) return original.apply(this, args)
      return Reflect.construct(original, args, target === wrapped ? original : target)
    }
    return callInSpan(current(), spanOptions, original, args, call)
  }
  return copyShape(original, wrapped)
}

/**
 * @param {Instance} instance
 * @param {SpanOptions} options
 * @param {Function} fn
 * @param {unknown[]} args
 * @param {() => unknown} call
 */
function callInSpan(instance, options, fn, args, call) {
  if (!instance.enabled) return call()
  const outside = instance.storage.getStore() ?? ROOT_STORE
  const store = startSpan(instance, options, options.name ?? (fn.name || options.kind))
  const last = args.length - 1
  const callback = args[last]
  const ending = new WrapEnding(
    /** @type {Span} */ (store.span),
    fn,
    typeof callback === 'function' ? [...args] : args,
    typeof callback === 'function' ? last : -1
  )
  if (typeof callback === 'function') {
    args[last] = function (/** @type {unknown[]} */ ...results) {
      ending.settle(results[0], results[1])
      // The callback is the caller's code, and runs in the caller's context.
      return instance.storage.run(outside, () => callback.apply(this, results))
    }
  }
  return instance.storage.run(store, () => {
    let result
    try {
      result = call()
    } catch (error) {
      ending.fail(error)
      throw error
    }
    if (typeof callback !== 'function') return endWith(instance, store, ending, result)
    failWith(ending, result)
    return result
  })
}

/**
 * @param {Function} original
 * @param {Function} wrapped
 * @returns {Function} `wrapped`, with the name, length and own properties of `original`
 */
function copyShape(original, wrapped) {
  for (const key of Reflect.ownKeys(original)) {
    const descriptor = Reflect.getOwnPropertyDescriptor(original, key)
    // The null prototype keeps a polluted `Object.prototype.get` out of the descriptor.
    if (descriptor !== undefined)
      Reflect.defineProperty(wrapped, key, Object.setPrototypeOf(descriptor, null))
  }
  return wrapped
}

/** @param {any} value */
function isErrorLike(value) {
  return value instanceof Error || (typeof value === 'object' && value !== null && Boolean(value.message))
}

/** @param {unknown[]} chunks */
function joined(chunks) {
  return chunks.every(chunk => typeof chunk === 'string') ? chunks.join('') : chunks
}

module.exports = { wrap }
