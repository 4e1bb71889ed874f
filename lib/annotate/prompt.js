'use strict'

/** The prompt of an `llm` span: how it reads on the wire, and how a second annotation merges with the first. */

const { types } = require('node:util')
const { bare, bareOf } = require('../values/bare')
const { UNREADABLE } = require('../values/capture')
const { UNSERIALIZABLE_TEXT } = require('../values/collection-errors')
const { isObject } = require('../values/own')
const { isArray } = require('../values/shapes')
const { invalidAnnotation } = require('./checks')

/** @typedef {import('../values/capture').Capture} Capture */
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
 * @returns {WireObject} the span's whole new prompt
 */
function capturePrompt(capture, given, span) {
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
 * @param {unknown} prompt
 * @returns {PromptFields}
 */
function readPrompt(capture, prompt) {
  if (!isObject(prompt)) throw invalidAnnotation('Prompt must be an object.')
  const read = (/** @type {string} */ key) => {
    const value = capture.read(prompt, key, 'prompt')
    return value === null ? undefined : value
  }
  return {
    id: promptString(read('id'), 'Prompt ID'),
    contextVariables: variableNames(capture, read('contextVariables'), 'context'),
    queryVariables: variableNames(capture, read('queryVariables'), 'query'),
    version: promptVersion(read('version')),
    promptUuid: promptString(read('promptUuid'), 'Prompt UUID'),
    promptVersionUuid: promptString(read('promptVersionUuid'), 'Prompt version UUID'),
    tags: stringMap(capture, read('tags'), 'tags'),
    template: promptTemplate(capture, read('template')),
    variables: stringMap(capture, read('variables'), 'variables')
  }
}

/**
 * @param {unknown} value
 * @param {string} name
 * @returns {string|undefined}
 */
function promptString(value, name) {
  if (value === undefined) return undefined
  if (value === UNREADABLE) return UNSERIALIZABLE_TEXT
  if (typeof value !== 'string') throw invalidAnnotation(`${name} must be a string.`)
  return value
}

/**
 * A version of 0, false or '' says that the prompt is another one, and nothing else.
 * @param {unknown} value
 * @returns {string|undefined}
 */
function promptVersion(value) {
  if (value === undefined) return undefined
  return value ? promptString(value, 'Prompt version') : ''
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
  if (!isArray(value)) throw invalidAnnotation(`Prompt ${name} variables keys must be an array.`)
  return capture.items(value, `prompt.${name}Variables`).map(key => {
    if (key === UNREADABLE) return UNSERIALIZABLE_TEXT
    if (typeof key !== 'string') {
      throw invalidAnnotation(`Prompt ${name} variables keys must be an array of strings.`)
    }
    return key
  })
}

/**
 * @param {Capture} capture
 * @param {unknown} value
 * @param {'tags'|'variables'} name
 * @returns {Record<string, string>|undefined}
 */
function stringMap(capture, value, name) {
  if (!value || value === UNREADABLE) return undefined
  if (!isObject(value) || types.isMap(value)) {
    throw invalidAnnotation(`Prompt ${name} must be an non-Map object.`)
  }
  /** @type {Record<string, string>} */
  const map = bare()
  for (const [key, text] of capture.entries(value, `prompt.${name}`)) {
    if (text !== UNREADABLE && typeof text !== 'string') {
      throw invalidAnnotation(`Prompt ${name} must be an object of string key-value pairs.`)
    }
    map[key] = text === UNREADABLE ? UNSERIALIZABLE_TEXT : text
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
  if (!isArray(value)) {
    throw invalidAnnotation('Prompt template must be a string or an array of messages.')
  }
  return capture
    .items(value, 'prompt.template')
    .map((item, index) => templateMessage(capture, item, `prompt.template[${index}]`))
}

/**
 * @param {Capture} capture
 * @param {unknown} item
 * @param {string} place
 * @returns {Record<string, string>}
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
  throw invalidAnnotation('Prompt chat template must contain messages or message placeholders.')
}

module.exports = { PROMPT_TAG, capturePrompt }
