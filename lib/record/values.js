'use strict'

const { OP } = require('./ops')
const { commonId } = require('./symbols')
const { MEDIUM_CHARACTERS, NUMBER_BYTES, RecordWriter, TEXT_BYTES } = require('./writer')

const MESSAGES = commonId('messages')
const ROLE = commonId('role')
const CONTENT = commonId('content')
/** Of a message around the characters of its text; of a field's name that has a number. */
const MESSAGE_BYTES = 11 + TEXT_BYTES
const KEY_BYTES = 3

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

  /** @param {string[]} list role and text by turns */
  messages(list) {
    this.op(OP.OBJECT)
    this.commonKey(MESSAGES)
    this.op(OP.ARRAY)
    for (let index = 0; index < list.length; index += 2) {
      const role = list[index]
      const text = list[index + 1]
      this.#charge(text)
      const id = this.symbols.find(role)
      if (id === -1 || text.length > MEDIUM_CHARACTERS) this.#message(id, role, text)
      else {
        this.need(MESSAGE_BYTES + 2 * text.length)
        const { view, at } = this
        view.setUint16(at, OP.OBJECT | (OP.KEY_SYMBOL << 8), true)
        view.setUint16(at + 2, ROLE, true)
        view.setUint8(at + 4, OP.SYMBOL)
        view.setUint16(at + 5, id, true)
        view.setUint8(at + 7, OP.KEY_SYMBOL)
        view.setUint16(at + 8, CONTENT, true)
        const end = this.put(text, at + 10)
        view.setUint8(end, OP.END)
        this.at = end + 1
      }
    }
    this.op(OP.END)
    this.op(OP.END)
  }

  /**
   * @param {number} id of the role; -1: it has none
   * @param {string} role
   * @param {string} text
   */
  #message(id, role, text) {
    this.op(OP.OBJECT)
    this.commonKey(ROLE)
    if (id === -1) this.string(role)
    else this.commonName(id)
    this.commonKey(CONTENT)
    this.string(text)
    this.op(OP.END)
  }

  /** @param {{ list: any[], length: number }} fields names and plain values by turns */
  pairs({ list, length }) {
    this.op(OP.OBJECT)
    for (let index = 0; index < length; index += 2) {
      const name = list[index]
      const value = list[index + 1]
      this.#charge(name)
      const id = this.symbols.find(name)
      if (id !== -1 && typeof value === 'number') {
        this.need(KEY_BYTES + NUMBER_BYTES)
        const { view, at } = this
        view.setUint8(at, OP.KEY_SYMBOL)
        view.setUint16(at + 1, id, true)
        this.at = this.putNumber(value, at + KEY_BYTES)
      } else {
        if (id === -1) {
          this.op(OP.KEY)
          this.string(name)
        } else this.commonKey(id)
        this.write(value)
      }
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
