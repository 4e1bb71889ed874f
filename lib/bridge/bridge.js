'use strict'

const { randomBytes } = require('node:crypto')
const { startByHand } = require('../trace/by-hand')
const { checkFunction } = require('../trace/trace')
const { Calls } = require('./calls')
const { Headers } = require('./headers')
const { ATTACHED, Hooks } = require('./hooks')
const { Parents } = require('./parents')
const { RoutedSpans } = require('./routed-spans')
const { SelfTest } = require('./self-test')
const { Submitter } = require('./submit')
const { warning } = require('../warnings')

/** Tags of an APM span that repeat what its LLM Observability span says. */
const GEN_AI_TAGS = /^gen_ai\.|^_dd\.llmobs\.artificial_gen_ai_tags$/

/** @typedef {{ onUnsupported: 'throw' | 'pass', apmGenAiTags: 'keep' | 'remove' }} BridgeOptions */

/** One copy of dd-trace and one instance of ours, joined. */
class Bridge {
  #peer
  #instance
  /** @type {BridgeOptions} */
  #options = { onUnsupported: 'throw', apmGenAiTags: 'keep' }
  #spans
  #submitter
  #calls
  #selfTest
  /** On `tracer.llmobs`; undone by `detach`. */
  #api = new Hooks()
  /** What routed spans pass. Stays after `detach`, for those on their way. */
  #hasPath = false
  /** @type {'untested' | 'passed' | Error} */
  #verdict = 'untested'
  #flush

