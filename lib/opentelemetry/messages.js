'use strict'

/**
 * Messages of models, whoever wrote them: parts of OpenTelemetry's conventions, OpenAI's chat and responses, Anthropic's
 * blocks, the AI SDK's parts, LangChain's serialized messages. What nobody knows stays as its JSON.
 */

const { jsonOf, parsedOf } = require('./readers')

/** @typedef {import('../..').Message} Message */
/** @typedef {Record<string, any>} Given */

/** Content of these is shown; other media, and what lies elsewhere, is a note. */
const IMAGES = /^image\/(png|jpeg|webp|gif)$/
const AUDIO = /^audio\//
const DATA_URI = /^data:([\w.+-]+\/[\w.+-]+)(?:;[^,]*)?;base64,(.*)$/s

const ROLES = new Map([
  ['human', 'user'],
  ['HumanMessage', 'user'],
  ['HumanMessageChunk', 'user'],
  ['ai', 'assistant'],
  ['AIMessage', 'assistant'],
  ['AIMessageChunk', 'assistant'],
  ['SystemMessage', 'system'],
  ['ToolMessage', 'tool'],
  ['FunctionMessage', 'tool'],
  ['model', 'assistant']
])

/** One message as it comes together. */
class Draft {
  /** @type {string[]} */
  texts = []
  /** @type {string[]} */
  reasoning = []
  /** @type {NonNullable<Message['toolCalls']>} */
  toolCalls = []
  /** @type {NonNullable<Message['toolResults']>} */
  toolResults = []
  /** @type {any[]} */
  imageParts = []
  /** @type {any[]} */
  audioParts = []

  /** @param {string} role */
  constructor(role) {
    this.role = role
  }

  /** @returns {Message[]} what was thought first */
  messages() {
    /** @type {Message[]} */
    const messages = []
    if (this.reasoning.length > 0) messages.push({ role: 'reasoning', content: this.reasoning.join('\n') })
    /** @type {Message} */
    const message = { role: this.role }
    if (this.texts.length > 0) message.content = this.texts.join('\n')
    for (const name of /** @type {const} */ (['toolCalls', 'toolResults', 'imageParts', 'audioParts'])) {
      if (this[name].length > 0) message[name] = /** @type {any} */ (this[name])
    }
    if (Object.keys(message).length > 1) messages.push(message)
    else if (messages.length === 0) messages.push({ role: this.role, content: '' })
    return messages
  }
}

/**
 * What one part of a message says.
 *
 * @type {Record<string, (draft: Draft, part: Given) => void>}
 */
const PARTS = {
  text: (draft, part) => addText(draft, part.text ?? part.content),
  input_text: (draft, part) => addText(draft, part.text),
  output_text: (draft, part) => addText(draft, part.text),
  refusal: (draft, part) => addText(draft, part.refusal),
  reasoning: addReasoning,
  thinking: addReasoning,
  tool_call: addCall,
  'tool-call': addCall,
  tool_use: addCall,
  function_call: addCall,
  tool_call_response: addResult,
  'tool-result': addResult,
  tool_result: addResult,
  function_call_output: addResult,
  image: addMedia,
  image_url: addMedia,
  input_image: addMedia,
  audio: addMedia,
  input_audio: addMedia,
  blob: addMedia,
  uri: addMedia,
  file: addMedia,
  document: addMedia
}

/**
 * @param {any} value a message, a list of them, a list of lists, or text
 * @param {string} [role] of what has none
 * @returns {Message[]}
 */
function messagesOf(value, role = '') {
  if (value === undefined || value === null) return []
  if (!Array.isArray(value)) return messageOf(value, role)
  if (value.length > 0 && value.every(isPart)) return messageOf({ role, parts: value }, role)
  /** @type {Message[]} */
  const messages = []
  for (let index = 0; index < value.length; index++) addMessages(messages, value[index], role)
  return messages
}

/**
 * @param {Message[]} messages
 * @param {any} given a message, or a list of them
 * @param {string} role
 */
function addMessages(messages, given, role) {
  const message = isObject(given) ? textMessageOf(given) : null
  if (message !== null) messages.push(message)
  else if (!Array.isArray(given)) messages.push(...messageOf(given, role))
  else for (const item of given) messages.push(...messageOf(item, role))
}

/**
 * What most messages are: a role, and a text or parts that are texts, by the semantic conventions.
 *
 * @param {Given} given
 * @returns {Message | null} null: it is, or may be, something else
 */
function textMessageOf(given) {
  let role
  let text
  for (const name in given) {
    const value = given[name]
    if (name === 'role') role = value
    else if (name === 'content' && text === undefined && typeof value === 'string') text = value
    else if (name === 'parts' && text === undefined) text = textOfParts(value)
    else if (name !== 'finish_reason') return null
  }
  if (typeof text !== 'string' || typeof role !== 'string' || role === 'tool' || ROLES.has(role)) return null
  return { role, content: text }
}

