'use strict'

/** The calls of Anthropic's client that become spans, what their requests say, and what is answered. */

const { jsonOf } = require('../opentelemetry/readers')
const { messagesOf } = require('../opentelemetry/messages')
const { toolsOf } = require('../opentelemetry/tools')
const { observeClient } = require('./observe')
const { Collected, inOrder, isObject, listOf, metricsOf, resultOf, settingsOf, textsOf } = require('./shapes')

/** @typedef {import('./shapes').Given} Given */
/** @typedef {import('./shapes').Said} Said */

const SETTINGS = [
  'max_tokens',
  'metadata',
  'output_config',
  'service_tier',
  'stop_sequences',
  'stream',
  'temperature',
  'thinking',
  'tool_choice',
  'top_k',
  'top_p'
]

/** Where a delta's text goes. @type {Record<string, [place: string, member: string]>} */
const DELTAS = {
  text_delta: ['text', 'text'],
  thinking_delta: ['thinking', 'thinking'],
  input_json_delta: ['input', 'partial_json']
}

/** @param {Given} body @returns {import('./observe').Asked} */
function asked(body) {
  const system = body.system === undefined ? [] : [{ role: 'system', content: blocksOf(body.system) }]
  const messages = listOf(body.messages).map(message =>
    isObject(message) ? { ...message, content: blocksOf(message.content) } : message
  )
  return {
    inputData: messagesOf([...system, ...messages], 'user'),
    metadata: settingsOf(body, SETTINGS),
    toolDefinitions: toolsOf(body.tools)
  }
}

/** @param {any} content @returns {any} a text, or blocks that `messagesOf` knows */
function blocksOf(content) {
  return Array.isArray(content) ? content.map(block => (isObject(block) ? blockOf(block) : block)) : content
}

/** @param {Given} block @returns {Given} */
function blockOf(block) {
  const { type } = block
  // Its content is for the model alone.
  if (type === 'redacted_thinking') return { type: 'thinking', thinking: '[redacted]' }
  if (type === 'server_tool_use' || type === 'mcp_tool_use') return { ...block, type: 'tool_use' }
  if (typeof type === 'string' && type.endsWith('tool_result'))
    return { type: 'tool_result', tool_use_id: block.tool_use_id, content: resultOf(block.content, noteOf) }
  return block
}

/** @param {any} part @returns {string} */
function noteOf(part) {
  return isObject(part?.source) ? `[${part.type}]` : (jsonOf(part) ?? '')
}

/** Messages. */
class MessageAnswer extends Collected {
  /** @type {Map<number, Given>} */
  #blocks = new Map()
  /** @type {Given} */
  #message = {}
  #isWhole = false

  /** @param {Given} message */
  take(message) {
    this.#message = message
    this.#isWhole = true
  }

  /** @param {Given} event */
  receive(event) {
    if (event.type === 'message_start' && isObject(event.message)) this.#message = { ...event.message }
    else if (event.type === 'content_block_start') this.#begin(event)
    else if (event.type === 'content_block_delta') this.#add(event)
    else if (event.type === 'message_delta') {
      const { usage } = event
      // Counts are of the whole answer so far, and only some are told again.
      const told = Object.entries(isObject(usage) ? usage : {}).filter(
        ([, count]) => (count ?? null) !== null
      )
      this.#message = {
        ...this.#message,
        ...event.delta,
        usage: { ...this.#message.usage, ...Object.fromEntries(told) }
      }
    }
  }

  /** @param {Given} event */
  #begin({ index, content_block: block }) {
    if (!isObject(block)) return
    // A tool's input comes as text, in pieces.
    const isInput = isObject(block.input) && Object.keys(block.input).length === 0
    this.pieces.part(this.#blocks, index, () => (isInput ? { ...block, input: '' } : { ...block }))
  }

  /** @param {Given} event */
  #add({ index, delta }) {
    const [place, member] = DELTAS[delta?.type] ?? []
    const block = this.pieces.part(this.#blocks, index, () => ({ type: place ?? 'text' }))
    if (block === null || place === undefined || member === undefined) return
    this.hasToken = true
    this.pieces.add(block, place, delta[member])
  }

  /** @returns {Said | null} */
  say() {
    const message = this.#message
    if (!this.#isWhole && this.#blocks.size === 0 && message.model === undefined) return null
    const content = this.#isWhole ? message.content : inOrder(this.#blocks)
    return {
      outputData: messagesOf({ role: message.role ?? 'assistant', content: blocksOf(content) }, 'assistant'),
      metrics: usageOf(message.usage),
      finishReasons: textsOf([message.stop_reason]),
      modelName: message.model
    }
  }
}

/**
 * Of the input, what was read from a cache and written to one is told beside; here it counts, as in all other metrics.
 *
 * @param {unknown} usage
 * @returns {Record<string, number>}
 */
function usageOf(usage) {
  if (!isObject(usage)) return {}
  const { cache_creation_input_tokens: written, cache_read_input_tokens: read, cache_creation: split } = usage
  const input = [usage.input_tokens, written, read].reduce((sum, count) => sum + (count ?? 0), 0)
  return metricsOf([
    ['input_tokens', input],
    ['output_tokens', usage.output_tokens],
    ['total_tokens', input + (usage.output_tokens ?? 0)],
    ['cache_write_input_tokens', written],
    ['cache_read_input_tokens', read],
    ['ephemeral_5m_input_tokens', isObject(split) ? (split.ephemeral_5m_input_tokens ?? 0) : written],
    ['ephemeral_1h_input_tokens', isObject(split) ? (split.ephemeral_1h_input_tokens ?? 0) : written && 0],
    ['reasoning_output_tokens', usage.output_tokens_details?.thinking_tokens]
  ])
}

const PATHS = [
  ['messages'],
  ['beta', 'messages'],
  // Of older versions.
  ['beta', 'tools', 'messages'],
  ['beta', 'promptCaching', 'messages']
]

/** @type {import('./observe').Api} */
const ANTHROPIC = {
  packageName: '@anthropic-ai/sdk',
  endpoints: PATHS.map(path => ({
    path,
    operation: 'messages.create',
    kind: 'llm',
    asked,
    Answer: MessageAnswer
  })),
  // As dd-trace calls it.
  nameOf: () => 'anthropic.request'
}

/**
 * @template T
 * @param {T} client
 * @param {{ llmobs?: unknown }} [options]
 * @returns {T} the same, observed
 */
function observe(client, options) {
  return observeClient(ANTHROPIC, client, options)
}

module.exports = { observe }
