'use strict'

/** The tools of an agent, their parameters flattened to `{ parameter: { type, required } }`. */

const { isArray, isPlainObject, isUnset } = require('../values/shapes')

/** @typedef {import('../values/capture').Capture} Capture */
/** @typedef {{ type?: string, required?: true }} ToolParameter */
/** @typedef {{ name: string, description?: string, parameters?: Record<string, ToolParameter> }} AgentTool */

/**
 * @param {Capture} capture
 * @param {unknown} tools
 * @param {string[]} dropped names of what cannot be reported are added here
 * @returns {AgentTool[]|undefined}
 */
function agentTools(capture, tools, dropped) {
  if (isUnset(tools)) return undefined
  if (!isArray(tools)) {
    dropped.push('tools')
    return undefined
  }
  /** @type {AgentTool[]} */
  const reported = []
  const items = capture.items(tools, 'agent.tools')
  for (let index = 0; index < items.length; index++) {
    const tool = agentTool(capture, items[index], index, dropped)
    if (tool !== null) reported.push(tool)
  }
  return reported.length > 0 ? reported : undefined
}

/**
 * @param {Capture} capture
 * @param {unknown} tool
 * @param {number} index
 * @param {string[]} dropped
 * @returns {AgentTool|null} null for a tool without a name: nobody could tell which one it is
 */
function agentTool(capture, tool, index, dropped) {
  const place = `agent.tools[${index}]`
  const name = isPlainObject(tool) ? capture.read(tool, 'name', place) : undefined
  if (!isPlainObject(tool) || typeof name !== 'string' || name === '') {
    dropped.push(`tools[${index}]`)
    return null
  }
  /** @type {AgentTool} */
  const reported = Object.assign(Object.create(null), { name })
  const description = capture.read(tool, 'description', place)
  if (typeof description === 'string' && description !== '') reported.description = description
  const given = capture.read(tool, 'parameters', place)
  if (isUnset(given)) return reported
  if (!isPlainObject(given)) {
    dropped.push(`tools[${index}].parameters`)
    return reported
  }
  const parameters = toolParameters(capture, given, `${place}.parameters`)
  if (parameters !== undefined) reported.parameters = parameters
  return reported
}

/**
 * @param {Capture} capture
 * @param {Record<string, unknown>} given
 * @param {string} place
 * @returns {Record<string, ToolParameter>|undefined}
 */
function toolParameters(capture, given, place) {
  const { specs, required } = parameterSpecs(capture, capture.entries(given, place), place)
  /** @type {[string, ToolParameter][]} */
  const parameters = []
  for (const [name, spec] of specs) {
    /** @type {ToolParameter} */
    const parameter = Object.create(null)
    if (isPlainObject(spec)) {
      const type = capture.read(spec, 'type', `${place}.${name}`)
      if (typeof type === 'string' && type !== '') parameter.type = type
      if (capture.read(spec, 'required', `${place}.${name}`) === true) parameter.required = true
    }
    if (required.includes(name)) parameter.required = true
    if (parameter.type !== undefined || parameter.required) parameters.push([name, parameter])
  }
  return parameters.length > 0 ? Object.fromEntries(parameters) : undefined
}

/**
 * Accepts the documented mapping, and also a JSON Schema, which is what model providers' tools carry. A schema is
 * told by two marks, because a mapping may have a parameter called `properties`.
 * @param {Capture} capture
 * @param {[string, unknown][]} given
 * @param {string} place
 * @returns {{ specs: [string, unknown][], required: unknown[] }}
 */
function parameterSpecs(capture, given, place) {
  const value = (/** @type {string} */ name) => given.find(([key]) => key === name)?.[1]
  const properties = value('properties')
  const required = value('required')
  const isSchema = isPlainObject(properties) && (isArray(required) || value('type') === 'object')
  if (!isSchema) return { specs: given, required: [] }
  return {
    specs: capture.entries(properties, `${place}.properties`),
    required: isArray(required) ? capture.items(required, `${place}.required`) : []
  }
}

module.exports = { agentTools }
