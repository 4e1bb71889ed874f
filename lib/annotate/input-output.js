'use strict'

/** Input and output of a span. What they are made of depends on its kind. */

const { bare } = require('../values/bare')
const { ANNOTATED_NULL } = require('../values/shapes')
const { captureDocuments } = require('./documents')
const { captureMessages } = require('./messages')

/**
 * @param {Capture} capture
 * @param {string} kind
 * @param {unknown} data
 * @returns {unknown} what the intake reads, or undefined when there is nothing to change
 */
function captureInput(capture, kind, data) {
  switch (kind) {
    case 'llm':
      return data ? captureMessages(capture, data, 'input.messages') : undefined
    case 'embedding':
      return documents(capture, data, 'input')
    case 'experiment':
      return rawValue(capture, data, 'input')
    default:
      return text(capture, data, 'input')
  }
}

/**
 * @param {Capture} capture
 * @param {string} kind
 * @param {unknown} data
 * @returns {unknown} what the intake reads, or undefined when there is nothing to change
 */
function captureOutput(capture, kind, data) {
  switch (kind) {
    case 'llm':
      return data ? captureMessages(capture, data, 'output.messages') : undefined
    case 'retrieval':
      return documents(capture, data, 'output')
    case 'experiment':
      return rawValue(capture, data, 'output')
    default:
      return text(capture, data, 'output')
  }
}

/**
 * @param {Capture} capture
 * @param {unknown} data
 * @param {string} place
 */
function documents(capture, data, place) {
  const captured = data ? captureDocuments(capture, data, `${place}.documents`) : []
  return captured.length > 0 ? field('documents', captured) : undefined
}

/**
 * @param {Capture} capture
 * @param {unknown} data
 * @param {string} place
 */
function text(capture, data, place) {
  const value = data ? capture.text(data, place) : undefined
  return value === undefined ? undefined : field('value', value)
}

/**
 * @param {Capture} capture
 * @param {unknown} data
 * @param {string} place
 */
function rawValue(capture, data, place) {
  const value = capture.json(data, place)
  return value === null ? ANNOTATED_NULL : value
}

/**
 * @param {string} name
 * @param {unknown} value
 */
function field(name, value) {
  const wire = bare()
  wire[name] = value
  return wire
}

module.exports = { captureInput, captureOutput }
