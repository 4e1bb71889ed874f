'use strict'

/**
 * Version 7 of the AI SDK tells of each operation on a diagnostics channel, whose stores nest what is below. Of streams it
 * tells there only that they began; of objects nothing. The rest comes from callbacks that it looks for on the global
 * object, as `registerTelemetry` of the AI SDK puts them there.
 */

const { AsyncLocalStorage } = require('node:async_hooks')
const { tracingChannel } = require('node:diagnostics_channel')
const { hasProcessor } = require('../opentelemetry/processor')
const { Following, heardOn } = require('../sdk/following')
const { isObject } = require('../values/own')
const { Call } = require('./call')
const { collected } = require('./collected')
const { ENDS, OBJECTS, STARTS, answered } = require('./events')

/** @typedef {Record<string, any>} Given */
/** @typedef {{ type: string, event: Given, result?: any, error?: unknown }} Message the same object from start to end */

const CHANNEL = 'ai:telemetry'
/** Where the AI SDK looks for callbacks. */
const INTEGRATIONS = 'AI_SDK_TELEMETRY_INTEGRATIONS'
/** Callbacks that write to OpenTelemetry, of `@ai-sdk/otel`. */
const WRITERS = ['OpenTelemetry', 'LegacyOpenTelemetry']
/** Operations inside others, which end with them. */
const PARTS = ['step', 'languageModelCall', 'executeTool']
/** Of those whose end may never be told; beyond it the oldest is taken to be over. */
const OBJECTS_MAX = 1000

/** By LLMObs, while they observe. @type {Map<object, Observer>} */
const observers = new Map()

/** The store of a call's own context, where it stands in the storage of its instance. @typedef {Call | null} Entered */

/** What the channel runs an operation in: the storage of whichever instance its span is of. @extends {AsyncLocalStorage<Entered>} */
class Contexts extends AsyncLocalStorage {
  /**
   * @override
   * @param {Entered} call
   * @param {(...args: any[]) => any} fn
   * @param {any[]} args
   */
  run(call, fn, ...args) {
    return call === null ? fn(...args) : call.span.instance.storage.run(call.store, fn, ...args)
  }
}

/** One operation and its parts, by what the AI SDK calls it. */
class Operation {
  /** The call of a model whose answer is still streamed. @type {Call | null} */
  model = null
  /** What made it fail; the channel may tell another error. @type {{ error: unknown } | null} */
  failure = null

  /** @param {Call} root @param {() => void} forget */
  constructor(root, forget) {
    this.root = root
    this.forget = forget
  }

  /** @param {unknown} [error] that the channel tells */
  end(error) {
    this.forget()
    const failure = this.failure ?? (error === undefined ? null : { error })
    if (failure !== null && !this.root.isAborted) this.root.fail(failure.error)
    this.root.end()
  }

  leave() {
    this.forget()
    this.root.leave()
  }
}

class Observer {
  #following
  #channel = tracingChannel(CHANNEL)
  #contexts = new Contexts()
  /** @type {WeakMap<object, Call>} */
  #calls = new WeakMap()
  /** @type {Map<string, Operation>} */
  #operations = new Map()
  /** @type {Map<string, Operation>} */
  #objects = new Map()
  #subscriber
  #integration

