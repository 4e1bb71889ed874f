'use strict'

/**
 * What a span of the Agents SDK says, under the names of OpenTelemetry's conventions: `lib/opentelemetry/conventions/` says
 * what becomes of them.
 */

const { isObject, listOf } = require('../opentelemetry/messages')

/** @typedef {Record<string, any>} Given */

/** Spans between, of versions since 0.14: what is below them is below what is above them. */
const BETWEEN = ['task', 'turn']
const OPENAI = /^https?:\/\/(?:[\w-]+\.)*openai\.(?:com|azure\.com)(?=[:/]|$)/i

/** By the type of a span. @type {Record<string, (data: Given) => Given>} */
const TYPES = {
  agent: data => ({
    'gen_ai.operation.name': 'invoke_agent',
    'gen_ai.agent.name': data.name,
    'gen_ai.output.type': data.output_type,
    ...asMetadata({ handoffs: filled(data.handoffs), tools: filled(data.tools) })
  }),
  function: data => ({
    'gen_ai.operation.name': 'execute_tool',
    'gen_ai.tool.name': data.name,
    'gen_ai.tool.call.arguments': data.input,
    'gen_ai.tool.call.result': data.output,
    ...asMetadata({ mcp_data: data.mcp_data })
  }),
  generation,
  response,
  handoff: ({ from_agent: from, to_agent: to }) => ({
    'gen_ai.operation.name': 'execute_tool',
    'gen_ai.tool.name':
      typeof to === 'string' ? `transfer_to_${to.replaceAll(' ', '_').toLowerCase()}` : 'handoff',
    ...asMetadata({ from_agent: from, to_agent: to })
  }),
  guardrail: data => ({ 'gen_ai.operation.name': 'plan', ...asMetadata({ triggered: data.triggered }) }),
  custom: data => ({ 'gen_ai.operation.name': 'plan', ...asMetadata(data.data) }),
  mcp_tools: data => ({
    'gen_ai.operation.name': 'plan',
    'gen_ai.tool.call.result': data.result,
    ...asMetadata({ server: data.server })
  }),
  // Sounds are not read: they may be long.
  transcription: data => ({
    ...model(data),
    'gen_ai.input.messages': [{ role: 'user', content: `[audio: ${data.input?.format ?? 'unknown'}]` }],
    'gen_ai.output.messages': said(data.output)
  }),
  speech: data => ({
    ...model(data),
    'gen_ai.input.messages': said(data.input, 'user'),
    'gen_ai.output.messages': [{ role: 'assistant', content: `[audio: ${data.output?.format ?? 'unknown'}]` }]
  }),
  speech_group: data => ({ 'gen_ai.operation.name': 'plan', 'gen_ai.tool.call.arguments': data.input })
}

/** @param {any} data of a span @returns {boolean} whether no span is made of it */
function isBetween(data) {
  return BETWEEN.includes(data.type) || (data.type === 'custom' && BETWEEN.includes(data.data?.sdk_span_type))
}

/** @param {any} data of a span @returns {Given} attributes */
function attributesOf(data) {
  const attributes = Object.hasOwn(TYPES, data.type)
    ? TYPES[data.type](data)
    : { 'gen_ai.operation.name': 'plan' }
  return Object.fromEntries(Object.entries(attributes).filter(([, value]) => !isNothing(value)))
}

/** @param {any} data of a span @returns {string} */
function nameOf(data) {
  return typeof data.name === 'string' && data.name !== '' ? data.name : `${data.type}`
}

/** @param {Given} data @returns {Given} of a call of chat completions */
function generation(data) {
  const answers = listOf(data.output)
  const counts = usage(data.usage ?? answers.filter(answer => isObject(answer?.usage)).at(-1)?.usage)
  return {
    ...model(data),
    ...counts,
    'gen_ai.response.model': answers.find(isObject)?.model,
    'gen_ai.response.id': answers.find(isObject)?.id,
    'gen_ai.response.finish_reasons': filled(answers.flatMap(reasonsOf)),
    'gen_ai.input.messages': data.input,
    'gen_ai.output.messages': answers.flatMap(answer => answer?.choices ?? answer)
  }
}

