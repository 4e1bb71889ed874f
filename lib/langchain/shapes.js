'use strict'

/** LangChain's messages, answers and documents in the shapes that spans have. Classes of all versions, by structure. */

const { isObject, listOf, messagesOf } = require('../opentelemetry/messages')

/** @typedef {Record<string, any>} Given */

/** @type {Record<string, string>} */
const ROLES = { human: 'user', ai: 'assistant' }
/** How deep messages are looked for in what a chain gets and gives. */
const LEVELS_MAX = 4
const ENTRIES_MAX = 1000

/** @param {any} value @returns {value is Given} an instance of `BaseMessage` */
function isMessage(value) {
  return (
    isObject(value) &&
    (typeof value.getType === 'function' || typeof value._getType === 'function') &&
    'content' in value
  )
}

/** @param {Given} message @returns {Given} */
function plainMessage(message) {
  const role = typeof message.getType === 'function' ? message.getType() : message._getType()
  return {
    role: ROLES[role] ?? (role === 'generic' ? message.role : role),
    content: message.content,
    ...(listOf(message.tool_calls).length > 0 ? { tool_calls: message.tool_calls } : null),
    ...(typeof message.tool_call_id === 'string' ? { tool_call_id: message.tool_call_id } : null),
    ...(typeof message.name === 'string' ? { name: message.name } : null)
  }
}

/** @param {any} messages instances, or lists of them @returns {import('../..').Message[]} */
function messages(messages) {
  const plain = listOf(messages)
    .flat(2)
    .map(message => (isMessage(message) ? plainMessage(message) : message))
  return plain.flatMap(message => messagesOf(message, 'user'))
}

/**
 * What a chain or a tool gets or gives: text where it is one text, and otherwise as it is, with messages as messages.
 *
 * @param {any} value
 * @returns {any}
 */
function plainValue(value) {
  const plain = plainAt(value, 0)
  if (!isObject(plain)) return plain
  const names = Object.keys(plain)
  if (names.length === 1 && ['input', 'output'].includes(names[0]) && typeof plain[names[0]] === 'string')
    return plain[names[0]]
  return isMessage(value) && typeof plain.content === 'string' && plain.tool_calls === undefined
    ? plain.content
    : plain
}

/** @param {any} value @param {number} level @returns {any} */
function plainAt(value, level) {
  if (isMessage(value)) return plainMessage(value)
  // What a prompt gives to a model.
  if (isObject(value) && typeof value.toChatMessages === 'function')
    return { messages: listOf(value.toChatMessages()).map(message => plainAt(message, level + 1)) }
  if (level >= LEVELS_MAX || typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.slice(0, ENTRIES_MAX).map(item => plainAt(item, level + 1))
  const prototype = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) return value
  const names = Object.keys(value).slice(0, ENTRIES_MAX)
  return Object.fromEntries(names.map(name => [name, plainAt(value[name], level + 1)]))
}

/** @param {any} documents @returns {any[]} */
function plainDocuments(documents) {
  return listOf(documents).map(document => {
    if (!isObject(document)) return `${document}`
    const { pageContent, id, metadata } = document
    const name = metadata?.source ?? metadata?.title
    return {
      text: typeof pageContent === 'string' ? pageContent : '',
      ...(typeof id === 'string' ? { id } : null),
      ...(typeof name === 'string' ? { name } : null),
      ...(typeof metadata?.score === 'number' ? { score: metadata.score } : null)
    }
  })
}

/**
 * @param {any} result of a model
 * @returns {{ outputData: any[], metrics: Record<string, number>, metadata: Record<string, any>, modelName?: string }}
 */
function answer(result) {
  const generations = listOf(result?.generations).flat(1).filter(isObject)
  const outputData = generations.flatMap(({ message, text }) =>
    message === undefined ? [{ role: 'assistant', content: `${text ?? ''}` }] : messages([message])
  )
  const spoken = generations.map(({ message }) => message).filter(isObject)
  const about = spoken.map(({ response_metadata: about }) => about).find(isObject) ?? {}
  const reasons = generations
    .map(
      ({ generationInfo, message }) =>
        generationInfo?.finish_reason ??
        message?.response_metadata?.finish_reason ??
        message?.response_metadata?.stop_reason
    )
    .filter(reason => typeof reason === 'string')
  const modelName = about.model_name ?? about.model ?? result?.llmOutput?.model_name
  return {
    outputData,
    metrics: usage(spoken, result?.llmOutput),
    metadata: reasons.length > 0 ? { finish_reasons: reasons } : {},
    ...(typeof modelName === 'string' ? { modelName } : null)
  }
}

/** Names of token counts: of messages, and of what models gave before. @type {[metric: string, ...paths: string[]][]} */
const COUNTS = [
  ['input_tokens', 'input_tokens', 'promptTokens', 'prompt_tokens'],
  ['output_tokens', 'output_tokens', 'completionTokens', 'completion_tokens'],
  ['total_tokens', 'total_tokens', 'totalTokens'],
  ['cache_read_input_tokens', 'input_token_details.cache_read'],
  ['cache_write_input_tokens', 'input_token_details.cache_creation'],
  ['reasoning_output_tokens', 'output_token_details.reasoning']
]

/** @param {Given[]} spoken @param {any} llmOutput @returns {Record<string, number>} */
function usage(spoken, llmOutput) {
  const told = spoken.map(({ usage_metadata: told }) => told).filter(isObject)
  const source =
    told.length > 0
      ? told
      : [llmOutput?.tokenUsage, llmOutput?.estimatedTokenUsage, llmOutput?.usage].filter(isObject).slice(0, 1)
  /** @type {Record<string, number>} */
  const metrics = {}
  for (const [metric, ...paths] of COUNTS) {
    for (const counts of source) {
      const count = paths
        .map(path => path.split('.').reduce((at, step) => at?.[step], /** @type {any} */ (counts)))
        .find(Number.isFinite)
      if (count !== undefined) metrics[metric] = (metrics[metric] ?? 0) + count
    }
  }
  return metrics
}

module.exports = { answer, messages, plainDocuments, plainValue }
