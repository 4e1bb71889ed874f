'use strict'

/** The calls of OpenAI's client that become spans, and what their requests say. */

const { messagesOf } = require('../opentelemetry/messages')
const { toolsOf } = require('../opentelemetry/tools')
const { observeClient } = require('./observe')
const { ChatAnswer, EmbeddingAnswer, ResponseAnswer } = require('./openai-answers')
const { itemsOf } = require('./openai-items')
const { isObject, listOf, settingsOf } = require('./shapes')

/** @typedef {import('./shapes').Given} Given */
/** @typedef {import('./observe').Asked} Asked */

const CHAT_SETTINGS = [
  'audio',
  'best_of',
  'echo',
  'frequency_penalty',
  'function_call',
  'logit_bias',
  'logprobs',
  'max_completion_tokens',
  'max_tokens',
  'metadata',
  'modalities',
  'n',
  'parallel_tool_calls',
  'presence_penalty',
  'prompt_cache_key',
  'reasoning_effort',
  'response_format',
  'safety_identifier',
  'seed',
  'service_tier',
  'stop',
  'store',
  'stream',
  'stream_options',
  'temperature',
  'tool_choice',
  'top_k',
  'top_logprobs',
  'top_p',
  'user',
  'verbosity'
]
const RESPONSE_SETTINGS = [
  'background',
  'include',
  'max_output_tokens',
  'max_tool_calls',
  'metadata',
  'parallel_tool_calls',
  'previous_response_id',
  'prompt_cache_key',
  'reasoning',
  'safety_identifier',
  'service_tier',
  'store',
  'stream',
  'temperature',
  'text',
  'tool_choice',
  'top_logprobs',
  'top_p',
  'truncation',
  'user'
]

/** Names in spans are those that dd-trace gives. @type {Record<string, string>} */
const CLIENT_NAMES = { azure_openai: 'AzureOpenAI', deepseek: 'DeepSeek' }

/** @param {Given} body @returns {Asked} */
function askedChat(body) {
  return {
    inputData: messagesOf(body.messages, 'user'),
    metadata: settingsOf(body, CHAT_SETTINGS),
    toolDefinitions: toolsOf(body.tools ?? body.functions)
  }
}

/** @param {Given} body @returns {Asked} */
function askedCompletion(body) {
  const prompts = listOf(body.prompt)
  const isTexts = prompts.every(prompt => typeof prompt === 'string')
  return {
    inputData: isTexts
      ? prompts.map(content => ({ role: '', content }))
      : documentsOf(body.prompt).map(toMessage),
    metadata: settingsOf(body, CHAT_SETTINGS)
  }
}

/** @param {{ text: string }} document */
function toMessage({ text }) {
  return { role: '', content: text }
}

/** @param {Given} body @returns {Asked} */
function askedResponse(body) {
  const { instructions, input, prompt } = body
  const system = typeof instructions === 'string' ? [{ role: 'system', content: instructions }] : []
  return {
    inputData: [...system, ...messagesOf(typeof input === 'string' ? input : itemsOf(input), 'user')],
    metadata: settingsOf(body, RESPONSE_SETTINGS),
    toolDefinitions: toolsOf(body.tools),
    ...(isObject(prompt) ? { prompt: promptOf(prompt) } : null)
  }
}

/**
 * @param {Given} prompt kept at OpenAI
 * @returns {Given}
 */
function promptOf({ id, version, variables }) {
  const values = Object.entries(isObject(variables) ? variables : {}).map(([name, value]) => {
    const text = isObject(value)
      ? (value.text ?? value.file_id ?? value.filename ?? `[${value.type}]`)
      : value
    return [name, `${text}`]
  })
  return {
    ...(typeof id === 'string' ? { id } : null),
    ...(typeof version === 'string' ? { version } : null),
    variables: Object.fromEntries(values)
  }
}

/** @param {Given} body @returns {Asked} */
function askedEmbedding(body) {
  return {
    inputData: documentsOf(body.input),
    metadata: { encoding_format: 'float', ...settingsOf(body, ['dimensions', 'encoding_format', 'user']) }
  }
}

/**
 * @param {unknown} input a text, tokens, or a list of either
 * @returns {{ text: string }[]}
 */
function documentsOf(input) {
  const isTokens = Array.isArray(input) && input.length > 0 && input.every(Number.isFinite)
  return listOf(isTokens ? [input] : input).map(text => ({
    text: typeof text === 'string' ? text : `[${listOf(text).length} tokens]`
  }))
}

/** @type {import('./observe').Endpoint[]} */
const ENDPOINTS = [
  {
    path: ['chat', 'completions'],
    operation: 'createChatCompletion',
    kind: 'llm',
    asked: askedChat,
    Answer: ChatAnswer
  },
  {
    path: ['completions'],
    operation: 'createCompletion',
    kind: 'llm',
    asked: askedCompletion,
    Answer: ChatAnswer
  },
  {
    path: ['responses'],
    operation: 'createResponse',
    kind: 'llm',
    asked: askedResponse,
    Answer: ResponseAnswer
  },
  {
    path: ['embeddings'],
    operation: 'createEmbedding',
    kind: 'embedding',
    asked: askedEmbedding,
    Answer: EmbeddingAnswer
  }
]

/** @type {import('./observe').Api} */
const OPENAI = {
  packageName: 'openai',
  endpoints: ENDPOINTS,
  nameOf: (operation, provider) => `${CLIENT_NAMES[provider] ?? 'OpenAI'}.${operation}`
}

/**
 * @template T
 * @param {T} client
 * @param {{ llmobs?: unknown }} [options]
 * @returns {T} the same, observed
 */
function observe(client, options) {
  return observeClient(OPENAI, client, options)
}

module.exports = { observe }
