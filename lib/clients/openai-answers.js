'use strict'

/** What OpenAI's APIs answer. */

const { messagesOf } = require('../opentelemetry/messages')
const { itemsOf } = require('./openai-items')
const { Collected, inOrder, isObject, listOf, metricsOf, settingsOf, sumOf, textsOf } = require('./shapes')

/** @typedef {import('./shapes').Given} Given */
/** @typedef {import('./shapes').Said} Said */

/** Settings of a response that the API decides where the request does not. */
const DECIDED = ['text', 'tool_choice', 'truncation']

/** Chat completions, and the older completions. */
class ChatAnswer extends Collected {
  /** @type {Map<number, Given>} */
  #choices = new Map()
  /** @type {Given} */
  #about = {}
  /** @type {Given | null} */
  #whole = null
  #audioFormat

  /** @param {Given} body of the request */
  constructor(body) {
    super()
    this.#audioFormat = body.audio?.format
  }

  /** @param {Given} completion */
  take(completion) {
    this.#whole = completion
  }

  /** @param {Given} chunk */
  receive(chunk) {
    if (typeof chunk.model === 'string' && chunk.model !== '') this.#about.model = chunk.model
    if (isObject(chunk.usage)) this.#about.usage = { ...chunk.usage }
    for (const choice of listOf(chunk.choices)) if (isObject(choice)) this.#add(choice)
  }