/** @param {any} parts @returns {string | null} null: one of them is no text */
function textOfParts(parts) {
  if (!Array.isArray(parts)) return null
  let whole = ''
  for (let index = 0; index < parts.length; index++) {
    const part = parts[index]
    if (!isObject(part) || part.type !== 'text' || part.text !== undefined) return null
    const { content } = part
    if (typeof content !== 'string') return null
    whole = whole === '' || content === '' ? whole + content : `${whole}\n${content}`
  }
  return whole
}

/**
 * @param {any} given
 * @param {string} role
 * @returns {Message[]}
 */
function messageOf(given, role) {
  if (typeof given === 'string') return [{ role, content: given }]
  if (typeof given !== 'object' || given === null) return [{ role, content: `${given}` }]
  const message = unwrapped(given)
  if (isPart(message))
    return messageOf({ role: message.role ?? roleOfPart(message, role), parts: [message] }, role)
  const draft = draftOfMessage(message, role)
  if (isEmpty(draft) && !isKnown(message)) addText(draft, jsonOf(given))
  return draft.messages()
}

/**
 * @param {Given} message
 * @param {string} role
 * @returns {Draft}
 */
function draftOfMessage(message, role) {
  const draft = new Draft(roleOf(message, role))
  if (draft.role === 'tool' && isAnswer(message))
    addResult(draft, { ...message, id: message.tool_call_id ?? message.toolCallId })
  else addContent(draft, message.parts ?? message.contents ?? message.content ?? null)
  if (typeof message.reasoning_content === 'string') draft.reasoning.push(message.reasoning_content)
  for (const call of listOf(message.tool_calls ?? message.toolCalls)) addCall(draft, call)
  if (isObject(message.function_call)) addCall(draft, message.function_call)
  return draft
}

/**
 * @param {Given} given
 * @returns {Given} what LangChain serialized, and Gemini's `{ role, parts: [{ text }] }`, in the shape of the others
 */
function unwrapped(given) {
  if (given.lc === 1 && isObject(given.kwargs)) {
    const type = Array.isArray(given.id) ? given.id.at(-1) : undefined
    return { ...given.kwargs, role: given.kwargs.role ?? type }
  }
  return isObject(given.message) && given.role === undefined
    ? { ...given.message, finish_reason: given.finish_reason }
    : given
}

/** @param {Given} message @param {string} role */
function roleOf(message, role) {
  const given = message.role ?? (message.parts === undefined ? message.type : undefined) ?? role
  return typeof given === 'string' ? (ROLES.get(given) ?? given) : role
}

/** @param {Given} part @param {string} role */
function roleOfPart(part, role) {
  if (PARTS[part.type] === addResult) return 'tool'
  return role || (PARTS[part.type] === addCall || PARTS[part.type] === addReasoning ? 'assistant' : role)
}

/** @param {any} value */
function isPart(value) {
  return (
    isObject(value) &&
    value.role === undefined &&
    typeof value.type === 'string' &&
    Object.hasOwn(PARTS, value.type)
  )
}

/** An answer of a tool in OpenAI's shape: its content is the answer. @param {Given} message */
function isAnswer(message) {
  const content = message.parts ?? message.content
  return !Array.isArray(content) || !content.some(isPart) || message.tool_call_id !== undefined
}

/** @param {Draft} draft */
function isEmpty(draft) {
  return ![
    draft.texts,
    draft.reasoning,
    draft.toolCalls,
    draft.toolResults,
    draft.imageParts,
    draft.audioParts
  ].some(list => list.length > 0)
}

/** @param {Given} message @returns {boolean} whether it is one, if an empty one */
function isKnown(message) {
  return ['role', 'content', 'parts', 'contents'].some(name => message[name] !== undefined)
}

/** @param {Draft} draft @param {any} content */
function addContent(draft, content) {
  if (content === null) return
  for (const part of Array.isArray(content) ? content : [content]) {
    if (!isObject(part)) addText(draft, part)
    else if (isPart(part)) PARTS[part.type](draft, part)
    else if (typeof part.text === 'string') addText(draft, part.text)
    else if (isObject(part.functionCall)) addCall(draft, part.functionCall)
    else if (isObject(part.functionResponse)) addResult(draft, part.functionResponse)
    else addText(draft, jsonOf(part))
  }
}

/** @param {Draft} draft @param {any} text */
function addText(draft, text) {
  if (text === undefined || text === null || text === '') return
  draft.texts.push(typeof text === 'string' ? text : (jsonOf(text) ?? ''))
}

