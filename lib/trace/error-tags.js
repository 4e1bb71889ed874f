'use strict'

const { bare } = require('../values/bare')
const { stringOf } = require('../values/json-rules')

/** @typedef {{ type: string, message: string, stack: string }} ErrorFields */

/** dd-trace's tags about an error, and where each goes. */
const PARTS = /** @type {const} */ ([
  ['error.message', 'message'],
  ['error.type', 'type'],
  ['error.stack', 'stack']
])

/**
 * What tags say about a span's error. Never throws, whatever they are.
 *
 * @param {any} tags
 * @returns {{ error: unknown, parts: Partial<ErrorFields> | null }} undefined, null: they say nothing of it
 */
function errorTags(tags) {
  /** @type {Partial<ErrorFields> | null} */
  let parts = null
  for (const [tag, part] of PARTS) {
    const value = read(tags, tag)
    if (value === undefined || value === null) continue
    parts ??= /** @type {Partial<ErrorFields>} */ (bare())
    parts[part] = stringOf(value)
  }
  return { error: read(tags, 'error') ?? undefined, parts }
}

/**
 * @param {any} tags
 * @param {string} tag
 * @returns {unknown}
 */
function read(tags, tag) {
  try {
    return tags !== null && typeof tags === 'object' && Object.hasOwn(tags, tag) ? tags[tag] : undefined
  } catch {
    return undefined
  }
}

module.exports = { errorTags }
