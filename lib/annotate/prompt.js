'use strict'

/** The prompt of an `llm` span: how it reads on the wire, and how a second annotation merges with the first. */

const { types } = require('node:util')
const { bare, bareOf } = require('../values/bare')
const { UNREADABLE } = require('../values/capture')
const { UNSERIALIZABLE_TEXT } = require('../values/collection-errors')
const { isObject } = require('../values/own')
const { isArray } = require('../values/shapes')

/** @typedef {Record<string, unknown>} WireObject */

const DEFAULT_PROMPT_NAME = 'unnamed-prompt'
const DEFAULT_CONTEXT_VARIABLES = Object.freeze(['context'])
const DEFAULT_QUERY_VARIABLES = Object.freeze(['question'])

const NOTHING = Object.freeze({})

/** Tells the intake where the prompt of a span comes from. */
const PROMPT_TAG = Object.freeze({ prompt_tracking_instrumentation_method: 'annotated' })

/**
 * @param {Capture} capture
 * @param {unknown} given
 * @param {{ mlApp: string, prompt: WireObject|null }} span
 * @returns {WireObject | undefined} the span's whole new prompt; undefined where none was given
 */
function capturePrompt(capture, given, span) {
  if (!isObject(given)) return capture.wrong('Prompt must be an object.')
  const prompt = readPrompt(capture, given)
  const replaces = prompt.id !== undefined || prompt.version !== undefined || prompt.template !== undefined
  const isNew = span.prompt === null || replaces

  const wire = bareOf(span.prompt ?? NOTHING)
  if (replaces) {
    // What identified the former prompt does not identify this one.
    delete wire.prompt_uuid
    delete wire.prompt_version_uuid
  }
  if (prompt.template !== undefined) {
    delete wire.template
    delete wire.chat_template
  }
  put(wire, 'id', prompt.id ?? (isNew ? `${span.mlApp}_${DEFAULT_PROMPT_NAME}` : undefined))
  put(wire, 'version', prompt.version)
  put(wire, 'prompt_uuid', prompt.promptUuid)
  put(wire, 'prompt_version_uuid', prompt.promptVersionUuid)
  put(wire, 'variables', prompt.variables)
  if (typeof prompt.template === 'string') put(wire, 'template', prompt.template)
  else if (prompt.template !== undefined && prompt.template.length > 0)
    put(wire, 'chat_template', prompt.template)
  put(wire, 'tags', prompt.tags)
  put(
    wire,
    '_dd_context_variable_keys',
    prompt.contextVariables ?? (isNew ? DEFAULT_CONTEXT_VARIABLES : undefined)
  )
  put(wire, '_dd_query_variable_keys', prompt.queryVariables ?? (isNew ? DEFAULT_QUERY_VARIABLES : undefined))
  return wire
}

/**
 * @param {WireObject} wire
 * @param {string} key
 * @param {unknown} value
 */
function put(wire, key, value) {
  if (value) wire[key] = value
}

/**
 * @typedef {object} PromptFields fields that were not given are undefined
 * @property {string} [id]
 * @property {string[]|false} [contextVariables] false: given as nothing
 * @property {string[]|false} [queryVariables] false: given as nothing
 * @property {string} [version] empty: given as nothing
 * @property {string} [promptUuid]
 * @property {string} [promptVersionUuid]
 * @property {Record<string, string>} [tags]
 * @property {string|Record<string, string>[]} [template]
 * @property {Record<string, string>} [variables]
 */

/**
 * @param {Capture} capture
 * @param {object} prompt
 * @returns {PromptFields} without those that are wrong
 */
function readPrompt(capture, prompt) {
  const read = (/** @type {string} */ key) => {
    const value = capture.read(prompt, key, 'prompt')
    return value === null ? undefined : value
  }
  return {
    id: promptString(capture, read('id'), 'Prompt ID'),
    contextVariables: variableNames(capture, read('contextVariables'), 'context'),
    queryVariables: variableNames(capture, read('queryVariables'), 'query'),
    version: promptVersion(capture, read('version')),
    promptUuid: promptString(capture, read('promptUuid'), 'Prompt UUID'),
    promptVersionUuid: promptString(capture, read('promptVersionUuid'), 'Prompt version UUID'),
    tags: stringMap(capture, read('tags'), 'tags'),
    template: promptTemplate(capture, read('template')),
    variables: stringMap(capture, read('variables'), 'variables')
  }
}

