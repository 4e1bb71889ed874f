'use strict'

const { AsyncResource } = require('node:async_hooks')
const { CODES, refused } = require('../errors')
const { isObject, own } = require('../own')
const { checkStream } = require('../sdk/call-options')
const { bindToStore } = require('../sdk/streams')
const { checkFunction } = require('../sdk/trace')

/** Members that mean the same on `tracer.llmobs`. */
const SAME = /** @type {const} */ ([
  'wrap',
  'annotate',
  'annotationContext',
  'exportSpan',
  'submitEvaluation',
  'submitFeedback',
  'withRoutingContext'
])

/**
 * Makes `require('spanlane').llmobs` speak for the bridged tracer, so that a process has one parent chain and
 * one routing context whichever of both a library uses. What Spanlane alone has - routes, flush reports,
 * counters, the processor - stays.
 *
 * @param {object} llmobs ours
 * @param {any} tracer of dd-trace
 * @param {import('./bridge').Bridge} bridge
 * @returns {() => void} undoes it
 */
function delegate(llmobs, tracer, bridge) {
  const members = membersFor(tracer, bridge)
  for (const name of Object.keys(members)) {
    const member = Object.getOwnPropertyDescriptor(members, name)
    Object.defineProperty(llmobs, name, { ...member, configurable: true, enumerable: false })
  }
  return () => {
    for (const name of Object.keys(members)) Reflect.deleteProperty(llmobs, name)
  }
}

/**
 * @param {any} tracer
 * @param {import('./bridge').Bridge} bridge
 * @returns {Record<string, any>}
 */
function membersFor(tracer, bridge) {
  /** @type {Record<string, any>} */
  const members = {
    get enabled() {
      return tracer.llmobs.enabled
    },
    trace(/** @type {any} */ options, /** @type {any} */ fn) {
      if (isObject(options) && own(options, 'parent') !== undefined) {
        throw notWithTracer('the option "parent" of trace', 'the option "childOf" of dd-trace')
      }
      return tracer.llmobs.trace(options, fn)
    },
    currentRoute: () => bridge.currentRoute(),
    bindRoutingContext(/** @type {any} */ fn) {
      checkFunction('bindRoutingContext', fn)
      return AsyncResource.bind(fn)
    },
    bindStream(/** @type {any} */ stream) {
      checkStream(stream)
      const inContext = AsyncResource.bind((/** @type {() => unknown} */ step) => step())
      const storage = { run: (/** @type {any} */ _store, /** @type {any} */ step) => inContext(step) }
      return bindToStore(/** @type {any} */ ({ storage }), /** @type {any} */ (null), stream)
    },
    inject() {
      throw notWithTracer('inject', 'dd-trace, which passes the trace context on by itself')
    },
    extract() {
      throw notWithTracer('extract', 'dd-trace, which reads the trace context by itself')
    },
    flush: (/** @type {any} */ options) => tracer.llmobs.flush(options)
  }
  for (const name of SAME) {
    members[name] = (/** @type {any[]} */ ...args) => tracer.llmobs[name](...args)
  }
  return members
}

/**
 * @param {string} what
 * @param {string} instead
 */
function notWithTracer(what, instead) {
  return refused(CODES.NOT_SUPPORTED, `${what} is not available while attached to dd-trace: use ${instead}`)
}

module.exports = { delegate }
