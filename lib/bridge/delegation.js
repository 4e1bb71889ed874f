'use strict'

const { AsyncResource } = require('node:async_hooks')
const { isObject, own } = require('../values/own')
const { checkStream } = require('../sdk/call-options')
const { bindToStore } = require('../trace/bind')
const { checkFunction } = require('../trace/trace')

/** Members that mean the same on `tracer.llmobs`. */
const SAME = /** @type {const} */ ([
  'annotate',
  'annotationContext',
  'exportSpan',
  'submitEvaluation',
  'submitFeedback',
  'withRoutingContext'
])

/** The process's asynchronous contexts as a whole: the tracer's is one of them. */
const CONTEXTS = {
  getStore: () => new AsyncResource('spanlane.bound'),
  run: (/** @type {AsyncResource} */ context, /** @type {any} */ fn, /** @type {any[]} */ ...args) =>
    context.runInAsyncScope(fn, undefined, ...args)
}

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
    trace(/** @type {any} */ given, /** @type {any} */ fn) {
      if (!hasParent(given)) return tracer.llmobs.trace(given, fn)
      const { options, run } = bridge.parents.resolve(given)
      return run(() => tracer.llmobs.trace(options, fn))
    },
    wrap(/** @type {any} */ given, /** @type {any} */ fn) {
      if (!hasParent(given)) return tracer.llmobs.wrap(given, fn)
      const { options, run } = bridge.parents.resolve(given)
      const wrapped = tracer.llmobs.wrap(options, fn)
      /** @this {unknown} */
      return function below(/** @type {unknown[]} */ ...args) {
        return run(() => wrapped.apply(this, args))
      }
    },
    startSpan: (/** @type {any} */ given) => bridge.startSpan(tracer, given),
    currentRoute: () => bridge.currentRoute(),
    bindRoutingContext(/** @type {any} */ fn) {
      checkFunction('bindRoutingContext', fn)
      return AsyncResource.bind(fn)
    },
    bindStream(/** @type {any} */ stream) {
      checkStream(stream)
      return bindToStore(CONTEXTS, /** @type {any} */ (CONTEXTS.getStore()), stream)
    },
    inject: (/** @type {any} */ carrier) => bridge.headers.inject(tracer, carrier),
    extract: (/** @type {any} */ carrier, /** @type {any} */ fn) => bridge.headers.extract(carrier, fn),
    flush: (/** @type {any} */ options) => tracer.llmobs.flush(options)
  }
  for (const name of SAME) {
    members[name] = (/** @type {any[]} */ ...args) => tracer.llmobs[name](...args)
  }
  return members
}

/** @param {any} options @returns {boolean} */
function hasParent(options) {
  return isObject(options) && (own(options, 'parent') ?? null) !== null
}

module.exports = { delegate }
