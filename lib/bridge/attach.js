'use strict'

const { isDeepStrictEqual } = require('node:util')
const { CODES, misuse, refused } = require('../errors')
const { isObject, own, typeName } = require('../values/own')
const { llmobs } = require('../sdk')
const { LLMObs } = require('../sdk/llmobs')
const { Bridge } = require('./bridge')
const { delegate } = require('./delegation')
const { ATTACHED } = require('./hooks')
const { keepShapes } = require('./kept-shapes')
const { peerOf } = require('./dd-trace-copy')
const { warning } = require('../warnings')

/** What `attach` adds to the options of `init`, and the values each may have; the first one is the default. */
const CHOICES = Object.freeze({ onUnsupported: ['throw', 'pass'], apmGenAiTags: ['keep', 'remove'] })

/**
 * @typedef {object} Attachment
 * @property {boolean} active false: dd-trace works as without Spanlane
 * @property {string | null} version of dd-trace
 * @property {() => void} detach
 */

/** @typedef {{ tracer: any, options: Record<string, any>, attachment: Attachment }} Current */

/** @type {Current | null} */
let current = null

/** A copy of dd-trace is joined once; later only switched on and off. @type {Map<object, Bridge>} */
const bridges = new Map()

/**
 * @param {unknown} given a tracer, or the namespace object that ES modules import
 * @param {Record<string, any>} [options]
 * @returns {Attachment}
 */
function attach(given, options = {}) {
  const tracer = tracerOf(given)
  const { choices, rest } = split(options)
  if (current !== null) return again(current, tracer, options)
  if (Object.keys(rest).length > 0) llmobs.init(rest)
  const instance = LLMObs.instanceOf(llmobs)
  if (instance.hasEnded) throw refused(CODES.SHUT_DOWN, 'attach after shutdown')
  const joined = instance.core === null ? null : join(tracer, instance, choices)
  if (joined === null) instance.logger.warn(whyNot(instance.core))
  const undo = joined === null ? addAlias(tracer.llmobs) : joined.undo
  const attachment = {
    active: joined !== null,
    version: joined === null ? null : joined.version,
    detach() {
      if (current?.attachment !== attachment) return
      current = null
      undo()
    }
  }
  current = { tracer, options: { ...options }, attachment }
  return attachment
}

/** Undoes `attach`. What was routed already is still delivered by Spanlane. */
function detach() {
  current?.attachment.detach()
}

/**
 * @param {any} tracer
 * @param {Instance} instance
 * @param {import('./bridge').BridgeOptions} choices
 * @returns {{ version: string, undo: () => void } | null} null where there is nothing to join
 */
function join(tracer, instance, choices) {
  // What dd-trace hands out in tests under Jest, and with DD_TRACE_ENABLED=false.
  if (tracer.constructor.name === 'NoopProxy') return null
  const peer = peerOf(tracer)
  if (peer.LLMObs.prototype[ATTACHED] === true) {
    throw refused(CODES.ALREADY_INITIALIZED, 'another copy of spanlane is attached to this dd-trace')
  }
  const flush = (/** @type {any} */ options) => LLMObs.prototype.flush.call(llmobs, options)
  const bridge = bridges.get(peer) ?? new Bridge(peer, instance, flush)
  bridges.set(peer, bridge)
  keepShapes(instance)
  bridge.attach(choices)
  const undelegate = delegate(llmobs, tracer, bridge)
  if (tracer._initialized === true && !tracer.llmobs.enabled) bridge.warnOff()
  return {
    version: peer.version,
    undo() {
      undelegate()
      bridge.detach()
    }
  }
}

/**
 * Where nothing is joined the application's calls still run, by dd-trace's own means.
 *
 * @param {any} llmobs of dd-trace
 * @returns {() => void} undoes it
 */
function addAlias(llmobs) {
  // The class of before `init`, which the one of after it extends.
  let owner = Object.getPrototypeOf(llmobs)
  for (let above = Object.getPrototypeOf(owner); Object.hasOwn(above, 'routingContext'); ) {
    owner = above
    above = Object.getPrototypeOf(owner)
  }
  Object.defineProperty(owner, 'withRoutingContext', {
    configurable: true,
    /** @this {any} */
    value: function withRoutingContext(/** @type {any} */ options, /** @type {any} */ fn) {
      return this.routingContext(options, fn)
    }
  })
  return () => {
    delete owner.withRoutingContext
  }
}

/**
 * @param {Current} attached
 * @param {any} tracer
 * @param {Record<string, any>} options
 * @returns {Attachment}
 */
function again({ tracer: before, options: beforeOptions, attachment }, tracer, options) {
  if (tracer !== before) {
    throw refused(
      CODES.ALREADY_INITIALIZED,
      'attached to another tracer already: detach() first. A process has one bridged tracer'
    )
  }
  if (Object.keys(options).length > 0 && !isDeepStrictEqual({ ...options }, beforeOptions)) {
    throw refused(CODES.ALREADY_INITIALIZED, 'attached with other options already: detach() first')
  }
  return attachment
}

/**
 * @param {unknown} given
 * @returns {any}
 */
function tracerOf(given) {
  try {
    const tracer = isObject(given) && typeof given.init !== 'function' ? given.default : given
    if (isObject(tracer) && typeof tracer.init === 'function' && isObject(tracer.llmobs)) return tracer
  } catch {
    // What cannot be read is no tracer.
  }
  throw misuse(
    CODES.INVALID_OPTION,
    `attach needs the tracer of dd-trace, as attach(require('dd-trace').init()), got ${typeName(given)}`
  )
}

/**
 * @param {unknown} options
 * @returns {{ choices: import('./bridge').BridgeOptions, rest: Record<string, any> }}
 */
function split(options) {
  if (!isObject(options))
    throw misuse(CODES.INVALID_OPTION, `options must be an object, got ${typeName(options)}`)
  const rest = { ...options }
  /** @type {Record<string, string>} */
  const choices = {}
  for (const [name, allowed] of Object.entries(CHOICES)) {
    const value = own(options, name) ?? allowed[0]
    if (!allowed.includes(value)) {
      throw misuse(CODES.INVALID_OPTION, `option "${name}" must be "${allowed.join('" or "')}"`)
    }
    choices[name] = value
    delete rest[name]
  }
  return { choices: /** @type {any} */ (choices), rest }
}

/** @param {unknown} core */
function whyNot(core) {
  return core === null
    ? warning(
        'bridge',
        'Spanlane is disabled: dd-trace delivers by itself',
        'see the warning before, or DD_LLMOBS_ENABLED'
      )
    : warning(
        'bridge',
        'tracing by dd-trace is off (DD_TRACE_ENABLED, or a Jest worker): there is nothing to attach to',
        'let dd-trace trace where tenants are to be told apart'
      )
}

module.exports = { attach, detach }
