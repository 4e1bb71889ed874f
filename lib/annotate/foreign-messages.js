'use strict'

/**
 * Messages as other SDKs have them: OpenAI, Anthropic, LangChain, Gemini, the AI SDK. They are brought into the fields
 * that this one documents, and checked as those are. Where the meaning is not certain nothing is guessed.
 */

const { UNREADABLE } = require('../values/capture')
const { isGiven, isLiteral, isObject } = require('../values/own')
const { isArray } = require('../values/shapes')
const { MESSAGE_FIELDS, ROLES, TOOL_CALL_FIELDS, TOOL_RESULT_FIELDS } = require('./names')

/**
 * What a message says, by the documented names.
 *
 * @typedef {object} MessageFields
 * @property {unknown} role
 * @property {unknown} content
 * @property {any} toolCalls
 * @property {any} toolResults
 * @property {unknown} toolId
 * @property {any} audioParts
 * @property {any} imageParts
 */

/** Longer arguments stay text: parsing takes the time of the application's own thread. */
const PARSED_CHARACTERS = 1_000_000

const DATA_URL = /^data:([\w.+-]+\/[\w.+-]+);base64,/

/**
 * @param {Capture} capture
 * @param {Record<string, unknown>} message
 * @param {MessageFields} fields what it says by the documented names; gets what it says by others
 * @param {string} place
 */
function readForeign(capture, message, fields, place) {
  const inner = wrappedMessage(capture, message, place)
  if (inner === null) {
    fields.role ??= langChainRole(capture, message, place)
    takeFields(capture, message, fields, place)
    return
  }
  fields.role ??= inner.role
  fields.content ??= capture.read(inner.message, 'content', `${place}.${inner.key}`)
  takeFields(capture, inner.message, fields, `${place}.${inner.key}`)
}

/**
 * @param {Capture} capture
 * @param {Record<string, unknown>} message
 * @param {MessageFields} fields
 * @param {string} place
 */
function takeFields(capture, message, fields, place) {
  for (const key of capture.keys(message, place)) {
    if (!Object.hasOwn(MESSAGE_FIELDS, key)) continue
    const name = /** @type {keyof MessageFields} */ (Reflect.get(MESSAGE_FIELDS, key))
    // A message of a tool may name the call that it answers; others have ids for other reasons.
    if (name !== 'toolId' || fields.role === 'tool') fields[name] ??= capture.read(message, key, place)
  }
  // A copy of LangChain's message may have lost its getters, and has what it was made of.
  const made = capture.read(message, 'lc_kwargs', place)
  if (isObject(made)) fields.content ??= capture.read(made, 'content', `${place}.lc_kwargs`)
  const said = isArray(fields.content) ? 'content' : 'parts'
  const parts = said === 'content' ? fields.content : capture.read(message, 'parts', place)
  if (isArray(parts)) takeParts(capture, parts, fields, `${place}.${said}`)
  if (said === 'parts' && isArray(parts) && fields.role === 'model') fields.role = 'assistant'
  const invocations = capture.read(message, 'toolInvocations', place)
  if (!isArray(invocations)) return
  const heard = new Heard(capture)
  for (const item of capture.items(invocations, `${place}.toolInvocations`)) {
    if (isObject(item)) heard.invocation(item, `${place}.toolInvocations`)
  }
  heard.into(fields)
}

/**
 * LangChain's messages as JSON hold the message in a member.
 *
 * @param {Capture} capture
 * @param {Record<string, unknown>} message
 * @param {string} place
 * @returns {{ key: string, message: Record<string, unknown>, role: string } | null}
 */
function wrappedMessage(capture, message, place) {
  for (const key of ['kwargs', 'data']) {
    const inner = capture.read(message, key, place)
    if (!isObject(inner)) continue
    const id = key === 'kwargs' ? capture.read(message, 'id', place) : undefined
    const named = isArray(id) ? capture.items(id, place).at(-1) : capture.read(message, 'type', place)
    const role = roleOf(named)
    if (role !== undefined) return { key, message: inner, role }
  }
  return null
}

/**
 * @param {Capture} capture
 * @param {Record<string, unknown>} message
 * @param {string} place
 * @returns {string | undefined} by its type
 */
function langChainRole(capture, message, place) {
  if (!isLiteral(message)) {
    for (const name of ['_getType', 'getType']) {
      const type = capture.read(message, name, place)
      if (typeof type === 'function') return roleOf(answerOf(type, message))
    }
  }
  return roleOf(capture.read(message, 'type', place))
}

/**
 * @param {Function} type
 * @param {object} message
 * @returns {unknown}
 */
function answerOf(type, message) {
  try {
    return Reflect.apply(type, message, [])
  } catch {
    return undefined
  }
}

/**
 * @param {unknown} name
 * @returns {string | undefined}
 */
function roleOf(name) {
  return typeof name === 'string' ? ROLES.get(name) : undefined
}

