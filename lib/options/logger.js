'use strict'

const { writeSync } = require('node:fs')
const { performance } = require('node:perf_hooks')
const { CODES, misuse } = require('../errors')
const { isObject, typeName } = require('../values/own')

/** The file descriptor of standard error. */
const STDERR = 2

const LEVELS = /** @type {const} */ (['debug', 'info', 'warn', 'error'])

/** How many different repeated messages are remembered before the memory of them is dropped. */
const REMEMBERED_MESSAGES_MAX = 1000

/** @typedef {{ debug(message: string): void, info(message: string): void, warn(message: string): void, error(message: string): void }} Logger */

/**
 * Writes warnings and errors to standard error, nothing else.
 *
 * @type {Logger}
 */
const STDERR_LOGGER = {
  debug() {},
  info() {},
  warn: writeLine,
  error: writeLine
}

/**
 * Past `process.stderr`: when nobody reads it any more, that stream emits an error some time later, a worker's line in
 * the main thread, and an error that nobody listens to ends the process. Here it is thrown, to SafeLogger. A line that
 * a full pipe does not take is lost.
 *
 * @param {string} message
 */
function writeLine(message) {
  // This look also opens it, after which a pipe does not block: a reader that stands still must not stop the event loop.
  if (process.stderr.writable === false) return
  writeSync(STDERR, `spanlane: ${message}\n`)
}

/** Passes messages on to the user's logger. A level it lacks is silent; what it throws stays here. */
class SafeLogger {
  #target
  /** @type {Map<string, number>} */
  #lastLoggedMs = new Map()

  /** @param {Partial<Logger>} target */
  constructor(target) {
    this.#target = target
    /** Whether it writes to standard error, and so nobody misses a line that is written there past it. */
    this.isStandard = target === STDERR_LOGGER
  }

  /** @param {string} message */
  debug(message) {
    this.#log('debug', message)
  }

  /** @param {string} message */
  info(message) {
    this.#log('info', message)
  }

  /** @param {string} message */
  warn(message) {
    this.#log('warn', message)
  }

  /** @param {string} message */
  error(message) {
    this.#log('error', message)
  }

  /**
   * Warns at most once per `topic` and interval, so that a failure per span is not a line per span.
   *
   * @param {string} topic
   * @param {number} intervalMs
   * @param {string} message
   */
  warnRarely(topic, intervalMs, message) {
    const nowMs = performance.now()
    const lastMs = this.#lastLoggedMs.get(topic)
    if (lastMs !== undefined && nowMs - lastMs < intervalMs) return
    if (this.#lastLoggedMs.size >= REMEMBERED_MESSAGES_MAX) this.#lastLoggedMs.clear()
    this.#lastLoggedMs.set(topic, nowMs)
    this.warn(message)
  }

  /**
   * @param {typeof LEVELS[number]} level
   * @param {string} message
   */
  #log(level, message) {
    try {
      this.#target[level]?.(message)
    } catch {
      // A logger that throws must not fail the call that wanted to log.
    }
  }
}

/**
 * @param {unknown} option the `logger` option
 * @returns {SafeLogger}
 */
function openLogger(option) {
  if (option === undefined) return new SafeLogger(STDERR_LOGGER)
  if (!isObject(option)) {
    throw misuse(
      CODES.INVALID_OPTION,
      `option "logger" must be an object with the functions debug, info, warn and error, got ${typeName(option)}`
    )
  }
  for (const level of LEVELS) {
    if (option[level] !== undefined && typeof option[level] !== 'function') {
      throw misuse(
        CODES.INVALID_OPTION,
        `option "logger.${level}" must be a function, got ${typeName(option[level])}`
      )
    }
  }
  return new SafeLogger(option)
}

module.exports = { openLogger, SafeLogger }
