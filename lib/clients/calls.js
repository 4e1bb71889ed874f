'use strict'

const { performance } = require('node:perf_hooks')
const { endBy } = require('../trace/by-hand')
const { Span } = require('../trace/span')
const { apply, fieldOf, replaceMethod } = require('../values/methods')
const { Body } = require('./body')
const { providerAt } = require('./provider')
const { isObject } = require('./shapes')

/** @typedef {import('./observe').Api} Api */
/** @typedef {import('./observe').Endpoint} Endpoint */
/** @typedef {import('../sdk/following').Following} Following */

/** The calls of one client. Whatever goes wrong here, the application's call is made once, and its result handed on. */
class Calls {
  #api
  #client
  #following

  /**
   * @param {Api} api
   * @param {any} client
   * @param {Following} following
   */
  constructor(api, client, following) {
    this.#api = api
    this.#client = client
    this.#following = following
  }

  /** @returns {object} what spans are sent by */
  get key() {
    return this.#following.key
  }

  /**
   * @param {Endpoint} endpoint
   * @param {any[]} args
   * @param {() => any} call makes it
   * @returns {any} what it returned
   */
  follow(endpoint, args, call) {
    const instance = this.#following.recording
    if (instance === null) return call()
    if (instance.bridgedRoutes !== null) return this.#besideDdTrace(instance, endpoint, args, call)
    const followed = this.#begin(endpoint, args)
    return followed === null ? call() : endBy(followed.span, followed, () => followed.prepare(call()))
  }

  /**
   * The bridged tracer may follow this client itself. It says so by beginning a span while the call is made.
   *
   * @param {Instance} instance
   * @param {Endpoint} endpoint
   * @param {any[]} args
   * @param {() => any} call
   */
  #besideDdTrace(instance, endpoint, args, call) {
    const before = instance.bridgedSpans
    const startMs = Date.now()
    const result = call()
    if (instance.bridgedSpans !== before) {
      this.#following.saySilent(instance)
      return result
    }
    const followed = this.#begin(endpoint, args, startMs)
    return followed === null ? result : endBy(followed.span, followed, () => followed.prepare(result))
  }

  /**
   * @param {Endpoint} endpoint
   * @param {any[]} args
   * @param {number} [startMs] default now
   * @returns {Call | null} null: nothing is recorded
   */
  #begin({ operation, kind, asked, Answer }, [body], startMs) {
    try {
      const given = isObject(body) ? body : {}
      const modelProvider = providerAt(fieldOf(this.#client, 'baseURL'))
      const { model } = given
      const span = this.#following.startSpan({
        kind,
        name: this.#api.nameOf(operation, modelProvider),
        modelName: typeof model === 'string' ? model : undefined,
        modelProvider,
        startMs
      })
      if (!Span.is(span)) return null
      const call = new Call(this.#following, span, new Answer(given))
      call.annotate(() => asked(given))
      return call
    } catch (error) {
      this.#following.failed(error, 'a call could not be followed')
      return null
    }
  }
}

/** One call: it ends its span, with what was answered. */
class Call {
  #following
  #answer
  #body = new Body()
  #startMs = performance.now()
  /** @type {number | null} */
  #firstTokenMs = null

  /**
   * @param {Following} following
   * @param {any} span by hand
   * @param {import('./shapes').Answer} answer
   */
  constructor(following, span, answer) {
    this.#following = following
    this.span = span
    this.#answer = answer
  }

  /**
   * Helpers of the clients parse an answer further, and that may fail though the model answered.
   *
   * @param {any} promise
   * @returns {any} the same
   */
  prepare(promise) {
    replaceMethod(promise ?? {}, '_thenUnwrap', (method, [transform, ...rest], self) => {
      if (typeof transform !== 'function') return apply(method, self, [transform, ...rest])
      const seen = (/** @type {any} */ value, /** @type {any[]} */ ...more) => {
        this.#take(value)
        return transform(value, ...more)
      }
      return apply(method, self, [seen, ...rest])
    })
    return promise
  }

  /** @param {unknown} event of a stream */
  receive(event) {
    try {
      if (!isObject(event)) return
      this.#answer.receive(event)
      if (this.#firstTokenMs === null && this.#answer.hasToken) this.#firstTokenMs = performance.now()
    } catch {
      // An event that cannot be read says nothing.
    }
  }

  /** @param {unknown} chunk of a response that the application reads itself */
  receiveBytes(chunk) {
    this.#body.add(chunk)
  }

  /**
   * @param {unknown} [value]
   * @param {number} [endMs]
   */
  succeed(value, endMs) {
    if (this.span.finished) return
    this.#take(value)
    this.#say()
    this.span.finish(endMs)
  }

  /** @param {any} error */
  fail(error) {
    if (this.span.finished) return
    this.#say()
    this.annotate(() => ({ metadata: detailsOf(error) }))
    this.span.setError(error)
    // Clients give their errors no name, but classes.
    if (this.span.error?.type === 'Error') this.span.error.type = classOf(error)
    this.span.finish()
  }

  /** @param {any} value what a promise gave: an answer, or a stream that tells its events one by one */
  #take(value) {
    if (!isObject(value) || fieldOf(value, Symbol.asyncIterator) !== undefined) return
    try {
      this.#answer.take(value)
    } catch {
      // An answer that cannot be read says nothing.
    }
  }

  /** Says what was answered, as far as it came. */
  #say() {
    this.annotate(
      () => {
        this.#body.tell(this.#answer)
        const said = this.#answer.say()
        if (said === null) return {}
        const { outputData, finishReasons, modelName, metadata, error } = said
        if (typeof modelName === 'string' && modelName !== '')
          this.span.texts = { ...this.span.texts, modelName }
        if (error !== undefined) this.span.setError(error)
        const firstToken =
          this.#firstTokenMs === null
            ? {}
            : { time_to_first_token: (this.#firstTokenMs - this.#startMs) / 1000 }
        return {
          outputData,
          metrics: { ...said.metrics, ...firstToken },
          metadata: finishReasons.length > 0 ? { ...metadata, finish_reasons: finishReasons } : metadata
        }
      },
      this.#answer.isCut ? ['truncated:output'] : []
    )
  }

  /**
   * @param {() => Record<string, any>} describe may throw
   * @param {string[]} [errors]
   */
  annotate(describe, errors = []) {
    this.#following.annotate(this.span, describe, 'a call', errors)
  }
}

/** @param {any} error @returns {Record<string, unknown> | undefined} what an API's error says beside its message */
function detailsOf(error) {
  const details = {
    status_code: fieldOf(error ?? {}, 'status'),
    error_code: fieldOf(error ?? {}, 'code') ?? fieldOf(error ?? {}, 'type'),
    request_id: fieldOf(error ?? {}, 'request_id') ?? fieldOf(error ?? {}, 'requestID')
  }
  const given = Object.entries(details).filter(([, value]) => ['string', 'number'].includes(typeof value))
  return given.length === 0 ? undefined : Object.fromEntries(given)
}

/** @param {any} error */
function classOf(error) {
  const name = fieldOf(fieldOf(error ?? {}, 'constructor') ?? {}, 'name')
  return typeof name === 'string' && name !== '' ? name : 'Error'
}

module.exports = { Calls }
