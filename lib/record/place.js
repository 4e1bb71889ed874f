'use strict'

const { noteError, unserializable } = require('../values/collection-errors')
const { cutMiddle } = require('../values/json-rules')
const { MAX_CHARACTERS, MAX_VALUES } = require('../values/json-text')
const { RecordWriter } = require('./writer')

/** @type {string[]} */
const NO_ERRORS = []

/**
 * A writer that knows where in the event it is and how much more may be written: what is left out is named by its
 * place. The limits are shared by all values written between two calls of `expect`.
 */
class PlaceWriter extends RecordWriter {
  /** Where collection errors are added. */
  errors = NO_ERRORS
  /** What collection errors call the value being written, such as `metadata`. */
  place = ''
  /** Containers around it. */
  level = 0
  /** The first `level` entries count. @type {(string|number)[]} */
  path = []
  valuesLeft = 0
  charactersLeft = 0

  /** @param {string[]} errors where the collection errors of the next values are added */
  expect(errors) {
    this.errors = errors
    this.valuesLeft = MAX_VALUES
    this.charactersLeft = MAX_CHARACTERS
  }

  /** Holds on to nothing of the values written. */
  forget() {
    this.errors = NO_ERRORS
  }

  /** @returns {boolean} */
  get hasRoom() {
    return this.valuesLeft > 0 && this.charactersLeft > 0
  }

  /**
   * @param {string} text
   * @returns {string} as much of it as there is room for
   */
  charged(text) {
    const limit = this.charactersLeft
    if (text.length <= limit) {
      this.charactersLeft = limit - text.length
      return text
    }
    this.charactersLeft = 0
    noteError(this.errors, 'truncated', this.placeText())
    return cutMiddle(text, limit)
  }

  /**
   * @param {number} count
   * @param {number} level of the container that is cut
   * @returns {string} what stands for the entries left out
   */
  dropped(count, level) {
    noteError(this.errors, 'truncated', this.placeText(level))
    return `${count} entries dropped`
  }

  /** @returns {true} */
  unserializable() {
    this.string(unserializable(this.errors, this.placeText()))
    return true
  }

  /**
   * @param {number} [levels]
   * @returns {string}
   */
  placeText(levels = this.level) {
    let text = this.place
    for (let level = 0; level < levels; level++) {
      const key = this.path[level]
      text += typeof key === 'number' ? `[${key}]` : `.${key}`
    }
    return text
  }
}

module.exports = { PlaceWriter }
