'use strict'

const { isObject, listOf } = require('./messages')
const { parsedOf } = require('./readers')

/**
 * Tools offered to a model: OpenAI's `{ type, function }`, the conventions' `parameters`, the AI SDK's `inputSchema`,
 * Anthropic's `input_schema`.
 *
 * @param {any} given
 * @returns {import('../..').ToolDefinition[] | undefined}
 */
function toolsOf(given) {
  const definitions = listOf(given).flatMap(item => {
    const tool = typeof item === 'string' ? parsedOf(item) : item
    if (!isObject(tool)) return []
    const {
      name,
      description,
      parameters,
      inputSchema,
      input_schema: snake,
      schema
    } = isObject(tool.function) ? tool.function : tool
    if (typeof name !== 'string' || name === '') return []
    const shape = parameters ?? inputSchema ?? snake ?? schema
    return {
      name,
      ...(typeof description === 'string' ? { description } : null),
      ...(isObject(shape) ? { schema: shape } : null)
    }
  })
  return definitions.length === 0 ? undefined : definitions
}

module.exports = { toolsOf }
