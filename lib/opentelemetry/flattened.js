'use strict'

/** Values that a convention spread over attributes, as `llm.input_messages.0.message.role`. */

const { bare } = require('../values/bare')
const { isObject, listOf } = require('./messages')
const { parsedOf } = require('./readers')

/** A name with more parts is a value of its own. */
const LEVELS_MAX = 16

const INDEX = /^\d{1,9}$/

/** One such value while its attributes come in. */
class Flattened {
  #root = bare()

  /**
   * @param {string} path what follows the common beginning of the names
   * @param {any} value
   */
  put(path, value) {
    const steps = path.split('.')
    const last = /** @type {string} */ (
      steps.length > LEVELS_MAX ? steps.splice(LEVELS_MAX - 1).join('.') : steps.pop()
    )
    let at = this.#root
    for (const step of steps) {
      const below = at[step]
      if (below === undefined) at[step] = bare()
      else if (!isObject(below)) return
      at = at[step]
    }
    at[last] ??= value
  }

  /** @returns {any} lists where names were numbers */
  value() {
    return listed(this.#root)
  }
}

/** @param {any} node @returns {any} */
function listed(node) {
  if (!isObject(node)) return node
  const names = Object.keys(node)
  if (names.length > 0 && names.every(name => INDEX.test(name))) {
    return names.sort((left, right) => Number(left) - Number(right)).map(name => listed(node[name]))
  }
  const copy = bare()
  for (const name of names) copy[name] = listed(node[name])
  return copy
}

/**
 * What each kind of such a value becomes.
 *
 * @type {Record<string, (items: any) => any>}
 */
const TREES = {
  plain: value => value,
  messages: items => listOf(items).map(messageOf),
  prompts: items =>
    listOf(items).map(item => {
      const text = item?.prompt?.text ?? item?.completion?.text ?? item?.text
      return text === undefined
        ? item
        : { role: item?.prompt === undefined ? 'assistant' : 'user', content: text }
    }),
  embeddings: items => listOf(items).flatMap(item => item?.embedding?.text ?? []),
  documents: items => listOf(items).map(item => item?.document ?? item),
  tools: items =>
    listOf(items).map(item => {
      const schema = item?.tool?.json_schema ?? item?.json_schema
      return typeof schema === 'string' ? (parsedOf(schema) ?? schema) : (schema ?? item?.tool ?? item)
    })
}

/** @param {any} item of OpenInference, or Traceloop */
function messageOf(item) {
  const message = isObject(item?.message) ? item.message : item
  if (!isObject(message)) return message
  const { contents, tool_calls: calls, ...rest } = message
  const whole = { ...rest }
  if (contents !== undefined) whole.content = listOf(contents).map(partOf)
  if (calls !== undefined) whole.tool_calls = listOf(calls).map(call => call?.tool_call ?? call)
  if (message.function_call_name !== undefined) {
    const call = { name: message.function_call_name, arguments: message.function_call_arguments_json }
    whole.tool_calls = [...(whole.tool_calls ?? []), call]
  }
  return whole
}

/** @param {any} item */
function partOf(item) {
  const part = isObject(item?.message_content) ? item.message_content : item
  return isObject(part) && typeof part.type !== 'string' && isObject(part.image)
    ? { ...part, type: 'image' }
    : part
}

module.exports = { Flattened, TREES }
