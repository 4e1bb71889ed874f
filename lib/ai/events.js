'use strict'

/**
 * What version 7 of the AI SDK tells of its operations, under the names by which versions 5 and 6 wrote the same to
 * OpenTelemetry: `lib/opentelemetry/conventions/` says what becomes of them. Headers and provider options are not read,
 * they may hold keys.
 */

const { isObject, listOf } = require('../opentelemetry/messages')
const { jsonOf } = require('../opentelemetry/readers')

/** @typedef {Record<string, any>} Given */
/** @typedef {(event: Given) => Given} Telling what an event says, as attributes */

/** An attribute, and where its value may stand; the first that is there counts. @typedef {[attribute: string, ...paths: string[]]} Row */

/** @type {Row[]} */
const CALL = [
  ['ai.telemetry.functionId', 'functionId'],
  ['ai.model.provider', 'provider'],
  ['ai.model.id', 'modelId'],
  ['ai.settings.maxRetries', 'maxRetries'],
  ['ai.prompt.toolChoice', 'toolChoice'],
  ['gen_ai.request.max_tokens', 'maxOutputTokens'],
  ['gen_ai.request.temperature', 'temperature'],
  ['gen_ai.request.top_p', 'topP'],
  ['gen_ai.request.top_k', 'topK'],
  ['gen_ai.request.presence_penalty', 'presencePenalty'],
  ['gen_ai.request.frequency_penalty', 'frequencyPenalty'],
  ['gen_ai.request.stop_sequences', 'stopSequences'],
  ['gen_ai.request.seed', 'seed'],
  ['gen_ai.request.reasoning', 'reasoning']
]

/** @type {Row[]} */
const ANSWER = [
  ['ai.response.finishReason', 'finishReason.unified', 'finishReason'],
  ['ai.response.id', 'response.id', 'responseId'],
  ['ai.response.model', 'response.modelId'],
  ['ai.response.providerMetadata', 'providerMetadata'],
  ['ai.response.msToFirstChunk', 'performance.timeToFirstOutputMs', 'msToFirstChunk'],
  ['ai.usage.inputTokens', 'usage.inputTokens.total', 'usage.inputTokens'],
  ['ai.usage.outputTokens', 'usage.outputTokens.total', 'usage.outputTokens'],
  ['ai.usage.totalTokens', 'usage.totalTokens'],
  ['ai.usage.tokens', 'usage.tokens'],
  [
    'ai.usage.inputTokenDetails.noCacheTokens',
    'usage.inputTokens.noCache',
    'usage.inputTokenDetails.noCacheTokens'
  ],
  [
    'ai.usage.inputTokenDetails.cacheReadTokens',
    'usage.inputTokens.cacheRead',
    'usage.inputTokenDetails.cacheReadTokens'
  ],
  [
    'ai.usage.inputTokenDetails.cacheWriteTokens',
    'usage.inputTokens.cacheWrite',
    'usage.inputTokenDetails.cacheWriteTokens'
  ],
  [
    'ai.usage.outputTokenDetails.textTokens',
    'usage.outputTokens.text',
    'usage.outputTokenDetails.textTokens'
  ],
  [
    'ai.usage.outputTokenDetails.reasoningTokens',
    'usage.outputTokens.reasoning',
    'usage.outputTokenDetails.reasoningTokens'
  ]
]

/** @type {Row[]} */
const SCHEMA = [
  ['ai.schema', 'schema'],
  ['ai.schema.name', 'schemaName'],
  ['ai.schema.description', 'schemaDescription'],
  ['ai.settings.output', 'output']
]

/** Parts of an answer that are not said of its message. */
const BESIDE = ['source', 'tool-approval-request', 'tool-input-start', 'tool-input-delta', 'tool-input-end']

/** @param {Row[]} rows @param {Given} event @returns {Given} */
function read(rows, event) {
  /** @type {Given} */
  const attributes = {}
  for (const [attribute, ...paths] of rows) {
    const value = paths.map(path => at(event, path)).find(value => isPlain(value))
    if (value !== undefined) attributes[attribute] = value
  }
  return attributes
}

/** @param {any} event @param {string} path */
function at(event, path) {
  return path.split('.').reduce((value, step) => (isObject(value) ? value[step] : undefined), event)
}

/** @param {any} value a usage of another shape stands where a number is looked for */
function isPlain(value) {
  return value !== undefined && value !== null && !(isObject(value) && 'total' in value)
}

/** @param {Given} event @returns {Given} what the application wants to be told of its context */
function contextOf({ runtimeContext }) {
  if (!isObject(runtimeContext)) return {}
  return Object.fromEntries(
    Object.keys(runtimeContext).map(name => [`ai.telemetry.metadata.${name}`, runtimeContext[name]])
  )
}

/** @param {Given} event @returns {Given} of a whole operation */
function whole(event) {
  return { 'ai.operationId': event.operationId, ...read(CALL, event), ...contextOf(event) }
}

