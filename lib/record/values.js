'use strict'

const { OP } = require('./ops')
const { RecordWriter } = require('./writer')

/** Thrown where values are more or longer than was said: what was written of them is no value. */
const TOO_MUCH = Object.freeze({ message: 'more values than one event may hold' })

/**
 * Writes plain values (`lib/values/copy.js`): nothing is asked of them, and nothing of the application runs. A field
 * that is undefined is none.
 */
class ValueWriter extends RecordWriter {
  #valuesLeft = Number.POSITIVE_INFINITY
  #charactersLeft = Number.POSITIVE_INFINITY

  /**
   * How much may be written until the next call.
   *
   * @param {number} values
   * @param {number} characters of texts and names
   */
  expect(values, characters) {
    this.#valuesLeft = values
    this.#charactersLeft = characters
  }

  /** @param {any} value plain */
  write(value) {
    if (--this.#valuesLeft < 0) throw TOO_MUCH
    switch (typeof value) {
      case 'string':
        return this.#text(value)
      case 'number':
        return this.number(value)
      case 'boolean':
        return this.op(value ? OP.TRUE : OP.FALSE)
      default:
        if (value === null) return this.op(OP.NULL)
    }
    if (Array.isArray(value)) {
      this.op(OP.ARRAY)
      for (let index = 0; index < value.length; index++) this.write(value[index])
    } else {
      this.op(OP.OBJECT)
      this.fields(value)
    }
    this.op(OP.END)
  }

  /** @param {Record<string, any>} object plain, whose fields are written without what stands around them */
  fields(object) {
    for (const name in object) {
      const value = object[name]
      if (value === undefined) continue
      this.#charge(name)
      this.key(name)
      this.write(value)
    }
  }

  /** @param {string} text */
  #text(text) {
    this.#charge(text)
    this.string(text)
  }

  /** @param {string} text */
  #charge(text) {
    this.#charactersLeft -= text.length
    if (this.#charactersLeft <= 0) throw TOO_MUCH
  }
}

module.exports = { TOO_MUCH, ValueWriter }
