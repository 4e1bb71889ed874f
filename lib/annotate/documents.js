'use strict'

/** Documents: the input of an `embedding` span, the output of a `retrieval` span. */

const { bare, bareOf } = require('../values/bare')
const { UNREADABLE } = require('../values/capture')
const { UNSERIALIZABLE_TEXT } = require('../values/collection-errors')
const { isObject } = require('../values/own')
const { invalidAnnotation, optionalNumber, optionalString } = require('./checks')

/**
 * @typedef {object} Document as the intake reads it
 * @property {string} text
 * @property {string} [name]
 * @property {string} [id]
 * @property {number} [score]
 */

/**
 * @param {import('../values/capture').Capture} capture
 * @param {unknown} documents one document or a list of them
 * @param {string} place
 * @returns {Document[]}
 */
function captureDocuments(capture, documents, place) {
  return capture.items(documents, place).map((document, index) => {
    if (document === UNREADABLE) return bareOf({ text: UNSERIALIZABLE_TEXT })
    if (typeof document === 'string') return bareOf({ text: document })
    if (!isObject(document))
      throw invalidAnnotation('Documents must be a string, object, or list of objects.')
    return captureDocument(capture, document, `${place}[${index}]`)
  })
}

/**
 * @param {import('../values/capture').Capture} capture
 * @param {Record<string, unknown>} document
 * @param {string} place
 * @returns {Document}
 */
function captureDocument(capture, document, place) {
  const text = capture.read(document, 'text', place)
  if (typeof text !== 'string' && text !== UNREADABLE)
    throw invalidAnnotation('Document text must be a string.')

  /** @type {Document} */
  const wire = bare()
  wire.text = text === UNREADABLE ? UNSERIALIZABLE_TEXT : text
  const name = optionalString(capture.read(document, 'name', place), 'Document name')
  const id = optionalString(capture.read(document, 'id', place), 'Document ID')
  const score = optionalNumber(capture.read(document, 'score', place), 'Document score')
  if (name !== undefined) wire.name = name
  if (id !== undefined) wire.id = id
  if (score !== undefined) wire.score = score
  return wire
}

module.exports = { captureDocuments }
