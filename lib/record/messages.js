'use strict'

/**
 * Messages of a role and a text, as `annotate` leaves them and most spans hold: in fewer steps what `write` makes of
 * them. Anything else is left to `write`.
 */

const { BARE_PROTOTYPE } = require('../values/bare')
const { MAX_ENTRIES } = require('../values/json-text')
const { OP } = require('./ops')
const { commonId } = require('./symbols')

const { getPrototypeOf, hasOwn } = Object
const MESSAGES = commonId('messages')
const ROLE = commonId('role')
const CONTENT = commonId('content')
/** Characters that the names of a message's fields count for, and values: the message and its fields. */
const NAMES_CHARACTERS = 'role'.length + 'content'.length
const MESSAGE_VALUES = 3

/**
 * @param {import('./values').ValueWriter} writer
 * @param {any} content of a span
 * @returns {boolean} false, and nothing is written, when it is not such messages
 */
function writeMessages(writer, content) {
  if (content === null || typeof content !== 'object') return false
  const { mark, valuesLeft, charactersLeft } = writer
  try {
    if (isOnlyList(content) && writeList(writer, content.messages)) return true
  } catch {
    // A processor may have put anything there; `write` says what is wrong with it.
  }
  writer.rewind(mark)
  writer.valuesLeft = valuesLeft
  writer.charactersLeft = charactersLeft
  return false
}

/** @param {any} content */
function isOnlyList(content) {
  if (getPrototypeOf(content) !== BARE_PROTOTYPE) return false
  for (const name in content) if (name !== 'messages') return false
  const { messages } = content
  return (
    Array.isArray(messages) && getPrototypeOf(messages) === Array.prototype && !hasOwn(messages, 'toJSON')
  )
}

/**
 * @param {import('./values').ValueWriter} writer
 * @param {any[]} messages
 * @returns {boolean}
 */
function writeList(writer, messages) {
  const length = messages.length
  if (length > MAX_ENTRIES) return false
  writer.op(OP.OBJECT)
  writer.commonKey(MESSAGES)
  writer.op(OP.ARRAY)
  // The object and the list.
  writer.valuesLeft -= 2
  writer.charactersLeft -= 'messages'.length
  for (let index = 0; index < length; index++) {
    const message = messages[index]
    if (getPrototypeOf(message) !== BARE_PROTOTYPE || !hasTwoFields(message)) return false
    const { role, content } = message
    if (typeof role !== 'string' || typeof content !== 'string') return false
    writer.valuesLeft -= MESSAGE_VALUES
    writer.charactersLeft -= NAMES_CHARACTERS + role.length + content.length
    // Where room ends, `write` says what is left out.
    if (!writer.hasRoom) return false
    writer.op(OP.OBJECT)
    writer.commonKey(ROLE)
    writer.string(role)
    writer.commonKey(CONTENT)
    writer.string(content)
    writer.op(OP.END)
  }
  writer.op(OP.END)
  writer.op(OP.END)
  return true
}

/** @param {object} message */
function hasTwoFields(message) {
  let last = ''
  for (const name in message) {
    if (name === 'role' ? last !== '' : name !== 'content' || last !== 'role') return false
    last = name
  }
  return last === 'content'
}

module.exports = { writeMessages }
