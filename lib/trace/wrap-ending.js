'use strict'

const { CODES } = require('../errors')
const { annotateSpan } = require('../annotate/annotate')
const { namedArguments } = require('./arguments')
const { Chunks } = require('./chunks')
const { isError } = require('./error-fields')

/** Kinds whose input or output only the application can shape: messages and documents. */
const NO_AUTO_INPUT = ['llm', 'embedding']
const NO_AUTO_OUTPUT = ['llm', 'retrieval']

/** Annotates a wrapped call's span with its arguments and its result, and ends it. */
class WrapEnding {
  #span
  #fn
  #args
  #omitted
  /** What a stream gave. @type {Chunks | null} */
  #chunks = null

  /**
   * @param {Span} span
   * @param {Function} fn
   * @param {unknown[]} args
   * @param {number} omitted index of an argument that is no input, or -1
   */
  constructor(span, fn, args, omitted) {
    this.#span = span
    this.#fn = fn
    this.#args = args
    this.#omitted = omitted
  }

  /** @param {unknown} chunk */
  receive(chunk) {
    if (NO_AUTO_OUTPUT.includes(this.#span.kind)) return
    this.#chunks ??= new Chunks()
    this.#chunks.add(chunk)
  }

  /** Lets go of the arguments: they may hold the stream whose end, or whose collection, is waited for. */
  detach() {
    this.#annotate(undefined)
    this.#args = []
  }

  /**
   * @param {unknown} [value]
   * @param {number} [endMs] when it ended, in milliseconds since the epoch; default now
   */
  succeed(value, endMs) {
    if (this.#span.finished) return
    this.#annotate(value ?? this.#chunks?.value(this.#span.kind === 'experiment') ?? value)
    this.#span.finish(endMs)
  }

  /** @param {unknown} error */
  fail(error) {
    this.#fail(error, this.#chunks?.value(this.#span.kind === 'experiment'))
  }

  /**
   * @param {unknown} first argument of a callback: an error, nothing, or the result itself
   * @param {unknown} result
   */
  settle(first, result) {
    if (isError(first)) this.#fail(first, result)
    else this.succeed(first ?? result)
  }

  /**
   * @param {unknown} error
   * @param {unknown} output as far as there is one
   */
  #fail(error, output) {
    if (this.#span.finished) return
    this.#annotate(output)
    this.#span.fail(error)
  }

  /** @param {unknown} output */
  #annotate(output) {
    const span = this.#span
    const isExperiment = span.kind === 'experiment'
    const isShown = (/** @type {unknown} */ value) => (isExperiment ? value !== undefined : Boolean(value))
    const annotation = {}
    if (span.saidInput === null && !NO_AUTO_INPUT.includes(span.kind)) {
      const input = namedArguments(this.#fn, this.#args, this.#omitted)
      if (isShown(input)) Object.assign(annotation, { inputData: input })
    }
    if (span.saidOutput === null && !NO_AUTO_OUTPUT.includes(span.kind) && isShown(output)) {
      Object.assign(annotation, { outputData: output })
    }
    try {
      annotateSpan(span, annotation, span.instance.misuse, this.#chunks?.errors ?? [])
    } catch (error) {
      // The application asked for a span, not for a judgement of its return value.
      const { message } = /** @type {Error} */ (error)
      const what = `a wrapped call could not be annotated, do it inside the function: ${message}`
      span.instance.misuse.note(CODES.INVALID_ANNOTATION, what, 'wrapped call', span)
    }
  }
}

module.exports = { WrapEnding }
