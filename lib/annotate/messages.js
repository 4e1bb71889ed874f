'use strict'

/** Messages of an `llm` span: from what `annotate` accepts to what the intake reads. */

const { bare, bareOf } = require('../values/bare')
const { UNREADABLE } = require('../values/capture')
const { UNSERIALIZABLE_TEXT } = require('../values/collection-errors')
const { FlatMessages, messageOf } = require('../values/flat')
const { hasFields, hasMore, isGiven, isLiteral, isObject } = require('../values/own')
const { isArray } = require('../values/shapes')
const { optionalString } = require('./checks')
const { later } = require('../values/later')

const foreign = later(() => require('./foreign-messages'))

/** @typedef {Record<string, unknown>} WireObject */
/** @typedef {import('./foreign-messages').MessageFields} MessageFields */

const { hasOwn } = Object
/** Mostly nobody has put a name there, which the engine knows without looking. */
const ObjectPrototype = Object.prototype

/** Around the arguments: input, messages, message, tool_calls, tool call. */
const ARGUMENTS_LEVELS = 5

/**
 * @param {Capture} capture
 * @param {unknown} messages one message or a list of them
 * @param {string} place
 * @returns {FlatMessages | WireObject | undefined} what the intake reads; undefined: there is no message
 */
function captureMessages(capture, messages, place) {
  const length = capture.count(messages, place)
  if (length === 0) return undefined
  if (length === -1) return captureRest(capture, [], 0, place, [], 0, captureAny(capture, messages, place, 0))
  /** @type {string[]} */
  const list = new Array(2 * length)
  for (let index = 0; index < length; index++) {
    const message = capture.item(messages, index, place)
    if (!isObject(message) || !isLiteral(message)) {
      return captureRest(
        capture,
        messages,
        length,
        place,
        list,
        index,
        captureAny(capture, message, place, index)
      )
    }
    const role = roleOf(capture, message, place, index)
    const content = contentOf(capture, message, place, index)
    if (typeof role !== 'string' || typeof content !== 'string' || !hasFields(message, 2)) {
      const wire = captureFields(capture, message, role, content, `${place}[${index}]`)
      return captureRest(capture, messages, length, place, list, index, wire)
    }
    list[2 * index] = role
    list[2 * index + 1] = content
  }
  return new FlatMessages(list)
}

/**
 * Goes on after a message that is more than a role and a text.
 *
 * @param {Capture} capture
 * @param {unknown} messages
 * @param {number} length
 * @param {string} place
 * @param {string[]} list of the messages before it
 * @param {number} from where it stands
 * @param {WireObject | undefined} wire what it is on the wire; undefined: it is none
 * @returns {WireObject | undefined}
 */
function captureRest(capture, messages, length, place, list, from, wire) {
  /** @type {WireObject[]} */
  const captured = []
  for (let index = 0; index < from; index++) captured.push(messageOf(list, 2 * index))
  if (wire !== undefined) captured.push(wire)
  for (let index = from + 1; index < length; index++) {
    const message = captureAny(capture, capture.item(messages, index, place), place, index)
    if (message !== undefined) captured.push(message)
  }
  return captured.length === 0 ? undefined : bareOf({ messages: captured })
}

/**
 * @param {Capture} capture
 * @param {unknown} message
 * @param {string} place of the list
 * @param {number} index
 * @returns {WireObject | undefined} undefined: it is none
 */
function captureAny(capture, message, place, index) {
  if (isObject(message)) return captureMessage(capture, message, place, index)
  if (typeof message === 'string') return bareOf({ content: message, role: '' })
  if (message === UNREADABLE) return bareOf({ role: '', content: UNSERIALIZABLE_TEXT })
  return isGiven(message) ? capture.wrong('Messages must be a string, object, or list of objects') : undefined
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
  return captureFields(capture, message, role, contentOf(capture, message, list, index), `${list}[${index}]`)
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
  /** @type {MessageFields} */
  const fields = {
    role: role ?? undefined,
    content: content ?? undefined,
    toolCalls: read('toolCalls') ?? undefined,
    toolResults: read('toolResults') ?? undefined,
    audioParts: read('audioParts') ?? undefined,
    imageParts: read('imageParts') ?? undefined,
    toolId: read('toolId') ?? undefined
  }
  if (!capture.isStrict && isForeign(message, fields)) foreign().readForeign(capture, message, fields, place)

  const { toolCalls, toolResults } = fields
  /** @type {WireObject} */
  const wire = bare()
  put(wire, 'role', optionalString(capture, fields.role, 'Message role') ?? '')
  put(wire, 'content', captureContent(capture, fields))
  putList(wire, 'tool_calls', toolCalls, () => captureToolCalls(capture, toolCalls, `${place}.toolCalls`))
  putList(wire, 'tool_results', toolResults, () =>
    captureToolResults(capture, toolResults, `${place}.toolResults`)
  )
  for (const [key, name, wireName] of MEDIA_FIELDS) {
    const parts = fields[key]
    putList(wire, wireName, parts, () => captureMediaParts(capture, parts, name, `${place}.${key}`))
  }
  put(wire, 'tool_id', captureToolId(capture, fields.toolId, fields.role))
  return wire
}

