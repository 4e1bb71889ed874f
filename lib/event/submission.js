'use strict'

const { performance } = require('node:perf_hooks')
const { clearTimeout, setTimeout } = require('node:timers')
const { KIND } = require('../binding')
const { HandOver } = require('./hand-over')
const { SharedPart } = require('./span-record')
const { later } = require('../values/later')
const { NativePromise } = require('../values/native-promise')
const { inSpan, warning } = require('../warnings')

const { hasOwn } = Object

const processing = later(() => require('./processor'))

/** Spans that may wait for asynchronous processors at a time; their content is not in the core's budget yet. */
const WAITING_MAX = 1000
/** An asynchronous processor that has not answered by then has failed. */
const PROCESSOR_TIMEOUT_MS = 10_000

const CURES = {
  internal_error: 'please report it, with this line',
  processor: 'a processor must return its span, or null, within 10 s'
}

/** Hands finished spans to the core, past the processors, once for each target; and metrics. Never throws. */
class Submission {
  /** @type {((span: any) => any) | null} the one set by `registerProcessor` */
  processor = null
  #instance
  /** @type {HandOver | null} */
  #handOver = null
  /** What waits for an asynchronous processor, and for whom. @type {Map<Promise<void>, any>} */
  #waiting = new Map()
  /** How many ever waited for one. */
  begun = 0

  /** @param {Instance} instance */
  constructor(instance) {
    this.#instance = instance
  }

  /** @returns {number} spans that wait for an asynchronous processor */
  get waiting() {
    return this.#waiting.size
  }

