'use strict'

/** What becomes of a wrong call: an error, or a warning and a count. */

const { CODES, misuse } = require('./errors')
const { ofSpan, warning } = require('./warnings')

/** @typedef {'warn' | 'throw'} MisuseMode */
/** @typedef {{ kind: string, name: unknown }} NamedSpan */
/** @typedef {Pick<import('./options/logger').SafeLogger, 'warnRarely'>} RareLogger */

const WARNING_INTERVAL_MS = 60_000
const CORRECT = 'correct the call: what is taken is in index.d.ts'

/** @type {Record<string, string>} */
const CURES = {
  [CODES.INVALID_CARRIER]: 'pass the headers: an object, a Headers or a Map',
  [CODES.INVALID_ROUTE]: 'correct the route',
  [CODES.INVALID_SPAN]:
    'pass the span that the function got, or what exportSpan returned where that is taken',
  [CODES.NO_ACTIVE_SPAN]: 'pass the span, or keep its context with bindRoutingContext',
  [CODES.SPAN_FINISHED]: 'annotate it before it ends: await what belongs to it'
}

/** Wrong use of one instance. Telemetry in the path of a request must not bring the request down, unless it is asked for. */
class Misuse {
  #logger
  #counts

  /**
   * @param {MisuseMode} mode
   * @param {RareLogger} logger
   * @param {Map<string, number>} [counts] by code
   */
  constructor(mode, logger, counts = new Map()) {
    this.isThrown = mode === 'throw'
    this.#logger = logger
    this.#counts = counts
    /** For what no call of the application said: it is warned of and counted, and never thrown. @type {Misuse} */
    this.lenient = this.isThrown ? new Misuse('warn', logger, counts) : this
  }

  /** @returns {Record<string, number>} wrong calls, and wrong fields of calls, by code */
  get counts() {
    return Object.fromEntries(this.#counts)
  }

  /**
   * Something of a call is wrong. Where this returns it is to be left out.
   *
   * @param {string} code
   * @param {string} what is wrong: the text of the error
   * @param {string} [kind] the same for what differs only in values
   * @param {NamedSpan | null} [span]
   * @throws {TypeError} with the code, in the mode `throw`
   */
  found(code, what, kind = what, span = null) {
    if (this.isThrown) throw misuse(code, what)
    this.note(code, what, kind, span)
  }

  /**
   * The same for a call that has failed as a whole.
   *
   * @param {unknown} error
   * @param {string} code of an error without one: what the call was given is to blame
   * @throws {unknown} the error, in the mode `throw`
   */
  caught(error, code) {
    if (this.isThrown) throw error
    const own = ownError(error)
    // A foreign error may say anything.
    if (own === null) this.note(code, 'what the call was given could not be read')
    else this.note(own.code, own.message)
  }

  /**
   * Counts it, and warns of each kind once in a while. Never throws.
   *
   * @param {string} code
   * @param {string} what
   * @param {string} [kind]
   * @param {NamedSpan | null} [span]
   */
  note(code, what, kind = what, span = null) {
    this.#counts.set(code, (this.#counts.get(code) ?? 0) + 1)
    const topic = /** @type {Lowercase<import('..').ErrorCode>} */ (code.toLowerCase())
    this.#logger.warnRarely(
      `${code} ${kind}`,
      WARNING_INTERVAL_MS,
      warning(topic, `${code}: ${ofSpan(span)}${what}`, CURES[code] ?? CORRECT)
    )
  }
}

/**
 * @param {unknown} error
 * @returns {{ code: string, message: string } | null} null when it is somebody else's
 */
function ownError(error) {
  try {
    if (!(error instanceof Error) || !('code' in error)) return null
    const { code, message } = error
    return typeof code === 'string' && code.startsWith('SPANLANE_') ? { code, message } : null
  } catch {
    return null
  }
}

module.exports = { Misuse }
