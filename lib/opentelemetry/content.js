'use strict'

/** Inputs and outputs in the shape that a span of each kind has. */

const { isObject, listOf, messagesOf } = require('./messages')
const { isLikeJson, jsonOf, parsedOf } = require('./readers')

/** @typedef {import('../..').Message} Message */
/** @typedef {Record<string, any>} Fields */

/** Of requests and answers of models: where they hold messages. */
const REQUEST_MESSAGES = ['messages', 'contents', 'input', 'prompt', 'prompts']
const RESPONSE_MESSAGES = ['choices', 'output', 'generations', 'messages', 'candidates', 'content']

/**
 * @param {string} kind
 * @param {Fields} fields
 * @returns {any} as `annotate` takes it; undefined: nothing is known
 */
function inputOf(kind, fields) {
  switch (kind) {
    case 'llm':
      return filled(inputMessages(fields))
    case 'embedding':
      return filled(documentsOf(fields['input.documents'] ?? textsOf(fields)))
    case 'agent':
      // Its instructions are told of the agent.
      return fields['input.value'] ?? promptOf(fields) ?? shownOf(requested(fields), false)
    default:
      return (
        fields['input.value'] ??
        promptOf(fields) ??
        shownOf(inputMessages(fields), false) ??
        textOf(fields['input.documents'])
      )
  }
}

/**
 * @param {string} kind
 * @param {Fields} fields
 * @returns {any}
 */
function outputOf(kind, fields) {
  switch (kind) {
    case 'llm':
      return filled(outputMessages(fields))
    case 'retrieval':
      return filled(documentsOf(fields['output.documents'] ?? fields['output.value'] ?? fields['output.any']))
    case 'embedding':
      return embeddingsOf(fields)
    default:
      return (
        fields['output.value'] ??
        textOf(fields['output.any']) ??
        shownOf(outputMessages(fields), true) ??
        embeddingsOf(fields)
      )
  }
}

/** @param {Fields} fields @returns {Message[]} the system's first */
function inputMessages(fields) {
  const messages = requested(fields)
  const system =
    fields['input.system'] ??
    fields['input.prompt']?.system ??
    fields['input.request']?.config?.system_instruction
  if (system === undefined || system === null) return messages
  const before = messagesOf(system, 'system').filter(({ content }) => content !== '')
  return messages.some(({ role }) => role === 'system') ? messages : [...before, ...messages]
}

/** @param {Fields} fields @returns {Message[]} */
function requested(fields) {
  if (fields['input.messages'] !== undefined) return messagesOf(fields['input.messages'], 'user')
  const prompt = fields['input.prompt']
  if (isObject(prompt)) return messagesOf(prompt.messages ?? prompt.prompt, 'user')
  const given = fields['input.request'] ?? fields['input.any'] ?? fields['input.value']
  return given === undefined ? [] : insideOf(given, REQUEST_MESSAGES, 'user')
}

/** @param {Fields} fields @returns {Message[]} */
function outputMessages(fields) {
  if (fields['output.messages'] !== undefined) return messagesOf(fields['output.messages'], 'assistant')
  const { 'output.text': text, 'output.reasoning': reasoning, 'output.calls': calls } = fields
  if (text !== undefined || reasoning !== undefined || calls !== undefined)
    return messagesOf({ role: 'assistant', parts: partsOf(reasoning, text, calls) }, 'assistant')
  const given = fields['output.response'] ?? fields['output.any'] ?? fields['output.value']
  return given === undefined ? [] : insideOf(given, RESPONSE_MESSAGES, 'assistant')
}

/**
 * The AI SDK's answer.
 *
 * @param {any} reasoning
 * @param {any} text
 * @param {any} calls
 */
function partsOf(reasoning, text, calls) {
  return [
    ...listOf(reasoning).map(thought => ({ type: 'reasoning', text: thought })),
    ...listOf(text).map(said => ({ type: 'text', text: said })),
    ...listOf(calls).map(call =>
      isObject(call) ? { ...call, type: 'tool-call', id: call.toolCallId } : call
    )
  ]
}

