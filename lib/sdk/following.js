'use strict'

const { channel } = require('node:diagnostics_channel')
const { CODES, misuse } = require('../errors')
const { isObject, own, typeName } = require('../values/own')
const { warning } = require('../warnings')
const { Behind } = require('./behind')

const WARNING_INTERVAL_MS = 60_000

/**
 * @typedef {object} Followed
 * @property {string} library as users call it
 * @property {import('../warnings').Topic} topic of warnings
 * @property {string} peer a channel that dd-trace listens to while it follows the library itself
 */

/** For what makes spans of another library's calls: which instance they are for, and when to stay silent. */
class Following extends Behind {
  #followed

  /**
   * @param {unknown} options `{ llmobs }`
   * @param {Followed} followed
   */
  constructor(options, followed) {
    if (!isObject(options)) {
      throw misuse(CODES.INVALID_OPTION, `options must be an object, got ${typeName(options)}`)
    }
    super(own(options, 'llmobs'))
    this.#followed = followed
  }

  /** @returns {Instance | null} null: nothing is to be recorded. Never throws */
  get recording() {
    try {
      const { instance } = this
      if (!instance.enabled) return null
      if (instance.bridgedRoutes === null || !channel(this.#followed.peer).hasSubscribers) return instance
      this.#saySilent(instance)
    } catch {
      // The environment is wrong, and was told of.
    }
    return null
  }

  /**
   * @param {unknown} error of our own
   * @param {string} what could not be done
   */
  failed(error, what) {
    const type = error instanceof Error ? error.name : typeof error
    this.tell(`${what}: ${type}`, 'please report it, with this line')
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
  #saySilent({ logger }) {
    const { library, topic } = this.#followed
    const what = `dd-trace is attached and follows ${library} itself: nothing is recorded beside it`
    logger.warnRarely(what, Infinity, warning(topic, what, 'use one of both'))
  }
}

module.exports = { Following }
