'use strict'

/** Metrics of a span: token counts, costs, and the application's own numbers. */

const { bare } = require('../values/bare')
const { UNREADABLE } = require('../values/capture')
const { cutEnd } = require('../values/json-rules')
const { hasFewFields, isObject } = require('../values/own')
const { isPrintable } = require('../values/shapes')
const { invalidAnnotation } = require('./checks')

const MAX_SHOWN_CHARACTERS = 100

/** Names of the JavaScript APIs, and what the intake calls them. */
const WIRE_NAMES = new Map([
  ['inputTokens', 'input_tokens'],
  ['outputTokens', 'output_tokens'],
  ['totalTokens', 'total_tokens'],
  ['cacheReadTokens', 'cache_read_input_tokens'],
  ['cacheWriteTokens', 'cache_write_input_tokens'],
  ['cacheWrite5mTokens', 'ephemeral_5m_input_tokens'],
  ['cacheWrite1hTokens', 'ephemeral_1h_input_tokens'],
  ['reasoningOutputTokens', 'reasoning_output_tokens']
])

/**
 * @param {import('../values/capture').Capture} capture
 * @param {unknown} metrics
 * @returns {Record<string, number>}
 */
function captureMetrics(capture, metrics) {
  /** @type {Record<string, number>} */
  const captured = bare()
  if (!isObject(metrics)) {
    if (typeof metrics === 'string') throw notANumber('0', metrics[0])
    capture.warn(`metrics must be an object of numbers, got ${typeof metrics}. Ignoring value.`)
    return captured
  }
  if (!hasFewFields(metrics)) {
    for (const [name, value] of capture.entries(metrics, 'metrics')) put(capture, captured, name, value)
    return captured
  }
  for (const name in metrics) {
    let value
    try {
      value = metrics[name]
    } catch {
      value = capture.unreadable(`metrics.${name}`)
    }
    put(capture, captured, name, value)
  }
  return captured
}

/**
 * @param {import('../values/capture').Capture} capture
 * @param {Record<string, number>} captured
 * @param {string} name
 * @param {unknown} value
 */
function put(capture, captured, name, value) {
  if (value === UNREADABLE) return
  if (typeof value !== 'number') throw notANumber(name, value)
  if (Number.isFinite(value)) captured[wireName(name)] = value
  else capture.warn(`Dropping metric '${name}': ${value} is not a finite number.`)
}

/**
 * The intake refuses spans that have a dot in a metric's name.
 * @param {string} name
 * @returns {string}
 */
function wireName(name) {
  return WIRE_NAMES.get(name) ?? (name.includes('.') ? name.replaceAll('.', '_') : name)
}

/**
 * @param {string} name
 * @param {unknown} value
 * @returns {TypeError}
 */
function notANumber(name, value) {
  return invalidAnnotation(`Value for metric '${name}' must be a number, instead got ${shown(value)}`)
}

/**
 * @param {unknown} value
 * @returns {string} the value if it is short and harmless to print, its type otherwise
 */
function shown(value) {
  if (typeof value === 'object' ? value !== null : typeof value === 'function') return typeof value
  if (typeof value === 'bigint' && !isPrintable(value)) return typeof value
  return cutEnd(String(value), MAX_SHOWN_CHARACTERS)
}

module.exports = { captureMetrics }
