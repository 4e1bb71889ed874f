'use strict'

/** Audio and image parts of a message: inline base64 content, or the key of an attachment already uploaded. */

const { UNREADABLE } = require('../values/capture')
const { UNSERIALIZABLE_TEXT } = require('../values/collection-errors')
const { invalidAnnotation, isObject } = require('./checks')

/**
 * @param {import('../values/capture').Capture} capture
 * @param {unknown} parts one part or a list of them
 * @param {string} name `Audio` or `Image`, as error texts call it
 * @param {string} place
 * @returns {Record<string, unknown>[]}
 */
function captureMediaParts(capture, parts, name, place) {
  const captured = []
  const items = capture.items(parts, place)
  for (let index = 0; index < items.length; index++) {
    const part = items[index]
    if (part === UNREADABLE) continue
    if (!isObject(part)) throw invalidAnnotation(`${name} part must be an object.`)
    captured.push(captureMediaPart(capture, part, name, `${place}[${index}]`))
  }
  return captured
}

/**
 * @param {import('../values/capture').Capture} capture
 * @param {Record<string, unknown>} part
 * @param {string} name
 * @param {string} place
 * @returns {Record<string, unknown>}
 */
function captureMediaPart(capture, part, name, place) {
  const mimeType = readText(capture, part, 'mimeType', place)
  const content = readText(capture, part, 'content', place)
  const attachmentKey = readText(capture, part, 'attachmentKey', place)
  const hasContent = content !== undefined && content !== null
  const hasKey = attachmentKey !== undefined && attachmentKey !== null

  if (typeof mimeType !== 'string' || mimeType === '') {
    throw invalidAnnotation(`${name} part mimeType must be a non-empty string.`)
  }
  if (!hasContent && !hasKey) {
    throw invalidAnnotation(`${name} part must have either 'content' or 'attachmentKey'.`)
  }
  if (hasContent && hasKey) {
    throw invalidAnnotation(`${name} part must have only one of 'content' or 'attachmentKey', not both.`)
  }
  if (hasKey) {
    if (typeof attachmentKey !== 'string') {
      throw invalidAnnotation(`${name} part attachmentKey must be a string.`)
    }
    return { mime_type: mimeType, attachment_key: attachmentKey }
  }
  if (typeof content !== 'string') {
    throw invalidAnnotation(`${name} part content must be a base64-encoded string.`)
  }
  return { mime_type: mimeType, content }
}

/**
 * @param {import('../values/capture').Capture} capture
 * @param {Record<string, unknown>} part
 * @param {string} key
 * @param {string} place
 * @returns {unknown}
 */
function readText(capture, part, key, place) {
  const value = capture.read(part, key, place)
  return value === UNREADABLE ? UNSERIALIZABLE_TEXT : value
}

module.exports = { captureMediaParts }
