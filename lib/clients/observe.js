'use strict'

/**
 * Puts spans around the calls of a client of a model API. The client stays the object it is: the methods are put on its
 * own resources, so that the helpers of the client that go through them are observed, too.
 */

const { CODES, misuse } = require('../errors')
const { Following } = require('../sdk/following')
const { copyShape } = require('../trace/shape')
const { apply, defineMethod, fieldOf, methodOf } = require('../values/methods')
const { isObject, typeName } = require('../values/own')
const { Calls } = require('./calls')

/** What a request says. @typedef {{ inputData?: any, metadata?: any, toolDefinitions?: any, prompt?: any }} Asked */

/**
 * @typedef {object} Endpoint
 * @property {string[]} path from the client to the resource whose `create` it is
 * @property {string} operation
 * @property {'llm' | 'embedding'} kind
 * @property {(body: any) => Asked} asked may throw
 * @property {new (body: any) => import('./shapes').Answer} Answer
 */

/**
 * @typedef {object} Api
 * @property {string} packageName
 * @property {Endpoint[]} endpoints
 * @property {(operation: string, provider: string) => string} nameOf a span
 */

/** What is observed already: resources, by what spans are sent by. @type {WeakMap<object, WeakSet<object>>} */
const observed = new WeakMap()

/**
 * @template T
 * @param {Api} api
 * @param {T} client
 * @param {{ llmobs?: unknown }} [options]
 * @returns {T} the same
 * @throws {TypeError} when it is no such client
 */
function observeClient(api, client, options = {}) {
  const { packageName: library } = api
  const following = new Following(options, { library, topic: 'clients', silence: 'observe records nothing' })
  const calls = new Calls(api, client, following)
  const found = api.endpoints.filter(endpoint => observeEndpoint(calls, client, endpoint))
  if (found.length === 0) {
    const got = isObject(client) ? 'an object without its methods, or a frozen one' : typeName(client)
    throw misuse(CODES.INVALID_OPTION, `observe needs a client of the package ${api.packageName}, got ${got}`)
  }
  observeCopies(api, calls, client, options)
  return client
}

/**
 * @param {Calls} calls
 * @param {any} client
 * @param {Endpoint} endpoint
 * @returns {boolean} false when there is no such method, or it refuses
 */
function observeEndpoint(calls, client, endpoint) {
  const resource = endpoint.path.reduce((owner, name) => fieldOf(owner ?? {}, name), client)
  const create = isResource(resource) ? methodOf(resource, 'create') : null
  if (create === null) return false
  if (isObserved(resource, calls.key)) return true
  const { observedCreate } = {
    /** @this {any} */
    observedCreate(/** @type {any[]} */ ...args) {
      return calls.follow(endpoint, args, () => apply(create, this, args))
    }
  }
  if (!defineMethod(resource, 'create', copyShape(create, observedCreate))) return false
  observed.get(resource)?.add(calls.key)
  return true
}

/**
 * `withOptions` gives another client: it is observed as this one.
 *
 * @param {Api} api
 * @param {Calls} calls
 * @param {any} client
 * @param {{ llmobs?: unknown }} options
 */
function observeCopies(api, calls, client, options) {
  const withOptions = methodOf(client, 'withOptions')
  if (withOptions === null || isObserved(client, calls.key)) return
  const { observedCopy } = {
    /** @this {any} */
    observedCopy(/** @type {any[]} */ ...args) {
      const copy = apply(withOptions, this, args)
      try {
        return observeClient(api, copy, options)
      } catch {
        return copy
      }
    }
  }
  if (defineMethod(client, 'withOptions', copyShape(withOptions, observedCopy)))
    observed.get(client)?.add(calls.key)
}

/**
 * @param {object} object
 * @param {object} key
 */
function isObserved(object, key) {
  const keys = observed.get(object)
  if (keys === undefined) observed.set(object, new WeakSet())
  return keys?.has(key) === true
}

/** @param {any} value @returns {value is object} */
function isResource(value) {
  return typeof value === 'object' && value !== null
}

module.exports = { observeClient }