/**
 * A whole request or answer: the messages in it.
 *
 * @param {any} given
 * @param {string[]} names
 * @param {string} role
 * @returns {Message[]}
 */
function insideOf(given, names, role) {
  const value = typeof given === 'string' && isLikeJson(given) ? (parsedOf(given) ?? given) : given
  if (!isObject(value) || value.role !== undefined) return messagesOf(value, role)
  const inside = names.map(name => value[name]).find(item => item !== undefined && item !== null)
  return inside === undefined ? messagesOf(value, role) : messagesOf(inside, role)
}

/** The AI SDK's prompt of a whole call. @param {Fields} fields */
function promptOf(fields) {
  const prompt = fields['input.prompt']
  if (prompt === undefined) return textOf(fields['input.any'] ?? fields['input.request'])
  if (!isObject(prompt)) return textOf(prompt)
  return typeof prompt.prompt === 'string' ? prompt.prompt : undefined
}

/** @param {any} value */
function textOf(value) {
  return value === undefined || typeof value === 'string' ? value : jsonOf(value)
}

/**
 * Messages of a span that has a text: the one text, or all that was said, or their JSON.
 *
 * @param {Message[]} messages
 * @param {boolean} isOutput whose texts alone are told where there are any: calls of tools are spans below
 */
function shownOf(messages, isOutput) {
  const texts = messages.filter(({ role }) => role !== 'reasoning').flatMap(({ content }) => content || [])
  if (messages.length === 0) return undefined
  if (texts.length > 0 && (messages.length === 1 || isOutput)) return texts.join('\n')
  return jsonOf(messages)
}

/** @param {Fields} fields @returns {any} texts that were embedded */
function textsOf(fields) {
  const value = fields['input.value'] ?? fields['input.any']
  if (value === undefined) return inputMessages(fields).flatMap(({ content }) => content || [])
  const parsed = typeof value === 'string' ? (parsedOf(value) ?? value) : value
  return isObject(parsed) && parsed.input !== undefined ? parsed.input : parsed
}

/** @param {any} given @returns {any[]} */
function documentsOf(given) {
  const value = typeof given === 'string' && isLikeJson(given) ? (parsedOf(given) ?? given) : given
  const list = isObject(value) && Array.isArray(value.documents) ? value.documents : value
  return listOf(list).map(documentOf)
}

/** @param {any} item */
function documentOf(item) {
  if (!isObject(item)) return { text: typeof item === 'string' ? item : (jsonOf(item) ?? '') }
  const text = item.text ?? item.content ?? item.pageContent ?? item.page_content
  const metadata = isObject(item.metadata) ? item.metadata : {}
  const name = item.name ?? metadata.name ?? metadata.title ?? metadata.source
  return {
    text: typeof text === 'string' ? text : (jsonOf(text ?? item) ?? ''),
    ...(typeof name === 'string' ? { name } : null),
    ...(typeof (item.id ?? metadata.id) === 'string' ? { id: item.id ?? metadata.id } : null),
    ...(typeof item.score === 'number' && Number.isFinite(item.score) ? { score: item.score } : null)
  }
}

/** @param {Fields} fields */
function embeddingsOf(fields) {
  const embeddings = fields['output.embeddings']
  if (embeddings !== undefined) {
    const vectors = isVector(embeddings) ? [embeddings] : listOf(embeddings)
    const [first] = vectors
    return returned(vectors.length, Array.isArray(first) ? first.length : 0)
  }
  if (fields['output.value'] !== undefined) return fields['output.value']
  const count = Array.isArray(fields['input.documents']) ? fields['input.documents'].length : 0
  return count === 0 ? textOf(fields['output.any']) : returned(count, 0)
}

/** @param {any} value */
function isVector(value) {
  return Array.isArray(value) && typeof value[0] === 'number'
}

/** @param {number} count @param {number} size */
function returned(count, size) {
  return `[${count} embedding(s) returned${size > 0 ? ` with size ${size}` : ''}]`
}

/** @param {any[]} list */
function filled(list) {
  return list.length === 0 ? undefined : list
}

module.exports = { inputOf, outputOf }
