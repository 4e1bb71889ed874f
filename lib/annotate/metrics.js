'use strict'

/** Metrics of a span: token counts, costs, and the application's own numbers. */

const { bare } = require('../values/bare')
const { UNREADABLE } = require('../values/capture')
const { FlatFields } = require('../values/flat')
const { cutEnd } = require('../values/json-rules')
const { fewFieldsOf, isObject } = require('../values/own')
const { isPrintable } = require('../values/shapes')
const { USAGE, USAGE_DETAILS } = require('./names')

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
 * Numbers by their names on the wire.
 *
 * @typedef {object} Numbers
 * @property {(name: string, value: number) => void} set
 * @property {(name: string, value: number) => void} setMissing
 */

/** A few of them, as a list. @implements {Numbers} */
class FewNumbers extends FlatFields {
  /**
   * @param {string} name
   * @param {number} value
   */
  set(name, value) {
    const at = this.#find(name)
    if (at === this.length) this.add(name, value)
    else this.list[at + 1] = value
  }

  /**
   * @param {string} name
   * @param {number} value
   */
  setMissing(name, value) {
    if (this.#find(name) === this.length) this.add(name, value)
  }

  /** @param {string} name @returns {number} where it stands, or would */
  #find(name) {
    const { list, length } = this
    for (let at = 0; at < length; at += 2) if (list[at] === name) return at
    return length
  }
}

/** Any number of them. @implements {Numbers} */
class ManyNumbers {
  /** @type {Record<string, number>} */
  fields = bare()

  /**
   * @param {string} name
   * @param {number} value
   */
  set(name, value) {
    this.fields[name] = value
  }

  /**
   * @param {string} name
   * @param {number} value
   */
  setMissing(name, value) {
    this.fields[name] ??= value
  }
}

/**
 * @param {Capture} capture
 * @param {unknown} metrics
 * @returns {FlatFields | Record<string, number>}
 */
function captureMetrics(capture, metrics) {
  if (!isObject(metrics)) {
    if (typeof metrics === 'string') notANumber(capture, '0', metrics[0])
    else capture.warn(`metrics must be an object of numbers, got ${typeof metrics}. Ignoring value.`)
    return bare()
  }
  const count = fewFieldsOf(metrics)
  if (count === -1) {
    const captured = new ManyNumbers()
    for (const [name, value] of capture.entries(metrics, 'metrics')) put(capture, captured, name, value)
    return captured.fields
  }
  const captured = new FewNumbers(count)
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
 * @param {Capture} capture
 * @param {Numbers} captured
 * @param {string} name
 * @param {unknown} value
 */
function put(capture, captured, name, value) {
  if (typeof value === 'number') putNumber(capture, captured, name, value)
  else if (value === undefined || value === null || value === UNREADABLE) return
  else if (capture.isStrict || !putDetails(capture, captured, name, value)) notANumber(capture, name, value)
}

/**
 * @param {Capture} capture
 * @param {Numbers} captured
 * @param {string} name
 * @param {number} value
 */
function putNumber(capture, captured, name, value) {
  if (!Number.isFinite(value)) {
    capture.warn(`Dropping metric '${name}': ${value} is not a finite number.`, 'not a finite number')
    return
  }
  const meant = WIRE_NAMES.get(name)
  if (meant !== undefined) captured.set(meant, value)
  else if (capture.isStrict || !USAGE.has(name)) captured.set(plainName(name), value)
  else captured.setMissing(/** @type {string} */ (USAGE.get(name)), value)
}

/**
 * @param {Capture} capture
 * @param {Numbers} captured
 * @param {string} name
 * @param {unknown} value
 * @returns {boolean} whether a provider's usage has an object there
 */
function putDetails(capture, captured, name, value) {
  const details = USAGE_DETAILS.get(name)
  if (details === undefined || !isObject(value)) return false
  for (const [detail, meant] of Object.entries(details)) {
    const count = capture.read(value, detail, `metrics.${name}`)
    if (typeof count === 'number' && Number.isFinite(count)) captured.setMissing(meant, count)
  }
  return true
}

/**
 * The intake refuses spans that have a dot in a metric's name.
 * @param {string} name
 * @returns {string}
 */
function plainName(name) {
  return name.includes('.') ? name.replaceAll('.', '_') : name
}

/**
 * @param {Capture} capture
 * @param {string} name
 * @param {unknown} value
 */
function notANumber(capture, name, value) {
  const what = `Value for metric '${name}' must be a number, instead got ${shown(value)}`
  capture.wrong(what, 'metric is no number')
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