/**
 * @param {Capture} capture
 * @param {unknown[]} parts
 * @param {MessageFields} fields their content is replaced by the parts' texts
 * @param {string} place
 */
function takeParts(capture, parts, fields, place) {
  const heard = new Heard(capture)
  const items = capture.items(parts, place)
  for (let index = 0; index < items.length; index++) heard.part(items[index], `${place}[${index}]`)
  fields.content = undefined
  heard.into(fields)
}

/** What the parts of a message say. */
class Heard {
  /** @type {string[]} */
  #texts = []
  /** @type {object[]} */
  #toolCalls = []
  /** @type {object[]} */
  #toolResults = []
  /** @type {object[]} */
  #imageParts = []
  /** @type {object[]} */
  #audioParts = []
  #capture

  /** @param {Capture} capture */
  constructor(capture) {
    this.#capture = capture
  }

  /** @param {MessageFields} fields */
  into(fields) {
    if (this.#texts.length > 0) fields.content = this.#texts.join('\n')
    for (const [name, more] of /** @type {const} */ ([
      ['toolCalls', this.#toolCalls],
      ['toolResults', this.#toolResults],
      ['imageParts', this.#imageParts],
      ['audioParts', this.#audioParts]
    ])) {
      if (more.length > 0 && !hasAny(fields[name])) fields[name] = more
    }
    if (fields.content === undefined && !hasAny(fields.toolCalls) && !hasAny(fields.toolResults))
      fields.content = ''
  }

  /**
   * @param {unknown} part
   * @param {string} place
   */
  part(part, place) {
    if (part === undefined || part === null) return
    if (typeof part === 'string') this.#texts.push(part)
    else if (isObject(part)) this.#object(part, place)
    else this.#capture.wrong('Message content must be a string.')
  }

  /**
   * @param {Record<string, unknown>} part
   * @param {string} place
   */
  #object(part, place) {
    const read = (/** @type {string} */ key) => this.#capture.read(part, key, place)
    const type = read('type')
    const name = typeof type === 'string' ? type : (GEMINI_PARTS.find(key => isGiven(read(key))) ?? '')
    switch (name) {
      case 'text':
      case 'input_text':
      case 'output_text':
      case 'refusal':
        return this.#text(read('text') ?? read('refusal'), place)
      case 'thinking':
      case 'reasoning':
      case 'step-start':
        // Not said to anybody.
        return
      case 'tool_use':
      case 'tool-call':
      case 'tool_call':
        return void this.#toolCalls.push(toolCallOf(this.#capture, part, place))
      case 'tool_result':
      case 'tool-result':
        return void this.#toolResults.push(toolResultOf(this.#capture, part, place))
      case 'functionCall':
        return this.#within(read(name), inner =>
          this.#toolCalls.push(toolCallOf(this.#capture, inner, place))
        )
      case 'functionResponse':
        return this.#within(read(name), inner =>
          this.#toolResults.push(toolResultOf(this.#capture, inner, place))
        )
      case 'tool-invocation':
        return this.#within(read('toolInvocation'), inner => this.invocation(inner, place))
      case 'image_url':
      case 'input_image':
        return this.#url(read('image_url'), place)
      case 'input_audio':
        return this.#within(read(name), inner => this.#audio(inner, place))
      case 'image':
      case 'file':
      case 'inlineData':
        return this.#media(read('source') ?? read('inlineData') ?? part, name, place)
      default:
        if (name === 'dynamic-tool' || name.startsWith('tool-')) return this.invocation(part, place, name)
        if (name !== '') this.#texts.push(`[${name.slice(0, 40)}]`)
    }
  }

  /**
   * The AI SDK has call and result in one.
   *
   * @param {Record<string, unknown>} part
   * @param {string} place
   * @param {string} [type]
   */
  invocation(part, place, type = '') {
    const call = toolCallOf(this.#capture, part, place)
    const name = call.name ?? (type.startsWith('tool-') ? type.slice('tool-'.length) : undefined)
    this.#toolCalls.push({ name, arguments: call.arguments, toolId: call.toolId })
    const output = this.#capture.read(part, 'output', place) ?? this.#capture.read(part, 'result', place)
    if (!isGiven(output)) return
    this.#toolResults.push({ name, toolId: call.toolId, result: resultText(this.#capture, output, place) })
  }

  /**
   * @param {unknown} text
   * @param {string} place
   */
  #text(text, place) {
    if (typeof text === 'string') this.#texts.push(text)
    else if (isGiven(text)) this.#texts.push(this.#capture.text(text, place) ?? '')
  }

  /**
   * @param {unknown} inner
   * @param {(inner: Record<string, unknown>) => void} take
   */
  #within(inner, take) {
    if (isObject(inner)) take(inner)
  }

  /**
   * @param {unknown} given a URL, or an object with one
   * @param {string} place
   */
  #url(given, place) {
    const url = isObject(given) ? this.#capture.read(given, 'url', place) : given
    if (typeof url !== 'string') return
    const mimeType = DATA_URL.exec(url)?.[1]
    if (mimeType === undefined) this.#texts.push(`[image: ${url}]`)
    else this.#imageParts.push({ mimeType, content: url.slice(url.indexOf(',') + 1) })
  }

