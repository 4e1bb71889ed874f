'use strict'

/** Messages of an `llm` span: from what `annotate` accepts to what the intake reads. */

const { bare, bareOf } = require('../values/bare')
const { UNREADABLE } = require('../values/capture')
const { UNSERIALIZABLE_TEXT } = require('../values/collection-errors')
const { hasFields, isLiteral, isObject } = require('../values/own')
const { invalidAnnotation, optionalString } = require('./checks')

/** @typedef {import('../values/capture').Capture} Capture */
/** @typedef {Record<string, unknown>} WireObject */

const { hasOwn } = Object

/** Around the arguments: input, messages, message, tool_calls, tool call. */
const ARGUMENTS_LEVELS = 5

/**
 * @param {Capture} capture
 * @param {unknown} messages one message or a list of them
 * @param {string} place
 * @returns {WireObject[]}
 */
function captureMessages(capture, messages, place) {
  const items = capture.items(messages, place)
  /** @type {WireObject[]} */
  const captured = []
  for (let index = 0; index < items.length; index++) {
    captured[index] = captureAny(capture, items[index], place, index)
  }
  return captured
}

/**
 * @param {Capture} capture
 * @param {unknown} message
 * @param {string} place of the list
 * @param {number} index
 * @returns {WireObject}
 */
function captureAny(capture, message, place, index) {
  if (message === UNREADABLE) return bareOf({ role: '', content: UNSERIALIZABLE_TEXT })
  if (typeof message === 'string') return bareOf({ content: message, role: '' })
  if (!isObject(message)) throw invalidAnnotation('Messages must be a string, object, or list of objects')
  return captureMessage(capture, message, place, index)
}

/**
 * @param {Capture} capture
 * @param {WireObject} message
 * @param {string} list its place
 * @param {number} index
 * @returns {WireObject}
 */
function captureMessage(capture, message, list, index) {
  if (!isLiteral(message)) {
    const place = `${list}[${index}]`
    const role = capture.read(message, 'role', place)
    return captureFields(capture, message, role, capture.read(message, 'content', place), place)
  }
  const role = roleOf(capture, message, list, index)
  const content = contentOf(capture, message, list, index)
  if (typeof role === 'string' && typeof content === 'string' && hasFields(message, 2)) {
    const wire = bare()
    wire.role = role
    wire.content = content
    return wire
  }
  return captureFields(capture, message, role, content, `${list}[${index}]`)
}

/**
 * @param {Capture} capture
 * @param {WireObject} message
 * @param {unknown} role
 * @param {unknown} content
 * @param {string} place
 * @returns {WireObject}
 */
function captureFields(capture, message, role, content, place) {
  const read = (/** @type {string} */ key) => capture.read(message, key, place)
  const toolCalls = read('toolCalls')
  const toolResults = read('toolResults')

  /** @type {WireObject} */
  const wire = bare()
  put(wire, 'role', role === undefined ? '' : optionalString(role, 'Message role'))
  put(wire, 'content', captureContent(content, toolCalls, toolResults))
  putList(wire, 'tool_calls', toolCalls, () => captureToolCalls(capture, toolCalls, `${place}.toolCalls`))
  putList(wire, 'tool_results', toolResults, () =>
    captureToolResults(capture, toolResults, `${place}.toolResults`)
  )
  for (const [key, name, wireName] of MEDIA_FIELDS) {
    const parts = read(key)
    putList(wire, wireName, parts, () => captureMediaParts(capture, parts, name, `${place}.${key}`))
  }
  put(wire, 'tool_id', captureToolId(capture, read('toolId'), role))
  return wire
}

/**
 * Under its name, the engine reads a field of a literal by its place.
 *
 * @param {Capture} capture
 * @param {WireObject} message a literal
 * @param {string} list
 * @param {number} index
 */
function roleOf(capture, message, list, index) {
  try {
    const { role } = message
    return role === undefined || hasOwn(message, 'role') ? role : undefined
  } catch {
    return capture.thrown(message, 'role', `${list}[${index}]`)
  }
}

/**
 * @param {Capture} capture
 * @param {WireObject} message a literal
 * @param {string} list
 * @param {number} index
 */
function contentOf(capture, message, list, index) {
  try {
    const { content } = message
    return content === undefined || hasOwn(message, 'content') ? content : undefined
  } catch {
    return capture.thrown(message, 'content', `${list}[${index}]`)
  }
}

/** @type {[key: string, name: string, wireName: string][]} */
const MEDIA_FIELDS = [
  ['audioParts', 'Audio', 'audio_parts'],
  ['imageParts', 'Image', 'image_parts']
]

/**
 * A message that says nothing at all is sent with an empty text.
 * @param {unknown} content
 * @param {unknown} toolCalls
 * @param {unknown} toolResults
 * @returns {string|undefined}
 */