/** @param {Draft} draft @param {Given} part */
function addReasoning(draft, part) {
  const thought = part.content ?? part.text ?? part.thinking ?? part.summary
  const texts = listOf(thought).map(item => (isObject(item) ? (item.text ?? jsonOf(item)) : item))
  for (const text of texts) if (typeof text === 'string' && text !== '') draft.reasoning.push(text)
}

/** @param {Draft} draft @param {any} call */
function addCall(draft, call) {
  if (!isObject(call)) return
  const fn = isObject(call.function) ? call.function : call
  const name = fn.name ?? fn.toolName
  draft.toolCalls.push({
    name: typeof name === 'string' ? name : '',
    arguments: argumentsOf(fn.arguments ?? fn.input ?? fn.args),
    ...idOf(call),
    type: 'function'
  })
}

/** @param {any} given @returns {Record<string, any>} a call's arguments are an object: others are its only member */
function argumentsOf(given) {
  const value = typeof given === 'string' ? (parsedOf(given) ?? given) : given
  if (isObject(value)) return value
  return value === undefined || value === null || value === '' ? {} : { value }
}

/** @param {Draft} draft @param {Given} part */
function addResult(draft, part) {
  const given = part.response ?? part.result ?? part.output ?? part.content ?? part.parts
  // The AI SDK says of what type it is.
  const value = isObject(given) && typeof given.type === 'string' && 'value' in given ? given.value : given
  const name = part.name ?? part.toolName
  draft.toolResults.push({
    ...(typeof name === 'string' && name !== '' ? { name } : null),
    result: resultOf(value),
    ...idOf(part),
    type: 'tool_result'
  })
}

/** @param {any} value */
function resultOf(value) {
  if (typeof value === 'string') return value
  const isTexts =
    Array.isArray(value) &&
    value.length > 0 &&
    value.every(part => isPart(part) && typeof part.text === 'string')
  if (isTexts) return value.map((/** @type {Given} */ part) => part.text).join('\n')
  return value === undefined ? '' : (jsonOf(value) ?? '')
}

/** @param {Given} call @returns {{ toolId?: string }} */
function idOf(call) {
  // OpenAI's items have an id of their own, too; answers name the call's.
  const id = call.call_id ?? call.id ?? call.tool_call_id ?? call.toolCallId ?? call.tool_use_id
  return typeof id === 'string' ? { toolId: id } : {}
}

/** @param {Draft} draft @param {Given} part */
function addMedia(draft, part) {
  const media = mediaOf(part)
  if (media.content !== null && IMAGES.test(media.mimeType)) {
    draft.imageParts.push({ mimeType: media.mimeType, content: media.content })
    draft.texts.push('[image]')
  } else if (media.content !== null && AUDIO.test(media.mimeType)) {
    draft.audioParts.push({ mimeType: media.mimeType, content: media.content })
    draft.texts.push('[audio]')
  } else if (media.content !== null) {
    draft.texts.push(`[${media.mimeType || part.type}: ${media.content.length} characters of base64]`)
  } else draft.texts.push(`[${media.mimeType || part.modality || part.type}: ${media.place || 'no content'}]`)
}

/**
 * @param {Given} part
 * @returns {{ mimeType: string, content: string | null, place: string }} content: base64
 */
function mediaOf(part) {
  const source = isObject(part.source) ? part.source : part
  const audio = isObject(part.input_audio) ? part.input_audio : null
  const nested = part.image_url ?? part.image ?? part.audio
  const url =
    [
      isObject(nested) ? (nested.url ?? nested.image?.url) : nested,
      source.uri,
      source.url,
      source.data,
      source.content
    ].find(candidate => typeof candidate === 'string') ?? ''
  const given = source.mime_type ?? source.media_type ?? source.mediaType ?? source.mimeType
  const mimeType = typeof given === 'string' ? given : audio === null ? '' : `audio/${audio.format}`
  if (typeof audio?.data === 'string') return { mimeType, content: audio.data, place: '' }
  const uri = DATA_URI.exec(url)
  if (uri !== null) return { mimeType: uri[1], content: uri[2], place: '' }
  const isInline =
    url !== '' &&
    !/^[a-z][a-z0-9+.-]*:/i.test(url) &&
    (part.type === 'blob' || source.data === url || part.type === 'image')
  if (isInline) return { mimeType: mimeType || 'image/png', content: url, place: '' }
  const place = url || part.file_id || part.filename || part.name
  return { mimeType, content: null, place: typeof place === 'string' ? place : '' }
}

/** @param {any} value @returns {any[]} */
function listOf(value) {
  if (value === undefined || value === null) return []
  return Array.isArray(value) ? value : [value]
}

/** @param {any} value @returns {value is Given} */
function isObject(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

module.exports = { draftOfMessage, isObject, listOf, messagesOf }
