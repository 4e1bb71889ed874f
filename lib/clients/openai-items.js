'use strict'

/** Items of the Responses API, what goes in and what comes out, as messages. */

const { isObject, listOf, resultOf } = require('./shapes')

/** @typedef {import('./shapes').Given} Given */

/** Of calls of built-in tools: what they found is long, and was not said by the model. */
const RESULTS = ['id', 'type', 'status', 'results', 'outputs', 'output', 'result', 'container_id']

/** @param {unknown} items @returns {any[]} which `messagesOf` knows */
function itemsOf(items) {
  return listOf(items).flatMap(item => (isObject(item) ? itemOf(item) : item))
}

/** @param {Given} item @returns {Given | Given[]} */
function itemOf(item) {
  const { type } = item
  if (typeof item.role === 'string' || typeof type !== 'string') return item
  switch (type) {
    case 'message':
      return { role: 'assistant', ...item }
    case 'reasoning':
      return thoughtsOf(item)
    case 'function_call':
      return { role: 'assistant', content: [item] }
    case 'custom_tool_call':
      return callOf({ ...item, arguments: item.input })
    case 'item_reference':
      return { role: '', content: `[item: ${item.id}]` }
    case 'image_generation_call':
      return { role: 'assistant', content: [imageOf(item)] }
    default:
      return type.endsWith('_output') ? outputOf(item) : callOf(item)
  }
}

/** @param {Given} item @returns {Given[]} the summary, and the whole where the model tells it; mostly neither */
function thoughtsOf(item) {
  const texts = [...listOf(item.summary), ...listOf(item.content)]
    .map(part => part?.text)
    .filter(text => typeof text === 'string')
  return texts.length === 0 ? [] : [{ role: 'assistant', content: [{ type: 'reasoning', content: texts }] }]
}

/** @param {Given} item */
function imageOf({ result }) {
  return typeof result === 'string'
    ? { type: 'image', source: { data: result, media_type: 'image/png' } }
    : { type: 'text', text: '[image]' }
}

/** @param {Given} item a call of a built-in tool, or of one behind MCP @returns {Given | Given[]} */
function callOf(item) {
  const { type, name } = item
  const id = item.call_id ?? item.id
  const args =
    item.arguments ?? Object.fromEntries(Object.entries(item).filter(([key]) => !RESULTS.includes(key)))
  const called = typeof name === 'string' ? name : type.replace(/_call$/, '')
  const call = {
    role: 'assistant',
    content: [{ type: 'function_call', call_id: id, name: called, arguments: args }]
  }
  return typeof item.output === 'string' ? [call, outputOf(item)] : call
}

/** @param {Given} item */
function outputOf(item) {
  const result = {
    type: 'function_call_output',
    call_id: item.call_id ?? item.id,
    output: resultOf(item.output, part => `[${part?.type}]`)
  }
  return { role: 'tool', content: [result] }
}

module.exports = { itemsOf }
