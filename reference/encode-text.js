'use strict'

const { fieldText } = require('../lib/values/field-text')
const { quote } = require('../lib/values/json-rules')

/**
 * JSON text of a field that is a string on the wire, whatever an application put there.
 * @param {unknown} value
 * @returns {string}
 */
function text(value) {
  return quote(fieldText(value))
}

module.exports = { text }