/** @param {Given} event */
function promptOf({ prompt, messages }) {
  // Instructions are told of the model's calls.
  return { prompt, messages: listOf(messages).length > 0 ? messages : undefined }
}

/** @param {any} content @returns {Given[]} */
function partsOf(content) {
  return listOf(content)
    .filter(part => isObject(part) && !BESIDE.includes(part.type))
    .map(part => (isObject(part.file) ? { ...part, ...fileOf(part.file) } : part))
}

/** @param {Given} file as the AI SDK wraps one */
function fileOf({ base64, mediaType }) {
  return { type: 'file', mediaType, data: typeof base64 === 'string' ? base64 : undefined }
}

/** @param {any} content of an answer @returns {Given} */
function answered(content) {
  const parts = partsOf(content)
  return parts.length === 0 ? {} : { 'gen_ai.output.messages': [{ role: 'assistant', parts }] }
}

/** @param {any} values that are embedded; each as JSON, as texts may look like it */
function valuesOf(values) {
  const texts = listOf(values).filter(value => value !== '')
  return texts.length === 0 ? undefined : texts.map(jsonOf)
}

/** @param {Given} event @returns {Given} */
function generation(event) {
  return { ...whole(event), 'ai.prompt': promptOf(event) }
}

/** @param {Given} event @returns {Given} */
function embedding(event) {
  return {
    ...whole(event),
    // It is one call of the model, or several in a row, and no span is below.
    'ai.operationId': `${event.operationId}.doEmbed`,
    'ai.values': valuesOf(event.value ?? event.values)
  }
}

/** @param {Given} result @returns {Given} */
function embedded(result) {
  const { embedding: one, embeddings } = result
  return { ...read(ANSWER, result), 'ai.embeddings': one === undefined ? embeddings : [one] }
}

/** @param {Given} result @returns {Given} */
function ranked({ ranking }) {
  const documents = listOf(ranking)
    .filter(isObject)
    .map(({ document, score }) => ({ content: document, score }))
  return { 'gen_ai.retrieval.documents': documents }
}

/** @param {Given} event @returns {Given} */
function modelCall(event) {
  const { instructions, messages, tools } = event
  return {
    ...read(CALL, event),
    'gen_ai.system_instructions': instructions,
    'ai.prompt.messages': messages,
    'ai.prompt.tools': Array.isArray(tools) ? tools : undefined
  }
}

/** @param {Given} result @returns {Given} */
function modelAnswer(result) {
  const at = result.response?.timestamp
  return {
    ...read(ANSWER, result),
    ...answered(result.content),
    'ai.response.timestamp': at instanceof Date ? at.toISOString() : undefined
  }
}

/** @param {Given} event @returns {Given} */
function tool({ functionId, toolCall }) {
  return {
    'ai.operationId': 'ai.toolCall',
    'ai.telemetry.functionId': functionId,
    'ai.toolCall.name': toolCall?.toolName,
    'ai.toolCall.id': toolCall?.toolCallId,
    'ai.toolCall.args': toolCall?.input
  }
}

/** What each type of message says at its start. @type {Record<string, Telling>} */
const STARTS = {
  generateText: generation,
  streamText: generation,
  step: ({ functionId }) => ({
    'gen_ai.operation.name': 'agent_step',
    'ai.telemetry.functionId': functionId
  }),
  languageModelCall: modelCall,
  executeTool: tool,
  embed: embedding,
  embedMany: embedding,
  rerank: event => ({
    ...whole(event),
    'gen_ai.retrieval.query.text': event.query,
    'gen_ai.retrieval.top_k': event.topN
  }),
  generateSpeech: event => ({ ...whole(event), 'ai.prompt': event.text }),
  transcribe: whole,
  streamTranscribe: whole
}

/** And by its result. @type {Record<string, Telling>} */
const ENDS = {
  languageModelCall: modelAnswer,
  executeTool: ({ output }) => ({
    'ai.toolCall.result': output?.type === 'tool-error' ? undefined : output?.output
  }),
  embed: embedded,
  embedMany: embedded,
  rerank: ranked,
  transcribe: ({ text }) => ({ 'ai.response.text': text })
}

/** What the callbacks for objects say, which no channel tells of. @type {Record<string, Telling>} */
const OBJECTS = {
  start: event => ({ ...generation(event), ...read(SCHEMA, event) }),
  callStart: event => ({ ...read(CALL, event), 'ai.prompt.messages': event.promptMessages }),
  callEnd: event => ({
    ...modelAnswer(event),
    'ai.response.object': event.objectText === '' ? undefined : event.objectText,
    'ai.response.reasoning': event.reasoning
  }),
  end: event => ({ ...read(ANSWER, event), 'ai.response.object': jsonOf(event.object) })
}

module.exports = { ENDS, OBJECTS, STARTS, answered }