/**
 * @param {WireObject} message
 * @param {MessageFields} fields
 * @returns {boolean} whether it has what another SDK's message has
 */
function isForeign(message, fields) {
  return hasMore(message, countOf(fields)) || isArray(fields.content) || !isLiteral(message)
}

/**
 * @param {MessageFields} fields
 * @returns {number} how many say something
 */
function countOf({ role, content, toolCalls, toolResults, toolId, audioParts, imageParts }) {
  return (
    (role === undefined ? 0 : 1) +
    (content === undefined ? 0 : 1) +
    (toolCalls === undefined ? 0 : 1) +
    (toolResults === undefined ? 0 : 1) +
    (toolId === undefined ? 0 : 1) +
    (audioParts === undefined ? 0 : 1) +
    (imageParts === undefined ? 0 : 1)
  )
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
    return !('role' in ObjectPrototype) || hasOwn(message, 'role') ? role : undefined
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
    return !('content' in ObjectPrototype) || hasOwn(message, 'content') ? content : undefined
  } catch {
    return capture.thrown(message, 'content', `${list}[${index}]`)
  }
}

/** @type {[key: 'audioParts' | 'imageParts', name: string, wireName: string][]} */
const MEDIA_FIELDS = [
  ['audioParts', 'Audio', 'audio_parts'],
  ['imageParts', 'Image', 'image_parts']
]

/**
 * A message that says nothing at all is sent with an empty text.
 * @param {Capture} capture
 * @param {MessageFields} fields
 * @returns {string|undefined}
 */
function captureContent(capture, { content, toolCalls, toolResults }) {
  const isSilent = !isGiven(toolCalls) && !isGiven(toolResults)
  return optionalString(capture, content, 'Message content') ?? (isSilent ? '' : undefined)
}

/**
 * @param {Capture} capture
 * @param {unknown} toolCalls
 * @param {string} place
 * @returns {WireObject[]}
 */
function captureToolCalls(capture, toolCalls, place) {
  return captureObjects(capture, toolCalls, place, 'Tool call', (toolCall, at) => {
    /** @type {unknown} */
    let name = capture.read(toolCall, 'name', at) ?? undefined
    /** @type {unknown} */
    let args = capture.read(toolCall, 'arguments', at) ?? undefined
    /** @type {unknown} */
    let toolId = capture.read(toolCall, 'toolId', at) ?? undefined
    /** @type {unknown} */
    let type = capture.read(toolCall, 'type', at) ?? undefined
    if (!capture.isStrict && hasMore(toolCall, countFour(name, args, toolId, type))) {
      const others = foreign().toolCallOf(capture, toolCall, at)
      name ??= others.name
      args ??= others.arguments
      toolId ??= others.toolId
      // What the AI SDK and LangChain have there says that it is a call.
      type = others.type ?? undefined
    }
    /** @type {WireObject} */
    const wire = bare()
    put(wire, 'name', optionalString(capture, name, 'Tool name'))
    put(wire, 'arguments', captureArguments(capture, args, at))
    put(wire, 'tool_id', optionalString(capture, toolId, 'Tool ID'))
    put(wire, 'type', optionalString(capture, type, 'Tool type'))
    return wire
  })
}

/**
 * @param {Capture} capture
 * @param {unknown} args
 * @param {string} place
 * @returns {unknown} undefined when there are none
 */
function captureArguments(capture, args, place) {
  if (!isGiven(args)) return undefined
  const at = `${place}.arguments`
  if (args === UNREADABLE || typeof args === 'object') return capture.json(args, at, ARGUMENTS_LEVELS)
  capture.wrong('"Tool arguments" must be an object.')
  // A text is what a model wrote, and nobody parsed.
  return typeof args === 'string'
    ? capture.json(foreign().parsedArguments(args), at, ARGUMENTS_LEVELS)
    : undefined
}

/**
 * @param {Capture} capture
 * @param {unknown} toolResults
 * @param {string} place
 * @returns {WireObject[]}
 */
