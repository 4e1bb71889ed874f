'use strict'

const { channel } = require('node:diagnostics_channel')
const { annotateSpan } = require('../annotate/annotate')
const { inSpan, warning } = require('../warnings')
const { Behind } = require('./behind')
const { FLUSH_TIMEOUT_MS } = require('./call-options')

const WARNING_INTERVAL_MS = 60_000
const OURS = 'please report it, with this line'

/**
 * @typedef {object} Followed
 * @property {string} library as users call it
 * @property {import('../warnings').Topic} topic of warnings
 * @property {string} [silence] what is done beside dd-trace, in the warning
 * @property {(instance: Instance) => boolean} [isTaken] whether dd-trace, which is attached, follows the library itself.
 *   Default: that is found out otherwise
 */

/** For what makes spans of another library's calls: which instance they are for, what it warns of, when it is silent. */
class Following extends Behind {
  #followed

  /**
   * @param {unknown} options `{ llmobs }`
   * @param {Followed} followed
   */
  constructor(options, followed) {
    super(options)
    this.#followed = followed
  }

  /** @returns {Instance | null} null: nothing is to be recorded. Never throws */
  get recording() {
    try {
      const { instance } = this
      if (!instance.enabled) return null
      if (instance.bridgedRoutes === null || this.#followed.isTaken?.(instance) !== true) return instance
      this.saySilent(instance)
    } catch {
      // The environment is wrong, and was told of.
    }
    return null
  }

  /** Waits until what was taken is delivered or cannot be, at most as long as `flush` does. */
  async flushed() {
    try {
      await this.opened?.flush(FLUSH_TIMEOUT_MS)
    } catch {
      // It was shut down, and told of it.
    }
  }

  /**
   * @param {Span} span
   * @param {() => Record<string, any>} describe may throw; what is undefined or null is not said
   * @param {string} what is told of, where it cannot be
   * @param {string[]} [errors] of what was collected
   */
  annotate(span, describe, what, errors = []) {
    try {
      const said = Object.entries(describe()).filter(([, value]) => value !== undefined && value !== null)
      if (said.length > 0) annotateSpan(span, Object.fromEntries(said), span.instance.misuse.lenient, errors)
    } catch (error) {
      this.failed(error, `something of ${what} could not be told`, span)
    }
  }

  /**
   * @param {unknown} error of our own, whose text may hold anything
   * @param {string} what could not be done
   * @param {{ kind: string, name: unknown }} [span]
   */
  failed(error, what, span) {
    this.tell(`${what}: ${typeOf(error)}${span === undefined ? '' : inSpan(span)}`, OURS)
  }

  /**
   * @param {string} what
   * @param {string} cure
   */
  tell(what, cure) {
    try {
      const { topic } = this.#followed
      this.instance.logger.warnRarely(what, WARNING_INTERVAL_MS, warning(topic, what, cure))
    } catch {
      // The environment is wrong, and was told of.
    }
  }

  /** @param {Instance} instance */
  saySilent(instance) {
    const { library, silence = 'nothing is recorded beside it' } = this.#followed
    this.saySilentAbout(instance, library, silence)
  }

  /**
   * @param {Instance} instance
   * @param {string} library
   * @param {string} silence
   */
  saySilentAbout({ logger }, library, silence) {
    const { topic } = this.#followed
    const what = `dd-trace is attached and follows ${library} itself: ${silence}`
    logger.warnRarely(what, Infinity, warning(topic, what, 'use one of both'))
  }
}

/**
 * @param {string} peer a channel that dd-trace listens to while it follows a library
 * @returns {() => boolean}
 */
function heardOn(peer) {
  return () => channel(peer).hasSubscribers
}

/** @param {unknown} error anything that can be thrown */
function typeOf(error) {
  return error instanceof Error ? error.name : typeof error
}

module.exports = { Following, OURS, heardOn, typeOf }