  /**
   * Resolves when the processors that run now have answered, or the time is up.
   *
   * @param {number} timeoutMs
   * @returns {Promise<number>} what is left of the time
   */
  async settle(timeoutMs) {
    const deadlineMs = performance.now() + timeoutMs
    await withinMs(NativePromise.all(this.#waiting.keys()), timeoutMs)
    return Math.max(0, deadlineMs - performance.now())
  }

  /** Gives up on what waits: the event loop will not turn again. */
  abandon() {
    for (const route of this.#waiting.values())
      this.#instance.core.drop(route?.laneId ?? null, 'processor', 1)
    this.#waiting.clear()
  }

  /** @param {Span} span */
  submit(span) {
    if (span.copies === null) {
      this.#submitTo(span, span.lineage, null)
      return
    }
    const whole = new SharedPart()
    const withoutContent = new SharedPart()
    for (const target of [span.lineage, ...span.copies]) {
      const part = target.route?.options.captureContent === false ? withoutContent : whole
      this.#submitTo(span, target, this.#processors(target).length === 0 ? part : null)
    }
  }

  /**
   * To the core that opened the route: the caller may name a span of another instance, and each core numbers its lanes
   * by itself.
   *
   * @param {Route | null} route
   * @param {Record<string, unknown>} metric of the evaluation intake
   * @returns {boolean} false: it goes nowhere, and is counted
   */
  submitMetric(route, metric) {
    if (this.#goesNowhere(route, null)) return false
    try {
      HandOver.of(route.core).submitMetric(route.laneId, metric)
    } catch (error) {
      route.core.drop(route.laneId, 'internal_error', 1)
      this.#warn('internal_error', `an evaluation could not be handed over: ${messageOf(error)}`)
    }
    return true
  }

  /**
   * The one door to a lane. What does not pass is counted, with its reason.
   *
   * @param {Route | null} route
   * @param {Span | null} span null: a metric
   * @returns {route is null}
   */
  #goesNowhere(route, span) {
    const reason = !this.#instance.enabled
      ? 'disabled'
      : route === null
        ? 'no_route'
        : route.laneId === NO_LANE
          ? 'invalid_route'
          : null
    if (reason === null) return false
    const core = route?.core ?? this.#instance.core
    core.drop(route?.laneId ?? null, reason, 1)
    this.#instance.lost(reason, route, span)
    return true
  }

  /**
   * @param {Span} span
   * @param {Lineage} target
   * @param {SharedPart | null} part what the span says to all its targets
   */
  #submitTo(span, target, part) {
    const { core } = this.#instance
    // A lane's number means nothing to another core.
    const route = target.route?.core === core ? target.route : null
    if (this.#goesNowhere(route, span)) return
    try {
      const processors = this.#processors(target)
      if (processors.length === 0) this.#send(span, target, part)
      else this.#process(span.copies === null ? span : processing().separate(span), target, processors)
    } catch (error) {
      core.drop(route.laneId, 'internal_error', 1)
      this.#warn('internal_error', `a span could not be handed over: ${messageOf(error)}${inSpan(span)}`)
    }
  }

  /** @param {Lineage} target */
  #processors(target) {
    const ofRoute = target.route?.options.processor
    if (this.processor === null && ofRoute === undefined) return NONE
    return [this.processor, ofRoute].filter(processor => typeof processor === 'function')
  }

  /**
   * @param {Span} span
   * @param {Lineage} target
   * @param {SharedPart | null} part what the span says to all its targets
   */
  #send(span, target, part) {
    const { core, config } = this.#instance
    // Of a foreign span undefined, too.
    const tags = span.tags ?? null
    const isOfExperiment = tags !== null && hasOwn(tags, 'experiment_id') && tags.experiment_id
    const kind = isOfExperiment ? KIND.EXPERIMENT_SPAN : KIND.SPAN
    this.#handOver ??= HandOver.of(core)
    if (isForeign(span)) this.#handOver.submitForeign(kind, span, config, target.route?.laneId ?? 0)
    else this.#handOver.submitSpan(kind, span, config, target, part)
  }

  /**
   * @param {Span} span
   * @param {Lineage} target
   * @param {((span: any) => any)[]} processors
   */
  #process(span, target, processors) {
    for (let index = 0; index < processors.length; index++) {
      let isKept
      try {
        isKept = processing().runProcessor(span, target, this.#instance.config, processors[index])
      } catch (error) {
        return this.#dropProcessed(span, target, failureOf(error, 'threw'))
      }
      if (typeof isKept !== 'boolean') return this.#wait(span, target, isKept, processors.slice(index + 1))
      if (!isKept) return this.#dropProcessed(span, target, null)
    }
    if (!isForeign(span)) processing().capture(span)
    this.#send(span, target, null)
  }

  /**
   * @param {Span} span
   * @param {Lineage} target
   * @param {Promise<boolean>} answer
   * @param {((span: any) => any)[]} rest
   */
  #wait(span, target, answer, rest) {
    if (this.#waiting.size >= WAITING_MAX) {
      answer.catch(() => {})
      return this.#dropProcessed(
        span,
        target,
        `more than ${WAITING_MAX} spans wait for asynchronous processors`
      )
    }
    const waiting = this.#finish(span, target, answer, rest).finally(() => this.#waiting.delete(waiting))
    this.#waiting.set(waiting, target.route)
    this.begun++
  }

  /**
   * @param {Span} span
   * @param {Lineage} target
   * @param {Promise<boolean>} answer
   * @param {((span: any) => any)[]} rest
   */
  async #finish(span, target, answer, rest) {
    let isKept
    try {
      isKept = await withinTime(answer)
    } catch (error) {
      return this.#dropProcessed(span, target, failureOf(error, 'failed'))
    }
    if (isKept) this.#process(span, target, rest)
    else this.#dropProcessed(span, target, null)
  }

  /**
   * A span that a processor refused or failed on is not sent as it is: it may hold what had to be masked.
   *
   * @param {Span} span
   * @param {Lineage} target
   * @param {string | null} problem
   */
  #dropProcessed(span, target, problem) {
    this.#instance.core.drop(target.route?.laneId ?? null, 'processor', 1)
    if (problem !== null) this.#warn('processor', `${problem}: the span is dropped${inSpan(span)}`)
  }

  /**
   * @param {'internal_error' | 'processor'} topic
   * @param {string} what
   */
  #warn(topic, what) {
    this.#instance.logger.warnRarely(topic, 60_000, warning(topic, what, CURES[topic]))
  }
}

/** Of a route that was refused: each span comes by here, where to ask `isRefused` would be one function more. */
const NO_LANE = 0

/** @type {((span: any) => any)[]} */
const NONE = []

/** @param {unknown} error @param {string} how @returns {string} */
function failureOf(error, how) {
  if (error instanceof processing().NoSpan) return `a span processor ${error.message}`
  return `a span processor ${how}: ${messageOf(error)}`
}

/**
 * @param {Promise<boolean>} answer
 * @returns {Promise<boolean>} rejects when the answer does, or takes too long
 */
function withinTime(answer) {
  return new NativePromise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`no answer in ${PROCESSOR_TIMEOUT_MS} ms`)),
      PROCESSOR_TIMEOUT_MS
    )
    timer.unref()
    answer.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}

/**
 * @param {Promise<unknown>} promise
 * @param {number} timeoutMs
 * @returns {Promise<void>}
 */
function withinMs(promise, timeoutMs) {
  return new NativePromise(resolve => {
    const timer = setTimeout(resolve, timeoutMs)
    promise.then(() => {
      clearTimeout(timer)
      resolve()
    })
  })
}

/**
 * @param {any} span
 * @returns {span is import('./hand-over').ForeignSpan} whether another tracer has made its event
 */
function isForeign(span) {
  return span.eventFor !== undefined
}

/** @param {unknown} error */
function messageOf(error) {
  try {
    return error instanceof Error ? error.message : typeof error
  } catch {
    return 'an error that cannot be read'
  }
}

module.exports = { Submission }
