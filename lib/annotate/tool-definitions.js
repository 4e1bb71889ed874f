'use strict'

/** The tools offered to a model. A definition without a name is left out with a warning; a list without any is wrong. */

const { bareOf } = require('../values/bare')
const { UNREADABLE } = require('../values/capture')
const { isObject } = require('../values/own')
const { isArray, isJsonLike } = require('../values/shapes')
const { firstOf } = require('./foreign-messages')
const { SCHEMA_FIELDS } = require('./names')

/** Around a schema: tool_definitions, definition. */
const SCHEMA_LEVELS = 2

/**
 * @param {Capture} capture
 * @param {unknown} definitions
 * @returns {Record<string, unknown>[] | undefined} undefined when there are none
 */
function captureToolDefinitions(capture, definitions) {
  const captured = []
  if (!isArray(definitions)) capture.warn('toolDefinitions must be an array.')
  else {
    const items = capture.items(definitions, 'toolDefinitions')
    for (let index = 0; index < items.length; index++) {
      if (items[index] === undefined || items[index] === null) continue
      const definition = captureToolDefinition(capture, items[index], index)
      if (definition !== null) captured.push(definition)
    }
  }
  return captured.length > 0 ? captured : capture.wrong('Tool definitions must be a non-empty array.')
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
    capture.warn(`Tool definition at index ${index} must be an object. Skipping.`, 'tool definition')
    return null
  }
  const owner = ownerOf(capture, definition, place)
  const name = capture.read(owner, 'name', place)
  if (typeof name !== 'string' || name === '') {
    const what = `Tool definition at index ${index} must have a non empty string "name". Skipping.`
    capture.warn(what, 'tool definition name')
    return null
  }

  const wire = bareOf({ name })
  for (const [key, type, isAllowed] of OPTIONAL_FIELDS) {
    const value =
      capture.read(owner, key, place) ?? (key === 'schema' ? schemaOf(capture, owner, place) : null)
    if (value === undefined || value === null || value === UNREADABLE) continue
    if (isAllowed(value)) wire[key] = capture.json(value, `${place}.${key}`, SCHEMA_LEVELS)
    else {
      const what = `Tool definition "${key}" at index ${index} must be a ${type}. Skipping field.`
      capture.warn(what, `tool definition ${key}`)
    }
  }
  return wire
}

/**
 * @param {Capture} capture
 * @param {Record<string, unknown>} definition
 * @param {string} place
 * @returns {Record<string, unknown>} OpenAI's holds the tool in a member
 */
function ownerOf(capture, definition, place) {
  const inner = capture.isStrict ? undefined : capture.read(definition, 'function', place)
  return isObject(inner) ? inner : definition
}

/**
 * @param {Capture} capture
 * @param {Record<string, unknown>} definition
 * @param {string} place
 * @returns {unknown} the schema by the name that a provider has for it
 */
function schemaOf(capture, definition, place) {
  return capture.isStrict ? undefined : firstOf(capture, definition, SCHEMA_FIELDS, place)
}

/**
 * A validator's object is no schema, whatever it prints: its own methods and cycles would be most of the event.
 *
 * @type {[key: string, type: string, isAllowed: (value: unknown) => boolean][]}
 */
const OPTIONAL_FIELDS = [
  ['description', 'string', value => typeof value === 'string'],
  ['schema', 'plain object', isJsonLike],
  ['version', 'string', value => typeof value === 'string']
]

module.exports = { captureToolDefinitions }
