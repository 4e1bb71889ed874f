'use strict'

/** The fields that evaluations and feedback have in common. Each is read once and checked with dd-trace's rules. */

const { wallMs } = require('../trace/clock')
const { UNREADABLE } = require('../values/capture')
const { isObject } = require('../values/own')
const { isArray } = require('../values/shapes')
const { tagScalar } = require('../annotate/tags')
const { readUnknown } = require('../annotate/unknown-names')
const { labelOf } = require('../values/labels')

/** @typedef {import('./evaluation').Target} Target */
/**
 * @typedef {object} Terms
 * @property {string} call
 * @property {import('../values/near-names').Names} names of its options
 * @property {string} metric how error texts call what is submitted
 * @property {string} metrics several of it
 * @property {string} data what it holds
 * @property {(message: string) => Error} invalid for what it cannot do without
 */

class MetricFields {
  #capture
  #options
  #config
  #terms
  /** What other names certainly mean. @type {Record<string, unknown>} */
  #meant = Object.create(null)

  /**
   * @param {Capture} capture
   * @param {unknown} options
   * @param {import('./evaluation').MetricConfig} config
   * @param {Terms} terms
   */
  constructor(capture, options, config, terms) {
    this.#capture = capture
    this.#options = isObject(options) ? options : {}
    this.#config = config
    this.#terms = terms
    readUnknown(capture, terms.call, terms.names, this.#options, this.#meant)
  }

  /**
   * @param {string} name
   * @returns {unknown} UNREADABLE when reading it throws
   */
  read(name) {
    return this.#capture.read(this.#options, name, '') ?? this.#meant[name]
  }

  /** @param {string} message */
  #invalid(message) {
    return this.#terms.invalid(message)
  }

  /**
   * @param {string} message of the error, where that is asked for: then nothing is sent
   * @param {string} what is left out otherwise
   */
  #optional(message, what) {
    this.#capture.wrong(this.#capture.isStrict ? message : what)
  }

  /**
   * @param {Target[]} targets
   * @param {string} message when there is none
   * @returns {string[]} for each target: the caller's, or else the target's
   */
  mlApps(targets, message) {
    const given = labelOf(this.read('mlApp'))
    if (given === null) this.#optional(message, 'mlApp must be a string')
    return targets.map(target => {
      const mlApp = given || target.mlApp
      if (typeof mlApp !== 'string') throw this.#invalid(message)
      return mlApp
    })
  }

  /** @returns {number} whole milliseconds; now when none are given */
  timestampMs() {
    const timestampMs = this.read('timestampMs') || wallMs()
    if (typeof timestampMs === 'number' && timestampMs >= 0 && timestampMs < Number.POSITIVE_INFINITY) {
      return Math.round(timestampMs)
    }
    const what = 'timestampMs must be a non-negative integer.'
    this.#optional(`${what} ${this.#terms.data} will not be sent`, what)
    return Date.now()
  }

  /** @returns {string} */
  label() {
    const label = this.read('label')
    const text = typeof label === 'number' || typeof label === 'boolean' ? `${label || ''}` : label
    if (typeof text === 'string' && text !== '') return text
    throw this.#invalid(`label must be the specified name of the ${this.#terms.metric}`)
  }

  /**
   * @param {string[]} allowed
   * @returns {string}
   */
  metricType(allowed) {
    const given = this.read('metricType')
    const metricType = typeof given === 'string' ? given.toLowerCase() : ''
    if (allowed.includes(metricType)) return metricType
    const names = allowed.map(name => `"${name}"`)
    throw this.#invalid(`metricType must be one of ${names.slice(0, -1).join(', ')} or ${names.at(-1)}`)
  }

  /**
   * @param {string} metricType
   * @returns {unknown}
   */
  value(metricType) {
    const value = this.read('value')
    switch (metricType) {
      case 'score':
        // JSON has no NaN: sent as null, it would be no score.
        if (typeof value === 'number' && Number.isFinite(value)) return value
        throw this.#invalid('value must be a number for a score metric.')
      case 'boolean':
        if (typeof value === 'boolean') return value
        throw this.#invalid('value must be a boolean for a boolean metric')
      case 'json': {
        const json = this.#jsonObject(value, 'value')
        if (json !== undefined) return json
        throw this.#invalid('value must be a JSON object for a json metric')
      }
      case 'text':
        if (typeof value === 'string') return value
        throw this.#invalid('value must be a string for a text metric')
      default:
        if (typeof value === 'string') return value
        throw this.#invalid('value must be a string for a categorical metric.')
    }
  }

  /** @returns {string|undefined} */
  assessment() {
    const assessment = this.read('assessment') ?? undefined
    if (assessment === undefined || assessment === 'pass' || assessment === 'fail') return assessment
    return this.#capture.wrong('assessment must be pass or fail')
  }

  /** @returns {string|undefined} */
  reasoning() {
    const reasoning = this.read('reasoning') ?? undefined
    if (reasoning === undefined || typeof reasoning === 'string') return reasoning
    return this.#capture.wrong('reasoning must be a string')
  }

  /** @returns {object|undefined} */
  metadata() {
    const metadata = this.read('metadata') ?? undefined
    if (metadata === undefined) return undefined
    return this.#jsonObject(metadata, 'metadata') ?? this.#capture.wrong('metadata must be a JSON object')
  }

  /**
   * @param {boolean} otelEnabled
   * @returns {(mlApp: string) => string[]} the tags for a target
   */
  tags(otelEnabled) {
    const given = this.read('tags') ?? undefined
    /** @type {[string, string][]} */
    let own = []
    if (given !== undefined) {
      if (isObject(given) && !isArray(given)) own = this.#ownTags(given)
      else this.#capture.wrong(`Failed to parse tags. Tags for ${this.#terms.metrics} must be strings`)
    }
    return mlApp => {
      const tags = Object.create(null)
      tags['ddtrace.version'] = this.#config.tracerVersion
      tags.ml_app = mlApp
      for (const [name, value] of own) tags[name] = value
      if (otelEnabled) tags.source = 'otel'
      return Object.keys(tags).map(name => `${name}:${tags[name]}`)
    }
  }

  /**
   * @param {object} given
   * @returns {[string, string][]}
   */
  #ownTags(given) {
    return this.#capture
      .entries(given, 'tags')
      .filter(([, value]) => value !== undefined && value !== null)
      .map(([name, value]) => [name, `${tagScalar(this.#capture, value, `tags.${name}`)}`])
  }

  /**
   * @param {unknown} value
   * @param {string} place
   * @returns {object | undefined} undefined when it is no JSON object
   */
  #jsonObject(value, place) {
    const json = isObject(value) ? this.#capture.json(value, place) : value
    return value !== UNREADABLE && isObject(json) && !isArray(json) ? json : undefined
  }
}

module.exports = { MetricFields }