/**
 * @param {Capture} capture
 * @param {unknown} value
 * @param {string} name
 * @returns {string|undefined}
 */
function promptString(capture, value, name) {
  if (value === undefined) return undefined
  if (value === UNREADABLE) return UNSERIALIZABLE_TEXT
  return typeof value === 'string' ? value : capture.wrong(`${name} must be a string.`)
}

/**
 * A version of 0, false or '' says that the prompt is another one, and nothing else.
 * @param {Capture} capture
 * @param {unknown} value
 * @returns {string|undefined}
 */
function promptVersion(capture, value) {
  if (value === undefined) return undefined
  return value ? promptString(capture, value, 'Prompt version') : ''
}

/**
 * @param {Capture} capture
 * @param {unknown} value
 * @param {'context'|'query'} name
 * @returns {string[]|false|undefined}
 */
function variableNames(capture, value, name) {
  if (value === undefined || value === UNREADABLE) return undefined
  if (!value) return false
  if (!isArray(value)) return capture.wrong(`Prompt ${name} variables keys must be an array.`)
  const names = []
  for (const key of capture.items(value, `prompt.${name}Variables`)) {
    if (typeof key === 'string') names.push(key)
    else if (key === UNREADABLE) names.push(UNSERIALIZABLE_TEXT)
    else if (key !== undefined && key !== null)
      capture.wrong(`Prompt ${name} variables keys must be an array of strings.`)
  }
  return names
}

/**
 * @param {Capture} capture
 * @param {unknown} value
 * @param {'tags'|'variables'} name
 * @returns {Record<string, string>|undefined}
 */
function stringMap(capture, value, name) {
  if (!value || value === UNREADABLE) return undefined
  if (!isObject(value) || types.isMap(value))
    return capture.wrong(`Prompt ${name} must be an non-Map object.`)
  /** @type {Record<string, string>} */
  const map = bare()
  for (const [key, text] of capture.entries(value, `prompt.${name}`)) {
    if (typeof text === 'string') map[key] = text
    else if (text === UNREADABLE) map[key] = UNSERIALIZABLE_TEXT
    else if (text !== undefined && text !== null)
      capture.wrong(`Prompt ${name} must be an object of string key-value pairs.`)
  }
  return map
}

/**
 * @param {Capture} capture
 * @param {unknown} value
 * @returns {string|Record<string, string>[]|undefined}
 */
function promptTemplate(capture, value) {
  if (value === undefined) return undefined
  if (value === UNREADABLE) return UNSERIALIZABLE_TEXT
  if (!value) return ''
  if (typeof value === 'string') return value
  if (!isArray(value)) return capture.wrong('Prompt template must be a string or an array of messages.')
  const messages = []
  const items = capture.items(value, 'prompt.template')
  for (let index = 0; index < items.length; index++) {
    if (items[index] === undefined || items[index] === null) continue
    const message = templateMessage(capture, items[index], `prompt.template[${index}]`)
    if (message !== undefined) messages.push(message)
  }
  return messages
}

/**
 * @param {Capture} capture
 * @param {unknown} item
 * @param {string} place
 * @returns {Record<string, string> | undefined}
 */
function templateMessage(capture, item, place) {
  if (item === UNREADABLE) return bareOf({ role: '', content: UNSERIALIZABLE_TEXT })
  if (isObject(item)) {
    const read = (/** @type {string} */ key) => {
      const value = capture.read(item, key, place)
      return value === UNREADABLE ? UNSERIALIZABLE_TEXT : value
    }
    if (read('type') === 'placeholder') {
      const name = read('name')
      if (typeof name === 'string') return bareOf({ type: 'placeholder', name })
    } else {
      const role = read('role')
      const content = read('content')
      if (typeof role === 'string' && typeof content === 'string') return bareOf({ role, content })
    }
  }
  return capture.wrong('Prompt chat template must contain messages or message placeholders.')
}

module.exports = { PROMPT_TAG, capturePrompt }