function captureContent(content, toolCalls, toolResults) {
  if (isNil(content) && isNil(toolCalls) && isNil(toolResults)) return ''
  return optionalString(content, 'Message content')
}

/**
 * @param {Capture} capture
 * @param {unknown} toolCalls
 * @param {string} place
 * @returns {WireObject[]}
 */
function captureToolCalls(capture, toolCalls, place) {
  return readable(capture.items(toolCalls, place)).map((toolCall, index) => {
    if (!isObject(toolCall)) throw invalidAnnotation('Tool call must be an object.')
    const at = `${place}[${index}]`
    /** @type {WireObject} */
    const wire = bare()
    put(wire, 'name', optionalString(capture.read(toolCall, 'name', at), 'Tool name'))
    const args = capture.read(toolCall, 'arguments', at)
    if (!isNil(args) && args !== UNREADABLE && typeof args !== 'object') {
      throw invalidAnnotation('"Tool arguments" must be an object.')
    }
    put(wire, 'arguments', isNil(args) ? undefined : capture.json(args, `${at}.arguments`, ARGUMENTS_LEVELS))
    put(wire, 'tool_id', optionalString(capture.read(toolCall, 'toolId', at), 'Tool ID'))
    put(wire, 'type', optionalString(capture.read(toolCall, 'type', at), 'Tool type'))
    return wire
  })
}

/**
 * @param {Capture} capture
 * @param {unknown} toolResults
 * @param {string} place
 * @returns {WireObject[]}
 */
function captureToolResults(capture, toolResults, place) {
  return readable(capture.items(toolResults, place)).map((toolResult, index) => {
    if (!isObject(toolResult)) throw invalidAnnotation('Tool result must be an object.')
    const at = `${place}[${index}]`
    /** @type {WireObject} */
    const wire = bare()
    put(wire, 'result', optionalString(capture.read(toolResult, 'result', at), 'Tool result'))
    put(wire, 'tool_id', optionalString(capture.read(toolResult, 'toolId', at), 'Tool ID'))
    put(wire, 'name', toolResultName(capture.read(toolResult, 'name', at)))
    put(wire, 'type', optionalString(capture.read(toolResult, 'type', at), 'Tool type'))
    return wire
  })
}

/**
 * @param {Capture} capture
 * @param {unknown} parts one part or a list of them
 * @param {string} name `Audio` or `Image`, as error texts call it
 * @param {string} place
 * @returns {WireObject[]} inline base64 content, or the key of an attachment already uploaded
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
 * @param {Capture} capture
 * @param {WireObject} part
 * @param {string} name
 * @param {string} place
 * @returns {WireObject}
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
    return bareOf({ mime_type: mimeType, attachment_key: attachmentKey })
  }
  if (typeof content !== 'string') {
    throw invalidAnnotation(`${name} part content must be a base64-encoded string.`)
  }
  return bareOf({ mime_type: mimeType, content })
}

/**
 * @param {Capture} capture
 * @param {WireObject} part
 * @param {string} key
 * @param {string} place
 * @returns {unknown}
 */
function readText(capture, part, key, place) {
  const value = capture.read(part, key, place)
  return value === UNREADABLE ? UNSERIALIZABLE_TEXT : value
}

/**
 * @param {unknown} name
 * @returns {string}
 */
function toolResultName(name) {
  if (name === undefined) return ''
  if (name === UNREADABLE) return UNSERIALIZABLE_TEXT
  if (typeof name === 'string') return name
  throw invalidAnnotation(`[LLMObs] Expected tool result name to be a string, instead got "${typeof name}"`)
}

/**
 * @param {Capture} capture
 * @param {unknown} toolId
 * @param {unknown} role
 * @returns {string|undefined}
 */
function captureToolId(capture, toolId, role) {
  if (!toolId) return undefined
  if (role === 'tool') return optionalString(toolId, 'Tool ID')
  const shown = typeof role === 'string' ? role : typeof role
  capture.warn(`Tool ID for tool message not associated with a "tool" role, instead got "${shown}"`)
  return undefined
}

/**
 * @param {unknown[]} items
 * @returns {unknown[]} without those that could not be read; they are among the collection errors already
 */
function readable(items) {
  return items.filter(item => item !== UNREADABLE)
}

/**
 * @param {WireObject} wire
 * @param {string} key
 * @param {unknown} value
 */
function put(wire, key, value) {
  if (value !== undefined) wire[key] = value
}

/**
 * @param {WireObject} wire
 * @param {string} key
 * @param {unknown} given
 * @param {() => WireObject[]} captureList
 */
function putList(wire, key, given, captureList) {
  if (isNil(given) || given === UNREADABLE) return
  const list = captureList()
  if (list.length > 0) wire[key] = list
}

/**
 * @param {unknown} value
 * @returns {value is null|undefined}
 */
function isNil(value) {
  return value === null || value === undefined
}

module.exports = { captureMessages }
