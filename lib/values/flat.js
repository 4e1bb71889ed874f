'use strict'

/**
 * What most spans say, as lists: a message of a role and a text is two entries, a field is its name and its value. There is
 * no object for each of them to be made, to be walked through and to be collected. Who wants objects gets them.
 */

const { bare } = require('./bare')

class FlatMessages {
  /** @param {string[]} list role and content by turns; nobody else's */
  constructor(list) {
    this.list = list
  }

  /** @returns {any} the messages as the intake has them, under their name */
  whole() {
    const { list } = this
    const content = bare()
    content.messages = []
    for (let index = 0; index < list.length; index += 2) content.messages.push(messageOf(list, index))
    return content
  }
}

class FlatFields {
  /** @param {number} fields that it has room for; more take a little longer */
  constructor(fields) {
    /** Name and plain value by turns, no name twice, and room for more. @type {any[]} */
    this.list = new Array(2 * fields)
    this.length = 0
  }

  /**
   * @param {string} name that is not there yet
   * @param {any} value plain
   */
  add(name, value) {
    const at = this.length
    this.list[at] = name
    this.list[at + 1] = value
    this.length = at + 2
  }

  /** @returns {any} a bare object */
  whole() {
    const { list, length } = this
    const fields = bare()
    for (let index = 0; index < length; index += 2) fields[list[index]] = list[index + 1]
    return fields
  }
}

/**
 * @param {any[]} list
 * @param {number} index of the role
 */
function messageOf(list, index) {
  const message = bare()
  message.role = list[index]
  message.content = list[index + 1]
  return message
}

/**
 * @param {any} value a list of this kind, or anything else
 * @returns {any} the object that it stands for, or the value
 */
function wholeOf(value) {
  return value instanceof FlatFields || value instanceof FlatMessages ? value.whole() : value
}

module.exports = { FlatFields, FlatMessages, messageOf, wholeOf }