function captureToolResults(capture, toolResults, place) {
  return captureObjects(capture, toolResults, place, 'Tool result', (toolResult, at) => {
    /** @type {unknown} */
    let result = capture.read(toolResult, 'result', at) ?? undefined
    /** @type {unknown} */
    let toolId = capture.read(toolResult, 'toolId', at) ?? undefined
    /** @type {unknown} */
    let name = capture.read(toolResult, 'name', at) ?? undefined
    const type = capture.read(toolResult, 'type', at) ?? undefined
    if (!capture.isStrict && hasMore(toolResult, countFour(result, toolId, name, type))) {
      const others = foreign().toolResultOf(capture, toolResult, at)
      result ??= others.result
      toolId ??= others.toolId
      name ??= others.name
    }
    /** @type {WireObject} */
    const wire = bare()
    put(wire, 'result', optionalString(capture, result, 'Tool result'))
    put(wire, 'tool_id', optionalString(capture, toolId, 'Tool ID'))
    put(wire, 'name', toolResultName(capture, name))
    put(wire, 'type', optionalString(capture, type, 'Tool type'))
    return wire
  })
}

/**
 * @param {unknown} first
 * @param {unknown} second
 * @param {unknown} third
 * @param {unknown} fourth
 * @returns {number} how many say something
 */
function countFour(first, second, third, fourth) {
  return (
    (first === undefined ? 0 : 1) +
    (second === undefined ? 0 : 1) +
    (third === undefined ? 0 : 1) +
    (fourth === undefined ? 0 : 1)
  )
}

/**
 * @param {Capture} capture
 * @param {unknown} list of objects, or the only one
 * @param {string} place
 * @param {string} name as error texts call one
 * @param {(object: WireObject, place: string) => WireObject | undefined} captureOne undefined: it is none
 * @returns {WireObject[]} without those that could not be read; they are among the collection errors already
 */
function captureObjects(capture, list, place, name, captureOne) {
  /** @type {WireObject[]} */
  const captured = []
  const items = capture.items(list, place)
  for (let index = 0; index < items.length; index++) {
    const item = items[index]
    if (isObject(item)) {
      const wire = captureOne(item, `${place}[${index}]`)
      if (wire !== undefined) captured.push(wire)
    } else if (isGiven(item) && item !== UNREADABLE) {
      capture.wrong(`${name} must be an object.`)
    }
  }
  return captured
}

/**
 * @param {Capture} capture
 * @param {unknown} parts one part or a list of them
 * @param {string} name `Audio` or `Image`, as error texts call it
 * @param {string} place
 * @returns {WireObject[]} inline base64 content, or the key of an attachment already uploaded
 */
function captureMediaParts(capture, parts, name, place) {
  return captureObjects(capture, parts, place, `${name} part`, (part, at) =>
    captureMediaPart(capture, part, name, at)
  )
}

/**
 * @param {Capture} capture
 * @param {WireObject} part
 * @param {string} name
 * @param {string} place
 * @returns {WireObject | undefined}
 */
function captureMediaPart(capture, part, name, place) {
  const mimeType = readText(capture, part, 'mimeType', place)
  const content = readText(capture, part, 'content', place)
  const attachmentKey = readText(capture, part, 'attachmentKey', place)
  const hasContent = isGiven(content)
  const hasKey = isGiven(attachmentKey)

  if (typeof mimeType !== 'string' || mimeType === '') {
    return capture.wrong(`${name} part mimeType must be a non-empty string.`)
  }
  if (!hasContent && !hasKey) {
    return capture.wrong(`${name} part must have either 'content' or 'attachmentKey'.`)
  }
  if (hasContent && hasKey) {
    return capture.wrong(`${name} part must have only one of 'content' or 'attachmentKey', not both.`)
  }
  if (hasKey) {
    if (typeof attachmentKey !== 'string') {
      return capture.wrong(`${name} part attachmentKey must be a string.`)
    }
    return bareOf({ mime_type: mimeType, attachment_key: attachmentKey })
  }
  if (typeof content !== 'string') {
    return capture.wrong(`${name} part content must be a base64-encoded string.`)
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
 * @param {Capture} capture
 * @param {unknown} name
 * @returns {string}
 */
function toolResultName(capture, name) {
  if (typeof name === 'string') return name
  if (name === UNREADABLE) return UNSERIALIZABLE_TEXT
  if (isGiven(name))
    capture.wrong(`[LLMObs] Expected tool result name to be a string, instead got "${typeof name}"`)
  return ''
}

/**
 * @param {Capture} capture
 * @param {unknown} toolId
 * @param {unknown} role
 * @returns {string|undefined}
 */
function captureToolId(capture, toolId, role) {
  if (!toolId) return undefined
  if (role === 'tool') return optionalString(capture, toolId, 'Tool ID')
  const shown = typeof role === 'string' ? role : typeof role
  capture.warn(`Tool ID for tool message not associated with a "tool" role, instead got "${shown}"`)
  return undefined
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
  if (!isGiven(given) || given === UNREADABLE) return
  const list = captureList()
  if (list.length > 0) wire[key] = list
}

module.exports = { captureMessages }