  /**
   * @param {Record<string, unknown>} audio
   * @param {string} place
   */
  #audio(audio, place) {
    const content = this.#capture.read(audio, 'data', place)
    const format = this.#capture.read(audio, 'format', place)
    if (typeof content === 'string' && typeof format === 'string')
      this.#audioParts.push({ mimeType: `audio/${format}`, content })
    else this.#texts.push('[audio]')
  }

  /**
   * @param {unknown} source
   * @param {string} kind
   * @param {string} place
   */
  #media(source, kind, place) {
    if (!isObject(source)) return
    const read = (/** @type {string} */ key) => this.#capture.read(source, key, place)
    const mimeType = read('media_type') ?? read('mediaType') ?? read('mimeType')
    const content = read('data') ?? read('image') ?? read('url')
    if (typeof content === 'string' && DATA_URL.test(content)) this.#url(content, place)
    else if (typeof content !== 'string' || typeof mimeType !== 'string' || content.includes(':'))
      this.#texts.push(`[${kind}]`)
    else if (mimeType.startsWith('image/')) this.#imageParts.push({ mimeType, content })
    else if (mimeType.startsWith('audio/')) this.#audioParts.push({ mimeType, content })
    else this.#texts.push(`[${kind}: ${mimeType}]`)
  }
}

/** Gemini's parts have no type, but one field. */
const GEMINI_PARTS = ['text', 'functionCall', 'functionResponse', 'inlineData', 'fileData']

/**
 * @param {Capture} capture
 * @param {Record<string, unknown>} given
 * @param {string} place
 * @returns {{ name: unknown, arguments: unknown, toolId: unknown, type: unknown }} by the documented names
 */
function toolCallOf(capture, given, place) {
  const inner = capture.read(given, 'function', place)
  const owner = isObject(inner) ? inner : given
  const args = firstOf(capture, owner, TOOL_CALL_FIELDS.arguments, place)
  const type = capture.read(given, 'type', place)
  return {
    name: firstOf(capture, owner, TOOL_CALL_FIELDS.name, place),
    arguments: typeof args === 'string' ? parsedArguments(args) : args,
    toolId: firstOf(capture, given, TOOL_CALL_FIELDS.toolId, place),
    type: type === 'function' ? type : undefined
  }
}

/**
 * @param {Capture} capture
 * @param {Record<string, unknown>} given
 * @param {string} place
 * @returns {{ result: unknown, toolId: unknown, name: unknown, type: unknown }}
 */
function toolResultOf(capture, given, place) {
  const result = firstOf(capture, given, TOOL_RESULT_FIELDS.result, place)
  return {
    result: isGiven(result) ? resultText(capture, result, place) : result,
    toolId: firstOf(capture, given, TOOL_RESULT_FIELDS.toolId, place),
    name: firstOf(capture, given, TOOL_RESULT_FIELDS.name, place),
    type: undefined
  }
}

/**
 * @param {Capture} capture
 * @param {unknown} result
 * @param {string} place
 * @returns {string | undefined}
 */
function resultText(capture, result, place) {
  if (isArray(result)) {
    const parts = capture.items(result, place).map(part => partText(capture, part, place))
    if (parts.every(text => text !== undefined)) return parts.join('\n')
  } else if (isObject(result) && isGiven(capture.read(result, 'type', place))) {
    // The AI SDK says of a result what it is: `{ type: 'json', value }`.
    const value = capture.read(result, 'value', place)
    if (isGiven(value)) return capture.text(value, place)
  }
  return capture.text(result, place)
}

/**
 * @param {Capture} capture
 * @param {unknown} part
 * @param {string} place
 * @returns {string | undefined}
 */
function partText(capture, part, place) {
  const text = isObject(part) ? capture.read(part, 'text', place) : part
  return typeof text === 'string' ? text : undefined
}

/**
 * @param {string} text what a model wrote
 * @returns {object}
 */
function parsedArguments(text) {
  try {
    const parsed = text.length <= PARSED_CHARACTERS ? JSON.parse(text) : text
    return isObject(parsed) ? parsed : { value: parsed }
  } catch {
    return text === '' ? {} : { value: text }
  }
}

/**
 * @param {Capture} capture
 * @param {Record<string, unknown>} owner
 * @param {readonly string[]} names
 * @param {string} place
 * @returns {unknown} of the first that is given
 */
function firstOf(capture, owner, names, place) {
  for (const name of names) {
    const value = capture.read(owner, name, place)
    if (isGiven(value)) return value === UNREADABLE ? undefined : value
  }
  return undefined
}

/** @param {unknown} list */
function hasAny(list) {
  return isArray(list) ? list.length > 0 : isGiven(list)
}

module.exports = { firstOf, parsedArguments, readForeign, toolCallOf, toolResultOf }
