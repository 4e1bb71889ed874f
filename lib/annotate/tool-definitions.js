'use strict'

/** The tools offered to a model. A definition without a name is left out with a warning, a list without any throws. */

const { bareOf } = require('../values/bare')
const { UNREADABLE } = require('../values/capture')
const { isObject } = require('../values/own')
const { isArray } = require('../values/shapes')
const { invalidAnnotation } = require('./checks')

/** @typedef {import('../values/capture').Capture} Capture */

/** Around a schema: tool_definitions, definition. */
const SCHEMA_LEVELS = 2

/**
 * @param {Capture} capture
 * @param {unknown} definitions
 * @returns {Record<string, unknown>[]} never empty
 */
function captureToolDefinitions(capture, definitions) {
  const captured = []
  if (!isArray(definitions)) capture.warn('toolDefinitions must be an array.')
  else {
    const items = capture.items(definitions, 'toolDefinitions')
    for (let index = 0; index < items.length; index++) {
      const definition = captureToolDefinition(capture, items[index], index)
      if (definition !== null) captured.push(definition)
    }
  }
  if (captured.length === 0) throw invalidAnnotation('Tool definitions must be a non-empty array.')
  return captured
}

/**
 * @param {Capture} capture
 * @param {unknown} definition
 * @param {number} index
 * @returns {Record<string, unknown>|null}
 */
function captureToolDefinition(capture, definition, index) {
  const place = `toolDefinitions[${index}]`
  if (!isObject(definition)) {
    capture.warn(`Tool definition at index ${index} must be an object. Skipping.`)
    return null
  }
  const name = capture.read(definition, 'name', place)
  if (typeof name !== 'string' || name === '') {
    capture.warn(`Tool definition at index ${index} must have a non empty string "name". Skipping.`)
    return null
  }

  const wire = bareOf({ name })
  for (const [key, type, isAllowed] of OPTIONAL_FIELDS) {
    const value = capture.read(definition, key, place)
    if (value === undefined || value === UNREADABLE) continue
    if (isAllowed(value)) wire[key] = capture.json(value, `${place}.${key}`, SCHEMA_LEVELS)
    else capture.warn(`Tool definition "${key}" at index ${index} must be a ${type}. Skipping field.`)
  }
  return wire
}

/** @type {[key: string, type: string, isAllowed: (value: unknown) => boolean][]} */
const OPTIONAL_FIELDS = [
  ['description', 'string', value => typeof value === 'string'],
  ['schema', 'plain object', value => isObject(value) && !isArray(value)],
  ['version', 'string', value => typeof value === 'string']
]

module.exports = { captureToolDefinitions }