  /** @param {Following} following */
  constructor(following) {
    this.#following = following
    this.#subscriber = /** @type {any} */ ({ asyncEnd: this.#guarded(message => this.#end(message)) })
    this.#integration = Object.freeze({
      onLanguageModelCallEnd: this.#guarded(event => this.#answered(event)),
      onStart: this.#guarded(event => this.#startObject(event)),
      onObjectStepStart: this.#guarded(event => this.#callForObject(event)),
      onObjectStepEnd: this.#guarded(event => this.#objectAnswered(event)),
      onEnd: this.#guarded(event => this.#endObject(event)),
      onAbort: this.#guarded(event => this.#aborted(event)),
      onError: this.#guarded(event => this.#failed(event))
    })
    this.#channel.start.bindStore(this.#contexts, message => this.#start(/** @type {any} */ (message)))
    this.#channel.subscribe(this.#subscriber)
    integrations().push(this.#integration)
  }

  stop() {
    this.#channel.start.unbindStore(this.#contexts)
    this.#channel.unsubscribe(this.#subscriber)
    const all = integrations()
    const index = all.indexOf(this.#integration)
    if (index !== -1) all.splice(index, 1)
    for (const operations of [this.#operations, this.#objects]) {
      for (const operation of [...operations.values()]) operation.leave()
    }
  }

  /**
   * @param {(given: any) => void} fn
   * @returns {(given: unknown) => void} throws nothing, and returns nothing that is waited for
   */
  #guarded(fn) {
    return given => {
      try {
        if (isObject(given)) fn(given)
      } catch (error) {
        this.#following.failed(error, 'an event of the AI SDK could not be read')
      }
    }
  }

  /** @param {Message} message @returns {Entered} */
  #start(message) {
    const instance = this.#following.recording
    if (instance === null) return null
    try {
      const { type, event } = message
      if (!Object.hasOwn(STARTS, type) || !isObject(event)) return null
      const isPart = PARTS.includes(type)
      const attributes = STARTS[type](event)
      const operation = isPart ? this.#operations.get(event.callId) : undefined
      if (type === 'languageModelCall') attributes['ai.operationId'] = modelOperation(operation)
      const name = nameOf(type, event, attributes)
      const call = Call.start(this.#following, instance, { name, attributes, isPart })
      this.#calls.set(message, call)
      if (isPart) return call
      this.#begin(message, call)
      this.#noteTwice()
      return call
    } catch (error) {
      this.#following.failed(error, 'a call could not be followed')
      return null
    }
  }

  #noteTwice() {
    const isWritten = integrations().some(each => WRITERS.includes(each?.constructor?.name))
    if (!isWritten || !hasProcessor(this.#following.key)) return
    const what = 'the AI SDK also writes to OpenTelemetry, where a SpanlaneSpanProcessor may take it again'
    this.#following.tell(what, 'use observe(), or registerTelemetry(new OpenTelemetry())')
  }

  /** @param {Message} message @param {Call} root */
  #begin(message, root) {
    const { callId } = message.event
    const operations = this.#operations
    const operation = new Operation(root, () => operations.delete(callId))
    operations.set(callId, operation)
    collected.register(message, operation)
  }

  /** @param {Message} message */
  #end(message) {
    const call = this.#calls.get(message)
    if (call === undefined || call.hasEnded) return
    const { type, event, result, error } = message
    const operation = this.#operations.get(event.callId)
    if (operation?.root === call) return this.#endRoot(operation, type, result, error)
    if (type === 'languageModelCall' && operation !== undefined && error === undefined && !isAnswer(result)) {
      operation.model = call
      return
    }
    if (error !== undefined) call.fail(error)
    if (isObject(result)) finishPart(call, type, result)
    call.end()
  }

  /** @param {Operation} operation @param {string} type @param {any} result @param {unknown} error */
  #endRoot(operation, type, result, error) {
    if (isObject(result) && Object.hasOwn(ENDS, type)) operation.root.say(ENDS[type](result))
    operation.end(error)
  }

  /** @param {Given} event of a model, streamed or not */
  #answered(event) {
    const operation = this.#operations.get(event.callId)
    const call = operation?.model ?? null
    if (operation === undefined || call === null || call.hasEnded) return
    operation.model = null
    finishPart(call, 'languageModelCall', event)
    // Here it is the answer's.
    call.say({ 'ai.response.model': event.modelId })
    call.end()
  }

  /** @param {Given} event */
  #aborted({ callId }) {
    this.#operations.get(callId)?.root.abort()
  }

  /** @param {Given} event */
  #failed({ callId, error }) {
    const operation = this.#operations.get(callId)
    if (operation !== undefined) operation.failure = { error }
    const object = this.#objects.get(callId)
    if (object === undefined) return
    object.model?.fail(error)
    object.model?.end()
    object.end(error)
  }

  /** @param {Given} event */
  #startObject(event) {
    if (!/^ai\.(generate|stream)Object$/.test(`${event.operationId}`)) return
    const instance = this.#following.recording
    if (instance === null) return
    const { callId, operationId: name } = event
    const root = Call.start(this.#following, instance, { name, attributes: OBJECTS.start(event) })
    this.#objects.set(callId, new Operation(root, () => this.#objects.delete(callId)))
    if (this.#objects.size <= OBJECTS_MAX) return
    const what = `more than ${OBJECTS_MAX} objects are being generated: the oldest is taken to be over`
    this.#following.tell(what, 'read streams of objects to their end, or abort them')
    const [oldest] = this.#objects.values()
    oldest.leave()
  }

  /** @param {Given} event */
  #callForObject(event) {
    const operation = this.#objects.get(event.callId)
    const instance = this.#following.recording
    if (operation === undefined || instance === null) return
    const name = modelOperation(operation)
    const attributes = { ...OBJECTS.callStart(event), 'ai.operationId': name }
    operation.model = Call.start(this.#following, instance, {
      name,
      attributes,
      isPart: true,
      above: operation.root
    })
  }

  /** @param {Given} event */
  #objectAnswered(event) {
    const model = this.#objects.get(event.callId)?.model
    model?.say(OBJECTS.callEnd(event))
    model?.end()
  }

  /** @param {Given} event */
  #endObject(event) {
    const operation = this.#objects.get(event.callId)
    operation?.root.say(OBJECTS.end(event))
    operation?.end(event.error)
  }
}

/** @param {any} result of a model @returns {boolean} false: it is streamed, or kept back, and the callback tells more */
function isAnswer(result) {
  return isObject(result) && result.stream === undefined
}

/** @param {Call} call @param {string} type @param {Given} result */
function finishPart(call, type, result) {
  if (result.output?.type === 'tool-error') call.fail(result.output.error)
  if (Object.hasOwn(ENDS, type)) call.say(ENDS[type](result))
  if (type !== 'languageModelCall') return
  // The last answer is what the step, and all of it, came to.
  const said = answered(result.content)
  for (let above = call.whole; above !== null; above = above.whole) above.say(said)
}

/** @param {Operation | undefined} operation @returns {string} of the call of its model */
function modelOperation(operation) {
  const name = operation?.root.name ?? 'ai.languageModelCall'
  return `${name}.${/^ai\.stream/.test(name) ? 'doStream' : 'doGenerate'}`
}

/** @param {string} type @param {Given} event @param {Given} attributes @returns {string} */
function nameOf(type, event, attributes) {
  if (type === 'step') return `step ${Number(event.stepNumber) + 1}`
  return type === 'languageModelCall' ? attributes['ai.operationId'] : `ai.${type}`
}

/** @returns {object[]} callbacks of all versions of the AI SDK in the process */
function integrations() {
  const host = /** @type {any} */ (globalThis)
  host[INTEGRATIONS] ??= []
  return host[INTEGRATIONS]
}

/**
 * @param {unknown} [options]
 * @returns {() => void}
 */
function observe(options = {}) {
  const following = new Following(options, {
    library: 'the AI SDK',
    topic: 'ai',
    isTaken: heardOn('dd-trace:vercel-ai:chunk')
  })
  const { key } = following
  const observer = observers.get(key) ?? new Observer(following)
  observers.set(key, observer)
  return () => {
    if (observers.get(key) !== observer) return
    observers.delete(key)
    observer.stop()
  }
}

module.exports = { observe }