/** @param {Given} data @returns {Given} of a call of responses */
function response(data) {
  const answer = isObject(data._response) ? data._response : {}
  return {
    ...model({ model: answer.model }),
    ...usage(answer.usage),
    'gen_ai.response.model': answer.model,
    'gen_ai.response.id': data.response_id ?? answer.id,
    'gen_ai.request.temperature': answer.temperature,
    'gen_ai.request.top_p': answer.top_p,
    'gen_ai.request.max_tokens': answer.max_output_tokens,
    'gen_ai.request.tool_choice': answer.tool_choice,
    'gen_ai.system_instructions': answer.instructions,
    'gen_ai.tool.definitions': filled(answer.tools),
    'gen_ai.input.messages': typeof data._input === 'string' ? data._input : listOf(data._input).map(itemOf),
    'gen_ai.output.messages': listOf(answer.output).map(itemOf)
  }
}

/** @param {Given} data @returns {Given} */
function model({ model, model_config: config }) {
  const { base_url: url, ...settings } = isObject(config) ? config : /** @type {Given} */ ({})
  const isElsewhere = typeof url === 'string' && !OPENAI.test(url)
  const requested = Object.keys(settings).map(name => [`gen_ai.request.${name}`, settings[name]])
  return {
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': isElsewhere ? undefined : 'openai',
    'gen_ai.request.model': model,
    ...Object.fromEntries(requested)
  }
}

/** @param {any} counts @returns {Given} of whichever interface */
function usage(counts) {
  if (!isObject(counts)) return {}
  const input = counts.input_tokens_details ?? counts.prompt_tokens_details ?? counts.details
  const output = counts.output_tokens_details ?? counts.completion_tokens_details ?? counts.details
  return {
    'gen_ai.usage.input_tokens': counts.input_tokens ?? counts.prompt_tokens,
    'gen_ai.usage.output_tokens': counts.output_tokens ?? counts.completion_tokens,
    'gen_ai.usage.total_tokens': counts.total_tokens,
    'gen_ai.usage.cache_read.input_tokens': input?.cached_tokens,
    'gen_ai.usage.reasoning.output_tokens': output?.reasoning_tokens
  }
}

/** @param {any} item of a conversation: the SDK's own, or OpenAI's @returns {any} as messages are read */
function itemOf(item) {
  if (!isObject(item)) return item
  const { type, name, output } = item
  const id = item.callId ?? item.call_id ?? item.id
  if (type === 'function_call') {
    return { role: 'assistant', parts: [{ type, id, name, arguments: item.arguments }] }
  }
  if (type === 'function_call_result' || type === 'function_call_output') {
    const result = output?.type === 'text' ? output.text : output
    return { role: 'tool', parts: [{ type: 'function_call_output', id, name, output: result }] }
  }
  if (type === 'reasoning') {
    return { role: 'assistant', parts: [{ type, text: texts(item.content) || texts(item.summary) }] }
  }
  return item
}

/** @param {any} parts @returns {string} */
function texts(parts) {
  return listOf(parts)
    .map(part => part?.text ?? '')
    .filter(text => text !== '')
    .join('\n')
}

/** @param {any} answer of chat completions @returns {string[]} */
function reasonsOf(answer) {
  return listOf(answer?.choices).flatMap(choice => choice?.finish_reason ?? [])
}

/** @param {any} text @param {string} [role] */
function said(text, role = 'assistant') {
  return typeof text === 'string' ? [{ role, content: text }] : undefined
}

/** @param {any} data @returns {Given} under names that become metadata */
function asMetadata(data) {
  if (!isObject(data)) return {}
  return Object.fromEntries(Object.keys(data).map(name => [`gen_ai.request.${name}`, data[name]]))
}

/** @param {any} list @returns {any} undefined when it is empty */
function filled(list) {
  return Array.isArray(list) && list.length === 0 ? undefined : list
}

/** @param {any} value */
function isNothing(value) {
  return value === undefined || value === null || (Array.isArray(value) && value.length === 0)
}

module.exports = { attributesOf, isBetween, nameOf }
