'use strict'

/** The instance behind a public object, for what users put beside it. */

const { CODES, misuse } = require('../errors')
const { isObject, own, typeName } = require('../values/own')
const { llmobs: shared } = require('./index')
const { LLMObs } = require('./llmobs')

/** Opened when it is needed, and not before: options may still be given by `init`. */
class Behind {
  #llmobs

  /** @param {unknown} options of a user: `{ llmobs }`; null, undefined: the process's own */
  constructor(options) {
    if (!isObject(options)) {
      throw misuse(CODES.INVALID_OPTION, `options must be an object, got ${typeName(options)}`)
    }
    const llmobs = own(options, 'llmobs')
    const given = llmobs ?? shared
    if (!(given instanceof LLMObs)) {
      throw misuse(
        CODES.INVALID_OPTION,
        `option "llmobs" must be an LLMObs of this package, got ${typeName(llmobs)}`
      )
    }
    this.#llmobs = given
  }

  /** @returns {object} the same for all that is put beside one */
  get key() {
    return this.#llmobs
  }

  /** @returns {Instance | null} null: nothing was called yet */
  get opened() {
    return LLMObs.openedOf(this.#llmobs)
  }

  /**
   * As the user's own call would: where a tracer is bridged, below its active span.
   *
   * @param {object} options
   * @returns {any} a span by hand
   */
  startSpan(options) {
    return this.#llmobs.startSpan(options)
  }

  /** @returns {Instance} opens it from the environment, if nothing was called yet */
  get instance() {
    return LLMObs.instanceOf(this.#llmobs)
  }
}

module.exports = { Behind }