  /** @param {Given} given */
  #add(given) {
    const choice = this.pieces.part(this.#choices, given.index, () => ({
      message: { role: 'assistant' },
      calls: new Map()
    }))
    if (choice === null) return
    if (typeof given.finish_reason === 'string') choice.finish_reason = given.finish_reason
    const delta = isObject(given.delta) ? given.delta : {}
    const { message } = choice
    if (typeof delta.role === 'string') message.role = delta.role
    for (const [name, piece] of Object.entries({
      content: delta.content ?? given.text,
      refusal: delta.refusal,
      reasoning_content: delta.reasoning_content ?? delta.reasoning
    })) {
      this.pieces.add(message, name, piece)
      this.hasToken ||= typeof piece === 'string' && piece !== ''
    }
    if (isObject(delta.function_call)) {
      message.function_call ??= { name: '', arguments: '' }
      this.#addCall(message.function_call, delta.function_call)
    }
    for (const call of listOf(delta.tool_calls)) {
      if (!isObject(call)) continue
      const known = this.pieces.part(choice.calls, call.index, newCall)
      if (known === null) continue
      if (typeof call.id === 'string') known.id = call.id
      if (isObject(call.function)) this.#addCall(known.function, call.function)
    }
  }

  /** @param {Given} known @param {Given} delta */
  #addCall(known, delta) {
    this.hasToken = true
    this.pieces.add(known, 'name', delta.name)
    this.pieces.add(known, 'arguments', delta.arguments)
  }

  /** @returns {Said | null} */
  say() {
    if (this.#whole === null && this.#choices.size === 0 && this.#about.model === undefined) return null
    const completion = this.#whole ?? { ...this.#about, choices: inOrder(this.#choices).map(whole) }
    const choices = listOf(completion.choices).filter(isObject)
    return {
      outputData: choices.flatMap(choice => messagesOf(this.#messageOf(choice), 'assistant')),
      metrics: usageOf(completion.usage),
      finishReasons: textsOf(choices.map(({ finish_reason: reason }) => reason)),
      modelName: completion.model
    }
  }

  /** @param {Given} choice @returns {Given} */
  #messageOf(choice) {
    if (!isObject(choice.message)) return { role: 'assistant', content: choice.text ?? '' }
    const { audio, refusal, ...message } = choice.message
    message.content ??= refusal
    if (!isObject(audio)) return message
    const content = []
    if (typeof audio.transcript === 'string') content.push({ type: 'text', text: audio.transcript })
    if (typeof audio.data === 'string') {
      const input_audio = { data: audio.data, format: this.#audioFormat ?? 'wav' }
      content.push({ type: 'input_audio', input_audio })
    }
    return { ...message, content: message.content ?? content }
  }
}

/** @returns {Given} */
function newCall() {
  return { function: { name: '', arguments: '' } }
}

/** @param {Given} choice of a stream */
function whole({ message, calls, ...choice }) {
  return { ...choice, message: calls.size > 0 ? { ...message, tool_calls: inOrder(calls) } : message }
}

/** Of a response that still comes. @typedef {{ item: Given, text?: string, arguments?: string, isDone?: boolean }} Item */

/** Responses. The last event of a stream has all of it. */
class ResponseAnswer extends Collected {
  /** @type {Map<number, Item>} */
  #items = new Map()
  /** @type {Given | null} */
  #response = null
  /** @type {Given | null} */
  #error = null
  #isWhole = false

  /** @param {Given} response */
  take(response) {
    this.#response = response
    this.#isWhole = true
  }

  /** @param {Given} event */
  receive(event) {
    if (typeof event.type !== 'string') return
    if (event.type === 'error') this.#error = event
    if (isObject(event.response)) {
      this.#response = event.response
      this.#isWhole = /^response\.(completed|incomplete|failed)$/.test(event.type)
    }
    if (isObject(event.item)) {
      const part = this.pieces.part(this.#items, event.output_index, newItem)
      if (part !== null) {
        part.item = event.item
        part.isDone = event.type === 'response.output_item.done'
      }
    }
    if (event.type.endsWith('.delta')) this.#addDelta(event)
  }

  /** @param {Given} event */
  #addDelta({ type, output_index: index, delta }) {
    this.hasToken = true
    const part = this.pieces.part(this.#items, index, newItem)
    if (part === null) return
    if (type === 'response.output_text.delta' || type === 'response.refusal.delta')
      this.pieces.add(part, 'text', delta)
    else if (type === 'response.function_call_arguments.delta') this.pieces.add(part, 'arguments', delta)
  }

  /** @returns {Said | null} */
  say() {
    const response = this.#response
    if (response === null && this.#items.size === 0 && this.#error === null) return null
    const output = this.#isWhole ? response?.output : inOrder(this.#items).map(asFarAsItCame)
    const error = this.#error ?? (isObject(response?.error) ? response.error : null)
    return {
      outputData: messagesOf(typeof output === 'string' ? output : itemsOf(output), 'assistant'),
      metrics: usageOf(response?.usage),
      finishReasons: textsOf([response?.incomplete_details?.reason]),
      modelName: response?.model,
      metadata: response === null ? undefined : settingsOf(response, DECIDED),
      ...(error === null ? null : { error: failureOf(error) })
    }
  }
}

/** @returns {Item} */
function newItem() {
  return { item: { type: 'message' } }
}

/** @param {Item} part */
function asFarAsItCame({ item, text, arguments: args, isDone }) {
  if (isDone) return item
  if (args !== undefined) return { ...item, arguments: args }
  return text === undefined ? item : { role: 'assistant', ...item, content: [{ type: 'output_text', text }] }
}

/** @param {Given} error in an answer @returns {Error} without a stack: it was not thrown */
function failureOf({ code, message }) {
  const error = new Error(typeof message === 'string' ? message : '')
  error.name = typeof code === 'string' ? code : 'Error'
  error.stack = ''
  return error
}

/** Embeddings: how many, and how large. */
class EmbeddingAnswer extends Collected {
  /** @type {Given | null} */
  #whole = null

  /** @param {Given} whole */
  take(whole) {
    this.#whole = whole
  }

  receive() {}

  /** @returns {Said | null} */
  say() {
    if (this.#whole === null) return null
    const { data, usage, model } = this.#whole
    const embeddings = listOf(data)
    const [first] = embeddings
    const isText = typeof first?.embedding === 'string'
    const size =
      isText || first?.embedding?.length === undefined ? '' : ` with size ${first.embedding.length}`
    return {
      outputData: `[${embeddings.length} embedding(s) returned${size}]`,
      metrics: usageOf(usage),
      finishReasons: [],
      modelName: model
    }
  }
}

/**
 * @param {unknown} usage in the words of either API
 * @returns {Record<string, number>}
 */
function usageOf(usage) {
  if (!isObject(usage)) return {}
  const input = usage.input_tokens ?? usage.prompt_tokens
  const output = usage.output_tokens ?? usage.completion_tokens
  const inputDetails = usage.input_tokens_details ?? usage.prompt_tokens_details
  const outputDetails = usage.output_tokens_details ?? usage.completion_tokens_details
  return metricsOf([
    ['input_tokens', input],
    ['output_tokens', output],
    ['total_tokens', usage.total_tokens ?? sumOf(input, output)],
    // DeepSeek's own word for it is the second.
    ['cache_read_input_tokens', inputDetails?.cached_tokens ?? usage.prompt_cache_hit_tokens],
    ['cache_write_input_tokens', inputDetails?.cache_write_tokens],
    ['reasoning_output_tokens', outputDetails?.reasoning_tokens]
  ])
}

module.exports = { ChatAnswer, EmbeddingAnswer, ResponseAnswer }
