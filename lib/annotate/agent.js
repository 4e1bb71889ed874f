'use strict'

/**
 * The manifest an application declares for an agent. Fields that cannot be reported are dropped by name, never by
 * value; nothing here throws, because agents are often declared with objects of other libraries.
 */

const { UNREADABLE } = require('../values/capture')
const { agentTools } = require('./agent-tools')
const { isArray, isPlainObject, isUnset } = require('../values/shapes')

/** @typedef {import('../values/capture').Capture} Capture */
/** @typedef {Record<string, unknown>} WireObject */

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
  const manifest = Object.create(null)

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
  const reported = Object.create(null)
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
    ? Object.fromEntries(entries)
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
