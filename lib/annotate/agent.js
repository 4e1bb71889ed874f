'use strict'

/**
 * The manifest an application declares for an agent. Fields that cannot be reported are dropped by name, never by
 * value; nothing here throws, because agents are often declared with objects of other libraries.
 */

const { bare, bareOf } = require('../values/bare')
const { UNREADABLE } = require('../values/capture')
const { isArray, isPlainObject, isUnset } = require('../values/shapes')

/** @typedef {Record<string, unknown>} WireObject */
/** @typedef {{ type?: string, required?: true }} ToolParameter */
/** @typedef {{ name: string, description?: string, parameters?: Record<string, ToolParameter> }} AgentTool */

/** Other settings can carry secrets (`extra_headers`), so only these are reported. */
const MODEL_SETTINGS = new Set([
  'frequency_penalty',
  'logit_bias',
  'logprobs',
  'max_tokens',
  'parallel_tool_calls',
  'presence_penalty',
  'seed',
  'stop_sequences',
  'temperature',
  'timeout',
  'tool_choice',
  'top_k',
  'top_logprobs',
  'top_p'
])

const TEXT_FIELDS = ['name', 'instructions', 'model']

/**
 * @param {Capture} capture
 * @param {unknown} agent
 * @returns {WireObject|null} null when the agent declares nothing that can be reported
 */
function captureAgent(capture, agent) {
  if (!isPlainObject(agent)) {
    capture.warn('Dropping agent annotation, the agent must be a plain object.')
    return null
  }
  /** @type {string[]} */
  const dropped = []
  /** @type {WireObject} */
  const manifest = bare()

  for (const key of TEXT_FIELDS) {
    const value = capture.read(agent, key, 'agent')
    if (isUnset(value)) continue
    if (typeof value === 'string') manifest[key] = value
    else dropped.push(key)
  }
  const settings = modelSettings(capture, capture.read(agent, 'modelSettings', 'agent'), dropped)
  if (settings !== undefined) manifest.model_settings = settings
  const tools = agentTools(capture, capture.read(agent, 'tools', 'agent'), dropped)
  if (tools !== undefined) manifest.tools = tools

  if (dropped.length > 0) capture.warn(`Dropping unsupported agent manifest fields: ${dropped.join(', ')}`)
  return Object.keys(manifest).length > 0 ? manifest : null
}

/**
 * @param {Capture} capture
 * @param {unknown} settings
 * @param {string[]} dropped
 * @returns {WireObject|undefined}
 */
function modelSettings(capture, settings, dropped) {
  if (isUnset(settings)) return undefined
  if (!isPlainObject(settings)) {
    dropped.push('modelSettings')
    return undefined
  }
  /** @type {WireObject} */
  const reported = bare()
  for (const [key, value] of capture.entries(settings, 'agent.modelSettings')) {
    const name = snakeCase(key)
    const setting = MODEL_SETTINGS.has(name) ? settingValue(capture, value, key) : undefined
    if (setting !== undefined) reported[name] = setting
    else if (!MODEL_SETTINGS.has(name) || !declaresNothing(value)) dropped.push(`modelSettings.${key}`)
  }
  return Object.keys(reported).length > 0 ? reported : undefined
}

/**
 * A scalar, a flat list of scalars, or a flat object of numbers (`logit_bias`): no setting nests deeper.
 * @param {Capture} capture
 * @param {unknown} value
 * @param {string} key
 * @returns {unknown} undefined when there is nothing to report
 */
function settingValue(capture, value, key) {
  if (isUnset(value) || value === UNREADABLE) return undefined
  if (isScalar(value)) return value
  const place = `agent.modelSettings.${key}`
  if (isArray(value)) {
    const items = capture.items(value, place)
    return items.every(isScalar) ? items : undefined
  }
  if (!isPlainObject(value)) return undefined
  const entries = capture.entries(value, place)
  return entries.length > 0 && entries.every(([, item]) => isFiniteNumber(item))
    ? bareOf(Object.fromEntries(entries))
    : undefined
}

/**
 * @param {unknown} value
 * @returns {boolean}
 */
function declaresNothing(value) {
  return isUnset(value) || (isPlainObject(value) && Object.keys(value).length === 0)
}

/**
 * The tools of an agent, their parameters flattened to `{ parameter: { type, required } }`.
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
  const reported = bareOf({ name })
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
  /** @type {Record<string, ToolParameter>} */
  const parameters = bare()
  for (const [name, spec] of specs) {
    /** @type {ToolParameter} */
    const parameter = bare()
    if (isPlainObject(spec)) {
      const type = capture.read(spec, 'type', `${place}.${name}`)
      if (typeof type === 'string' && type !== '') parameter.type = type
      if (capture.read(spec, 'required', `${place}.${name}`) === true) parameter.required = true
    }
    if (required.includes(name)) parameter.required = true
    if (parameter.type !== undefined || parameter.required) parameters[name] = parameter
  }
  return Object.keys(parameters).length > 0 ? parameters : undefined
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

/**
 * @param {string} key
 * @returns {string}
 */
function snakeCase(key) {
  return key.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`)
}

/**
 * @param {unknown} value
 * @returns {boolean}
 */
function isFiniteNumber(value) {
  return typeof value === 'number' && Number.isFinite(value)
}

/**
 * @param {unknown} value
 * @returns {boolean}
 */
function isScalar(value) {
  return typeof value === 'string' || typeof value === 'boolean' || isFiniteNumber(value)
}

module.exports = { captureAgent }
