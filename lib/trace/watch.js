'use strict'

const { setImmediate } = require('node:timers')
const { ROOT_STORE } = require('../routing/context')
const { apply } = require('../values/methods')
const { nowMs } = require('./clock')
const { Call, Reading } = require('./reading')

/**
 * The part of an AsyncLocalStorage that is needed here.
 *
 * @typedef {{ run: (store: any, fn: (...args: any[]) => any, ...args: any[]) => any, getStore: () => any }} Contexts
 */

/** The watches of each set of contexts, by the object watched. @type {WeakMap<object, WeakMap<object, Watch>>} */
const watches = new WeakMap()

/** @type {FinalizationRegistry<Watch>} */
const collected = new FinalizationRegistry(watch => watch.lost())

/** Watches ever made: tells what was made while a call ran. */
let made = 0

/**
 * What becomes of one object that traced calls returned: whose spans it ends, and in which context it does its work.
 * There is one for each object, however often it is returned, and only one set of methods is put on it.
 */
class Watch {
  #contexts
  /** @type {Store} where the object does its work */
  home
  /** How many were made before. */
  serial = made++
  /** Calls of several tenants returned it: it is nobody's, and works for whoever uses it. */
  #isShared = false
  /** @type {Set<Call>} */
  #calls = new Set()
  /** Steps that are under way. */
  #steps = 0
  #isLost = false
  #isWaiting = false
  /** It has come to its end, and no later call can wait for one. */
  isOver = false
  /** It can be read, but what holds it may as well take it for a value. */
  isOptional = false
  /** Its listeners run where it does, not where their owners are: somebody said so. */
  bindsListeners = false

  /** @returns {number} a number that `belongsTo` takes */
  static get now() {
    return made
  }

  /**
   * @param {Contexts} contexts
   * @param {object} object
   * @returns {Watch | undefined}
   */
  static find(contexts, object) {
    return watches.get(contexts)?.get(object)
  }

  /**
   * @param {Contexts} contexts
   * @param {Store} home
   */
  constructor(contexts, home) {
    this.#contexts = contexts
    this.home = home
  }

  /** Makes it the object's own. @param {object} object */
  keep(object) {
    let ours = watches.get(this.#contexts)
    if (ours === undefined) {
      ours = new WeakMap()
      watches.set(this.#contexts, ours)
    }
    ours.set(object, this)
    collected.register(object, this)
  }

  /** For an object that comes of this one and works where it does. */
  child() {
    return new Watch(this.#contexts, this.home)
  }

  /** For an object that works where this code was called. */
  caller() {
    return new Watch(this.#contexts, this.#contexts.getStore() ?? ROOT_STORE)
  }

  /** @param {object} object @returns {Watch | undefined} */
  other(object) {
    return Watch.find(this.#contexts, object)
  }

  /**
   * Another call returned the object.
   *
   * @param {Store} store the call's context
   * @param {number} before `Watch.now` when the call began
   */
  belongsTo(store, before) {
    // Made during the call: what is further inside made it.
    if (this.serial >= before) return
    if (tenantOf(this.home) !== tenantOf(store)) this.#isShared = true
    else if (store.span !== null) this.home = store
  }

  /** Somebody said where the work belongs. @param {Store} store */
  settleIn(store) {
    this.home = store
    this.#isShared = false
  }

  /**
   * A call waits for the object's end.
   *
   * @param {Ending} ending
   * @param {unknown} object the object itself
   */
  join(ending, object) {
    ending.detach?.()
    const call = new Call(ending)
    this.#calls.add(call)
    if (this.isOptional) this.#endUnlessRead(call, object)
  }

  /**
   * Runs what the object does in its own context.
   *
   * @param {Function} fn
   * @param {unknown} self
   * @param {any[]} args
   */
  run(fn, self, args) {
    if (this.#isShared) return apply(fn, self, args)
    return this.#contexts.run(this.home, apply, fn, self, args)
  }

  /**
   * @param {Function} callback given to the object
   * @returns {(this: any, ...args: any[]) => any} runs it in the context of whoever gave it
   */
  forCaller(callback) {
    const contexts = this.#contexts
    const store = contexts.getStore() ?? ROOT_STORE
    return function (...args) {
      return contexts.run(store, apply, callback, this, args)
    }
  }

  /** A reader was opened. It takes the calls that have none; the spans of the others wait for both. */
  open() {
    const unread = [...this.#calls].filter(({ readings }) => readings === 0)
    return new Reading(unread.length > 0 ? unread : [...this.#calls], call => this.#calls.delete(call))
  }

  /** Whether a step is under way. */
  get isAtWork() {
    return this.#steps > 0
  }

  stepBegins() {
    this.#steps++
  }

  stepEnds() {
    this.#steps--
    if (this.#isLost) this.lost()
  }

  /** Nobody can use the object any more; what was opened before goes on. */
  lost() {
    this.#isLost = true
    if (this.#steps > 0) return
    for (const call of this.#takeUnread()) call.ending.succeed()
  }

  /** The object came to its end. Who still reads it has not. */
  endUnread() {
    this.isOver = true
    for (const call of this.#takeUnread()) call.ending.succeed()
  }

  /** @returns {Ending[]} those that waited, who wait no longer */
  take() {
    const endings = [...this.#calls].map(({ ending }) => ending)
    this.#calls.clear()
    return endings
  }

  /** @param {unknown} chunk */
  receive(chunk) {
    for (const { ending } of this.#calls) ending.receive?.(chunk)
  }

  /** The object came to its end. */
  succeed() {
    this.isOver = true
    for (const ending of this.take()) ending.succeed()
  }

  /** @param {unknown} error */
  fail(error) {
    this.isOver = true
    for (const ending of this.take()) ending.fail(error)
  }

  /**
   * Without a reader in this turn, the object was the result, and its call ended when it returned.
   *
   * @param {Call} call
   * @param {unknown} object
   */
  #endUnlessRead(call, object) {
    call.returnedMs = nowMs()
    if (this.#isWaiting) return
    this.#isWaiting = true
    setImmediate(() => {
      this.#isWaiting = false
      for (const call of this.#takeUnread()) call.ending.succeed(object, call.returnedMs)
    })
  }

  #takeUnread() {
    const unread = [...this.#calls].filter(({ readings }) => readings === 0)
    for (const call of unread) this.#calls.delete(call)
    return unread
  }
}

/**
 * @param {Store} store
 * @returns {number | undefined} -1 and undefined: a refused route, and none
 */
function tenantOf(store) {
  return store.route?.tenantId
}

module.exports = { Watch }