  /**
   * @param {import('./dd-trace-copy').Peer} peer
   * @param {Instance} instance
   * @param {(options: any) => Promise<unknown>} flush of our instance
   */
  constructor(peer, instance, flush) {
    this.#peer = peer
    this.#instance = instance
    this.#flush = flush
    this.#spans = new RoutedSpans(peer, instance)
    this.#submitter = new Submitter(instance, this.#spans)
    this.headers = new Headers(instance, this.#spans)
    const { routingContext, submitEvaluation } = peer.LLMObs.prototype
    this.#calls = new Calls(instance, this.#spans, randomBytes(16).toString('hex'), routingContext)
    this.parents = new Parents(peer, instance, this.#spans, this.#calls.ownReference)
    const enter = this.#calls.enter.bind(this.#calls)
    this.#selfTest = new SelfTest(peer, enter, submitEvaluation)
  }

  /** @returns {Route | null} */
  currentRoute() {
    return this.#calls.currentRoute()
  }

  /**
   * A span by hand is Spanlane's own, beside dd-trace's, below the one that is active or given.
   *
   * @param {any} tracer
   * @param {any} options
   */
  startSpan(tracer, options) {
    return startByHand(this.#instance, this.parents.withReference(tracer, options))
  }

  /** @param {BridgeOptions} options */
  attach(options) {
    this.#options = options
    this.#layPath()
    this.#submitter.isActive = true
    this.#instance.outside.unlessTold = 'default'
    this.#instance.bridgedRoutes = () => this.#spans.activeRoutes()
    this.#peer.LLMObs.prototype[ATTACHED] = true
    const { LLMObs, NoopLLMObs } = this.#peer
    const calls = this.#calls
    const route = (/** @type {any} */ _original, /** @type {any} */ llmobs, /** @type {any[]} */ args) =>
      this.#route(llmobs, args[0], args[1])
    this.#api.add(LLMObs, 'routingContext', route)
    this.#api.add(LLMObs, 'withRoutingContext', route)
    this.#api.add(LLMObs, 'exportSpan', (original, llmobs, args) =>
      calls.exportSpan(original.apply(llmobs, args), args[0])
    )
    this.#api.add(LLMObs, 'submitEvaluation', (original, llmobs, args) =>
      this.#submitMetric(llmobs, args[0], args[1], options => original.call(llmobs, args[0], options))
    )
    if (typeof LLMObs.prototype.submitFeedback === 'function') {
      this.#api.add(LLMObs, 'submitFeedback', (original, llmobs, args) =>
        this.#submitMetric(llmobs, args[0]?.span, args[0], options => original.call(llmobs, options))
      )
    }
    this.#api.add(LLMObs, 'flush', (original, llmobs, args) => {
      original.apply(llmobs, args)
      return this.#flush(args[0])
    })
    for (const name of ['routingContext', 'withRoutingContext']) {
      this.#api.add(NoopLLMObs, name, (_original, _llmobs, [, fn]) => this.#withoutRoute(name, fn))
    }
  }

  detach() {
    this.#submitter.isActive = false
    this.#instance.outside.unlessTold = 'auto'
    this.#instance.bridgedRoutes = null
    this.headers.stopSigning()
    this.#api.restore()
    delete this.#peer.LLMObs.prototype[ATTACHED]
  }

  /** Hooks that routed data passes from its start to our core. */
  #layPath() {
    if (this.#hasPath) return
    this.#hasPath = true
    const { Tagger, Processor, SpanWriter, EvaluationWriter, tags } = this.#peer
    const path = new Hooks()
    const submitter = this.#submitter
    path.add(Tagger, 'registerLLMObsSpan', (original, tagger, [span, options = {}]) => {
      this.#instance.bridgedSpans++
      this.#spans.register(checked => original.call(tagger, span, checked), span, options)
    })
    path.add(Tagger, '_setTag', (original, tagger, [span, name, value]) => {
      if (name === tags.SESSION_ID) {
        return this.#spans.setSession(span, value, () => original.call(tagger, span, name, value))
      }
      // dd-trace adds to these objects later, and some versions keep the caller's own, which spans may share.
      const isShared = submitter.isActive && (name === tags.TAGS || name === tags.METADATA)
      return original.call(tagger, span, name, isShared ? copyOf(value) : value)
    })
    path.add(Processor, 'process', (original, processor, args) => this.#process(original, processor, args))
    path.add(SpanWriter, 'append', (original, writer, args) => {
      const [event, routing] = args
      if (this.#selfTest.takes(routing, 'span', submitter.finishing)) return false
      const append = (/** @type {any} */ kept) => original.call(writer, kept, ...args.slice(1))
      return submitter.appendSpan(writer, append, event, routing)
    })
    path.add(EvaluationWriter, 'append', (original, writer, args) => {
      const [metric, routing] = args
      if (this.#selfTest.takes(routing, 'evaluation', null)) return false
      return submitter.appendEvaluation(writer, () => original.apply(writer, args), metric, routing)
    })
  }

  /**
   * @param {(...args: any[]) => any} original
   * @param {any} processor of dd-trace
   * @param {any[]} args
   */
  #process(original, processor, args) {
    const [span] = args
    const isTenants = this.#spans.lineagesOf(span) !== undefined
    const isStripped = isTenants && this.#options.apmGenAiTags === 'remove'
    const before = isStripped ? new Set(Object.keys(apmTagsOf(span))) : null
    this.#submitter.finishing = span
    try {
      return original.apply(processor, args)
    } finally {
      this.#submitter.finishing = null
      if (before !== null) stripGenAi(span, before)
    }
  }

  /**
   * @param {any} llmobs of dd-trace
   * @param {any} input
   * @param {any} fn
   */
  #route(llmobs, input, fn) {
    if (!llmobs.enabled) return this.#withoutRoute('routingContext', fn)
    if (this.#verdict === 'untested') this.#test(llmobs)
    if (this.#verdict === 'passed') {
      this.headers.sign()
      return this.#calls.routingContext(llmobs, input, fn)
    }
    if (this.#options.onUnsupported === 'throw') throw this.#verdict
    return this.#passOn(llmobs, input, fn)
  }

  /** @param {any} llmobs of dd-trace */
  #test(llmobs) {
    try {
      this.#selfTest.run(llmobs)
      this.#verdict = 'passed'
    } catch (error) {
      this.#verdict = /** @type {Error} */ (error)
      const cure = 'use a dd-trace that docs/bridge.md lists'
      this.#instance.logger.error(warning('bridge', this.#verdict.message, cure))
    }
  }

  /**
   * The application prefers dd-trace's own delivery to an error.
   *
   * @param {any} llmobs of dd-trace
   * @param {any} input
   * @param {any} fn
   */
  #passOn(llmobs, input, fn) {
    this.detach()
    return llmobs.routingContext(input, fn)
  }

  /**
   * @param {any} llmobs of dd-trace
   * @param {any} named
   * @param {any} options
   * @param {(options: any) => unknown} submit
   */
  #submitMetric(llmobs, named, options, submit) {
    return llmobs.enabled ? this.#calls.submitMetric(llmobs, named, options, submit) : submit(options)
  }

  warnOff() {
    this.#instance.logger.warnRarely(
      'bridge-off',
      60_000,
      warning(
        'bridge',
        'LLM Observability of dd-trace is off: routing contexts run their function and record nothing',
        'call tracer.init({ llmobs: { mlApp } }) or set DD_LLMOBS_ENABLED=1'
      )
    )
  }

  /**
   * @param {string} name
   * @param {any} fn
   */
  #withoutRoute(name, fn) {
    checkFunction(name, fn)
    this.warnOff()
    return fn()
  }
}

/** @param {any} value */
function copyOf(value) {
  try {
    return typeof value === 'object' && value !== null ? { ...value } : value
  } catch {
    return {}
  }
}

/**
 * @param {any} span of dd-trace
 * @returns {Record<string, unknown>}
 */
function apmTagsOf(span) {
  const context = span.context()
  return typeof context.getTags === 'function' ? context.getTags() : (context._tags ?? {})
}

/**
 * @param {any} span of dd-trace
 * @param {Set<string>} before tags that the application itself had set
 */
function stripGenAi(span, before) {
  const tags = apmTagsOf(span)
  for (const name of Object.keys(tags)) {
    if (GEN_AI_TAGS.test(name) && !before.has(name)) delete tags[name]
  }
}

module.exports = { Bridge }
