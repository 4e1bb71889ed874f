'use strict'

/** Every code that an error of this package can carry. Codes are API; texts are not. */
const CODES = /** @type {const} */ ({
  INVALID_OPTION: 'SPANLANE_INVALID_OPTION',
  INVALID_API_KEY: 'SPANLANE_INVALID_API_KEY',
  INVALID_SITE: 'SPANLANE_INVALID_SITE',
  INVALID_TENANT: 'SPANLANE_INVALID_TENANT',
  INVALID_ROUTE: 'SPANLANE_INVALID_ROUTE',
  INVALID_CALLBACK: 'SPANLANE_INVALID_CALLBACK',
  INVALID_KIND: 'SPANLANE_INVALID_KIND',
  INVALID_CARRIER: 'SPANLANE_INVALID_CARRIER',
  NO_ACTIVE_SPAN: 'SPANLANE_NO_ACTIVE_SPAN',
  INVALID_SPAN: 'SPANLANE_INVALID_SPAN',
  SPAN_FINISHED: 'SPANLANE_SPAN_FINISHED',
  INVALID_ANNOTATION: 'SPANLANE_INVALID_ANNOTATION',
  INVALID_EVALUATION: 'SPANLANE_INVALID_EVALUATION',
  INVALID_FEEDBACK: 'SPANLANE_INVALID_FEEDBACK',
  PROCESSOR_REGISTERED: 'SPANLANE_PROCESSOR_REGISTERED',
  SHUT_DOWN: 'SPANLANE_SHUT_DOWN',
  ALREADY_INITIALIZED: 'SPANLANE_ALREADY_INITIALIZED',
  NOT_SUPPORTED: 'SPANLANE_NOT_SUPPORTED',
  UNSUPPORTED_DD_TRACE: 'SPANLANE_UNSUPPORTED_DD_TRACE',
  TOO_MANY_ROUTES: 'SPANLANE_TOO_MANY_ROUTES',
  NO_THREADS: 'SPANLANE_NO_THREADS',
  INTERNAL: 'SPANLANE_INTERNAL',
  CROSSED: 'SPANLANE_CROSSED'
})

/** The call was right, its moment or its place was not (a finished span, a second `init`, after `shutdown`). */
class SpanlaneError extends Error {
  /**
   * @param {string} code one of CODES
   * @param {string} message
   */
  constructor(code, message) {
    super(message)
    this.name = 'SpanlaneError'
    this.code = code
  }
}

/**
 * An error for an argument of the wrong type or content.
 *
 * @param {string} code one of CODES
 * @param {string} message
 * @returns {TypeError & { code: string }}
 */
function misuse(code, message) {
  return withCode(new TypeError(message), code)
}

/**
 * An error for a number outside its range.
 *
 * @param {string} code one of CODES
 * @param {string} message
 * @returns {RangeError & { code: string }}
 */
function outOfRange(code, message) {
  return withCode(new RangeError(message), code)
}

/**
 * An error for a call that cannot be served in the present state.
 *
 * @param {string} code one of CODES
 * @param {string} message
 * @returns {SpanlaneError}
 */
function refused(code, message) {
  return new SpanlaneError(code, message)
}

/**
 * @template {Error} E
 * @param {E} error
 * @param {string} code
 * @returns {E & { code: string }}
 */
function withCode(error, code) {
  return Object.assign(error, { code })
}

module.exports = { CODES, SpanlaneError, misuse, outOfRange, refused }
