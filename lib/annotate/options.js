'use strict'

/** The options of one `annotate` call, each read once. */

const { UNREADABLE } = require('../values/capture')
const { isLiteral } = require('../values/own')

const { hasOwn } = Object

/** In the order in which they are read. */
const NAMES = /** @type {const} */ ([
  'inputData',
  'outputData',
  'metadata',
  'metrics',
  'tags',
  'costTags',
  'prompt',
  'toolDefinitions',
  'agent'
])

/** The options that were given and could be read; undefined are the others. */
class AnnotationOptions {
  /** @type {any} */
  inputData = undefined
  /** @type {any} */
  outputData = undefined
  /** @type {any} */
  metadata = undefined
  /** @type {any} */
  metrics = undefined
  /** @type {any} */
  tags = undefined
  /** @type {any} */
  costTags = undefined
  /** @type {any} */
  prompt = undefined
  /** @type {any} */
  toolDefinitions = undefined
  /** @type {any} */
  agent = undefined
}

/**
 * @param {import('../values/capture').Capture} capture
 * @param {object} options
 * @returns {AnnotationOptions}
 */
function readOptions(capture, options) {
  const given = new AnnotationOptions()
  let read = isLiteral(options) ? readLiteral(options, given) : 0
  if (read < 0) {
    // The getter of this one threw.
    read = -read
    capture.thrown(options, NAMES[read - 1], '')
  }
  for (; read < NAMES.length; read++) {
    const name = NAMES[read]
    const value = capture.read(options, name, '')
    if (value !== UNREADABLE) given[name] = value
  }
  return given
}

/**
 * Field by field under its name: the engine reads it by its place, where a name in a variable is looked up.
 *
 * @param {any} options
 * @param {AnnotationOptions} given
 * @returns {number} how many were read; negative when the last of them threw
 */
function readLiteral(options, given) {
  let count = 0
  try {
    count++
    const { inputData } = options
    if (inputData !== undefined && hasOwn(options, 'inputData')) given.inputData = inputData
    count++
    const { outputData } = options
    if (outputData !== undefined && hasOwn(options, 'outputData')) given.outputData = outputData
    count++
    const { metadata } = options
    if (metadata !== undefined && hasOwn(options, 'metadata')) given.metadata = metadata
    count++
    const { metrics } = options
    if (metrics !== undefined && hasOwn(options, 'metrics')) given.metrics = metrics
    count++
    const { tags } = options
    if (tags !== undefined && hasOwn(options, 'tags')) given.tags = tags
    count++
    const { costTags } = options
    if (costTags !== undefined && hasOwn(options, 'costTags')) given.costTags = costTags
    count++
    const { prompt } = options
    if (prompt !== undefined && hasOwn(options, 'prompt')) given.prompt = prompt
    count++
    const { toolDefinitions } = options
    if (toolDefinitions !== undefined && hasOwn(options, 'toolDefinitions')) {
      given.toolDefinitions = toolDefinitions
    }
    count++
    const { agent } = options
    if (agent !== undefined && hasOwn(options, 'agent')) given.agent = agent
    return count
  } catch {
    return -count
  }
}

module.exports = { readOptions }
