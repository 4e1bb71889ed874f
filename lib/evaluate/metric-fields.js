'use strict'

/** The fields that evaluations and feedback have in common. Each is read once and checked with dd-trace's rules. */

const { UNREADABLE } = require('../values/capture')
const { isObject } = require('../values/own')
const { isArray } = require('../values/shapes')
const { tagScalar } = require('../annotate/tags')

/** @typedef {import('./evaluation').Target} Target */
/** @typedef {{ metric: string, metrics: string, data: string }} Terms how error texts call the submission */

class MetricFields {
  #capture
  #options
  #config
  #terms
  #invalid

  /**
   * @param {import('../values/capture').Capture} capture
   * @param {unknown} options
   * @param {import('./evaluation').MetricConfig} config
   * @param {Terms} terms
   * @param {(message: string) => Error} invalid
   */
  constructor(capture, options, config, terms, invalid) {
    this.#capture = capture
    this.#options = isObject(options) ? options : {}
    this.#config = config
    this.#terms = terms
    this.#invalid = invalid
  }

  /**
   * @param {string} name
   * @returns {unknown} UNREADABLE when reading it throws
   */
  read(name) {
    return this.#capture.read(this.#options, name, '')
  }

  /**
   * @param {Target[]} targets
   * @param {string} message when there is none
   * @returns {string[]} for each target: the caller's, or else the target's
   */
  mlApps(targets, message) {
    const given = this.read('mlApp')
    return targets.map(target => {
      const mlApp = given || target.mlApp
      if (typeof mlApp !== 'string') throw this.#invalid(message)
      return mlApp
    })
  }

  /** @returns {number} whole milliseconds; now when none are given */
  timestampMs() {
    const timestampMs = this.read('timestampMs') || Date.now()
    if (typeof timestampMs === 'number' && timestampMs >= 0 && timestampMs < Number.POSITIVE_INFINITY) {
      return Math.round(timestampMs)
    }
    throw this.#invalid(`timestampMs must be a non-negative integer. ${this.#terms.data} will not be sent`)
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
      case 'json':
        return this.#jsonObject(value, 'value', 'value must be a JSON object for a json metric')
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
    throw this.#invalid('assessment must be pass or fail')
  }

  /** @returns {string|undefined} */
  reasoning() {
    const reasoning = this.read('reasoning') ?? undefined
    if (reasoning === undefined || typeof reasoning === 'string') return reasoning
    throw this.#invalid('reasoning must be a string')
  }

  /** @returns {object|undefined} */
  metadata() {
    const metadata = this.read('metadata') ?? undefined
    return metadata === undefined
      ? undefined
      : this.#jsonObject(metadata, 'metadata', 'metadata must be a JSON object')
  }

  /**
   * @param {boolean} otelEnabled
   * @returns {(mlApp: string) => string[]} the tags for a target
   */
  tags(otelEnabled) {
    const given = this.read('tags') ?? undefined
    /** @type {[string, string][]} */
    const own = []
    if (given !== undefined) {
      if (!isObject(given) || isArray(given)) throw this.#invalidTags()
      for (const [name, value] of this.#capture.entries(given, 'tags'))
        own.push([name, this.#tag(name, value)])
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
   * @param {string} name
   * @param {unknown} value
   * @returns {string}
   */
  #tag(name, value) {
    // A nullish tag is named in full here, while a span's is left empty: that is how the intake knows them.
    return `${tagScalar(this.#capture, value, `tags.${name}`)}`
  }

  /** @returns {Error} */
  #invalidTags() {
    return this.#invalid(`Failed to parse tags. Tags for ${this.#terms.metrics} must be strings`)
  }

  /**
   * @param {unknown} value
   * @param {string} place
   * @param {string} message when it is no JSON object
   * @returns {object}
   */
  #jsonObject(value, place, message) {
    const json = isObject(value) ? this.#capture.json(value, place) : value
    if (value !== UNREADABLE && isObject(json) && !isArray(json)) return json
    throw this.#invalid(message)
  }
}

module.exports = { MetricFields }
