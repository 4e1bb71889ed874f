'use strict'

/** Documents: the input of an `embedding` span, the output of a `retrieval` span. */

const { bare, bareOf } = require('../values/bare')
const { UNREADABLE } = require('../values/capture')
const { UNSERIALIZABLE_TEXT } = require('../values/collection-errors')
const { isObject } = require('../values/own')
const { optionalNumber, optionalString } = require('./checks')
const { later } = require('../values/later')
const { DOCUMENT_FIELDS } = require('./names')

const foreign = later(() => require('./foreign-messages'))

/**
 * @typedef {object} Document as the intake reads it
 * @property {string} text
 * @property {string} [name]
 * @property {string} [id]
 * @property {number} [score]
 */

/**
 * @param {Capture} capture
 * @param {unknown} documents one document or a list of them
 * @param {string} place
 * @returns {Document[]} without those that are none
 */
function captureDocuments(capture, documents, place) {
  const captured = []
  const items = capture.items(documents, place)
  for (let index = 0; index < items.length; index++) {
    const document = captureAny(capture, items[index], `${place}[${index}]`)
    if (document !== undefined) captured.push(document)
  }
  return captured
}

/**
 * @param {Capture} capture
 * @param {unknown} document
 * @param {string} place
 * @returns {Document | undefined}
 */
function captureAny(capture, document, place) {
  if (document === undefined || document === null) return undefined
  if (document === UNREADABLE) return bareOf({ text: UNSERIALIZABLE_TEXT })
  if (typeof document === 'string') return bareOf({ text: document })
  if (isObject(document)) return captureDocument(capture, document, place)
  return capture.wrong('Documents must be a string, object, or list of objects.')
}

/**
 * @param {Capture} capture
 * @param {Record<string, unknown>} document
 * @param {string} place
 * @returns {Document | undefined}
 */
function captureDocument(capture, document, place) {
  let text = capture.read(document, 'text', place)
  if ((text === undefined || text === null) && !capture.isStrict)
    text = foreign().firstOf(capture, document, DOCUMENT_FIELDS.text, place)
  if (typeof text !== 'string' && text !== UNREADABLE) return capture.wrong('Document text must be a string.')

  /** @type {Document} */
  const wire = bare()
  wire.text = text === UNREADABLE ? UNSERIALIZABLE_TEXT : text
  const name = optionalString(capture, capture.read(document, 'name', place), 'Document name')
  const id = optionalString(capture, capture.read(document, 'id', place), 'Document ID')
  const score = optionalNumber(capture, capture.read(document, 'score', place), 'Document score')
  if (name !== undefined) wire.name = name
  if (id !== undefined) wire.id = id
  if (score !== undefined) wire.score = score
  return wire
}

module.exports = { captureDocuments }
