'use strict'

/** `spanlane/openai-agents`: traces and spans of OpenAI's Agents SDK, as it tells a tracing processor of them. */

const { describe } = require('../opentelemetry/annotation')
const { identityOf } = require('../opentelemetry/event')
const { Following, heardOn } = require('../sdk/following')
const { startBelow } = require('../trace/by-hand')
const { nowMs, nsOfMs } = require('../trace/clock')
const { lineageFor } = require('../trace/lineage')
const { isObject } = require('../values/own')
const { attributesOf, isBetween, nameOf } = require('./span-data')

/** @typedef {Record<string, any>} Given */

/** Traces that go on. A run that threw before its first span never ends its own: beyond this, the oldest is taken to be over. */
const TRACES_MAX = 10_000
/** Traces whose run has failed, and whose application may go on in them. */
const FAILED_MAX = 100
/** The Agents SDK tells times in whole milliseconds: within this, our clock is the more exact one. */
const CLOCK_MS = 2
const NS_PER_MS = 1_000_000n
const ERROR = 2
const ERROR_TYPE = /^([A-Z]\w*): (.*)$/s

/** Where the Agents SDK keeps what knows its present context, since 0.7. */
const PROVIDER = Symbol.for('openai.agents.core.traceProvider')

/** By LLMObs: who took a trace or a span first. @type {WeakMap<object, WeakMap<object, SpanlaneTracingProcessor>>} */
const taken = new WeakMap()

/** A span of the Agents SDK while it goes on. */
class Running {
  /** @type {Given} */
  attributes = {}

  /**
   * @param {Span | null} span null: none is made of it
   * @param {Running | null} above
   * @param {string} name
   * @param {Span | null} around the span of the context that it started in
   */
  constructor(span, above, name, around) {
    this.span = span
    this.above = above
    this.name = name
    this.around = around
  }

  /** @returns {Span | null} the nearest one that there is */
  get nearest() {
    return this.span ?? this.above?.nearest ?? null
  }
}

/** A trace of the Agents SDK, and what goes on in it. */
class RunningTrace {
  /** @type {Map<string, Running>} */
  spans = new Map()
  /** The last handoff, until its agent starts. @type {{ to: string, span: Span } | null} */
  handoff = null
  /** When it ended, while spans of it are still to be told of. @type {number | null} */
  endMs = null

  /** @param {Running | null} root null: its start was not told */
  constructor(root) {
    this.root = root
  }
}

/**
 * Registered with `addTraceProcessor`, it takes traces and spans. A span goes to the context in which it starts; where that
 * was lost, to where the span above it went. Nothing is thrown, and no promise rejects.
 */
class SpanlaneTracingProcessor {
  #following
  #taken
  /** @type {Map<string, RunningTrace>} */
  #traces = new Map()
  /** @type {Map<string, RunningTrace>} */
  #failed = new Map()

  /** @param {unknown} [options] */
  constructor(options = {}) {
    this.#following = new Following(options, {
      library: 'the OpenAI Agents SDK',
      topic: 'openai_agents',
      isTaken: heardOn('apm:openai-agents:agents-core:loaded')
    })
    const { key } = this.#following
    this.#taken = taken.get(key) ?? new WeakMap()
    taken.set(key, this.#taken)
  }

  /** @param {any} trace */
  async onTraceStart(trace) {
    this.#guarded(() => this.#startTrace(trace))
  }

  /** @param {any} trace */
  async onTraceEnd(trace) {
    this.#guarded(() => {
      const running = this.#traces.get(trace.traceId)
      if (running === undefined || !this.#isOurs(trace)) return
      running.endMs = nowMs()
      this.#settle(trace.traceId, running)
    })
  }

  /** @param {any} span */
  async onSpanStart(span) {
    this.#guarded(() => this.#startSpan(span))
  }

  /** @param {any} span */
  async onSpanEnd(span) {
    this.#guarded(() => this.#endSpan(span))
  }

  /** Waits until what was taken is delivered or cannot be, at most as long as `flush` does. */
  forceFlush() {
    return this.#following.flushed()
  }

  /** The same, and what goes on is taken to be over. */
  async shutdown() {
    this.#guarded(() => {
      for (const [traceId, running] of [...this.#traces]) this.#leave(traceId, running)
    })
    await this.forceFlush()
  }

  /** @param {() => void} fn */
  #guarded(fn) {
    try {
      fn()
    } catch (error) {
      this.#following.failed(error, 'a trace or span of the Agents SDK could not be taken')
    }
  }

  /** @param {object} told @returns {boolean} whether this is the one that takes it */
  #takes(told) {
    const owner = this.#taken.get(told)
    if (owner === undefined) {
      this.#taken.set(told, this)
      return true
    }
    const what = owner === this ? 'a processor is added twice' : 'two processors for one LLMObs are added'
    this.#following.tell(`${what}: each span is taken once, by the first`, 'add one')
    return false
  }

  /** @param {object} told */
  #isOurs(told) {
    return this.#taken.get(told) === this
  }

  /** @param {any} trace */
  #startTrace(trace) {
    const instance = this.#following.recording
    if (instance === null || !this.#takes(trace)) return
    instance.innerSpan ??= around => this.#innerSpan(around)
    const { traceId, name, groupId, metadata } = trace
    const sessionId = typeof groupId === 'string' && groupId !== '' ? groupId : undefined
    const shown = typeof name === 'string' && name !== '' ? name : 'Agent workflow'
    const span = this.#begin(instance, null, { kind: 'workflow', name: shown, sessionId }, null)
    const root = new Running(span, null, shown, aroundOf(instance))
    root.attributes = isObject(metadata) ? asMetadata(metadata) : {}
    this.#keep(traceId, new RunningTrace(root))
  }

  /** @param {string} traceId @param {RunningTrace} running */
  #keep(traceId, running) {
    this.#traces.set(traceId, running)
    if (this.#traces.size <= TRACES_MAX) return
    const what = `more than ${TRACES_MAX} traces have not ended: the oldest is taken to be over`
    this.#following.tell(what, 'let runs come to their end')
    const [[oldest, left]] = this.#traces
    this.#leave(oldest, left)
  }

  /** @param {any} told a span */
  #startSpan(told) {
    const instance = this.#following.recording
    const { spanId, traceId, spanData } = told
    if (instance === null || !isObject(spanData) || !this.#takes(told)) return
    const trace = this.#traceOf(traceId)
    const above = trace.spans.get(told.parentId) ?? trace.root
    const around = aroundOf(instance)
    const name = nameOf(spanData)
    if (isBetween(spanData)) return void trace.spans.set(spanId, new Running(null, above, name, around))
    const { kind, name: shown } = identityOf({ name, attributes: attributesOf(spanData) })
    const span = this.#begin(instance, above, { kind, name: shown }, momentNs(told.startedAt))
    const running = new Running(span, above, name, around)
    trace.spans.set(spanId, running)
    if (spanData.type === 'agent') takeHandoff(trace, running)
  }

  /** @param {string} traceId @returns {RunningTrace} a new one where its start was not told */
  #traceOf(traceId) {
    const known = this.#traces.get(traceId) ?? this.#failed.get(traceId)
    if (known !== undefined) return known
    const running = new RunningTrace(null)
    this.#keep(traceId, running)
    return running
  }

  /**
   * @param {Instance} instance
   * @param {Running | null} above
   * @param {{ kind: string, name: string, sessionId?: string }} options
   * @param {bigint | null} startNs null: now
   * @returns {Span}
   */
  #begin(instance, above, options, startNs) {
    const parent = above?.nearest ?? null
    const store = startBelow(instance, options, parent, notBefore(startNs, parent))
    const span = /** @type {Span} */ (store.span)
    span.integration = 'openai-agents'
    return span
  }

  /**
   * The Agents SDK does not let a processor run its work in a context. It says which span its present one is in; that is
   * the nearest one, unless a span of ours was started inside it.
   *
   * @param {Span | null} around of our own context
   * @returns {Span | null}
   */
  #innerSpan(around) {
    try {
      const current = /** @type {any} */ (globalThis)[PROVIDER]?.getCurrentSpan()
      const running = current ? this.#traces.get(current.traceId)?.spans.get(current.spanId) : undefined
      return running === undefined || running.around !== around ? around : (running.nearest ?? around)
    } catch {
      return around
    }
  }

  /** @param {any} told */
  #endSpan(told) {
    const { spanId, traceId, spanData, error } = told
    // One that was told of late, by a processor before ours.
    if (!this.#taken.has(told)) this.#startSpan(told)
    if (!this.#isOurs(told)) return
    const trace = this.#traces.get(traceId) ?? this.#failed.get(traceId)
    const running = trace?.spans.get(spanId)
    if (trace === undefined || running === undefined) return
    trace.spans.delete(spanId)
    if (running.span !== null) {
      Object.assign(running.attributes, attributesOf(spanData))
      passUp(running, spanData.type)
      if (spanData.type === 'handoff' && typeof spanData.to_agent === 'string') {
        trace.handoff = { to: spanData.to_agent, span: running.span }
      }
      this.#finish(running, error, endOf(told.endedAt))
    }
    // A run that throws does not end its trace.
    const isTop = running.above === trace.root
    if (isTop && isObject(error)) this.#fail(traceId, trace, error)
    this.#settle(traceId, trace)
  }

  /**
   * @param {string} traceId
   * @param {RunningTrace} trace
   * @param {Given} error
   */
  #fail(traceId, trace, error) {
    if (trace.root !== null) this.#finish(trace.root, error, undefined)
    this.#traces.delete(traceId)
    this.#failed.set(traceId, trace)
    const [oldest] = this.#failed.keys()
    if (this.#failed.size > FAILED_MAX) this.#failed.delete(oldest)
  }

  /** Ends the trace, once all is told of it. @param {string} traceId @param {RunningTrace} trace */
  #settle(traceId, trace) {
    const isOver = trace.endMs !== null || trace.root === null
    if (!isOver || trace.spans.size > 0) return
    if (trace.root !== null) this.#finish(trace.root, null, trace.endMs ?? undefined)
    this.#traces.delete(traceId)
    this.#failed.delete(traceId)
  }

  /** @param {string} traceId @param {RunningTrace} trace */
  #leave(traceId, trace) {
    this.#traces.delete(traceId)
    for (const running of [...trace.spans.values(), trace.root]) {
      if (running !== null) this.#finish(running, null, undefined, { unfinished: true })
    }
  }

  /**
   * @param {Running} running
   * @param {any} error as the Agents SDK tells one; null: none
   * @param {number | undefined} endMs
   * @param {Given} [metadata]
   */
  #finish({ span, name, attributes }, error, endMs, metadata) {
    if (span === null || span.finished) return
    try {
      const status = isObject(error) ? { code: ERROR } : { code: 0 }
      describe(span, { name, attributes, status, events: eventsOf(error) }, metadata)
    } catch (failure) {
      this.#following.failed(failure, 'something of a span could not be told')
    }
    span.finish(endMs)
  }
}

/**
 * The first question and the last answer below a span are its own, and the instructions the agent's, as long as it is the
 * same route's.
 *
 * @param {Running} running of a model
 * @param {string} type
 */
function passUp({ span, above, attributes }, type) {
  if (type !== 'generation' && type !== 'response') return
  const { 'gen_ai.input.messages': given, 'gen_ai.output.messages': output } = attributes
  const isSystem = (/** @type {any} */ message) => message?.role === 'system'
  const input = Array.isArray(given) ? given.filter(message => !isSystem(message)) : given
  const system =
    attributes['gen_ai.system_instructions'] ?? (Array.isArray(given) ? given.find(isSystem) : null)
  for (let at = above; at !== null; at = at.above) {
    if (at.span === null) continue
    if (at.span.route !== span?.route) return
    if (input !== undefined) at.attributes['gen_ai.input.messages'] ??= input
    if (output !== undefined) at.attributes['gen_ai.output.messages'] = output
    if (at.span.kind === 'agent') at.attributes['gen_ai.system_instructions'] ??= system
  }
}

/** @param {Instance} instance @returns {Span | null} */
function aroundOf({ storage }) {
  return storage.getStore()?.span ?? null
}

/**
 * An agent that was handed to is linked with the handoff, within one tenant.
 *
 * @param {RunningTrace} trace
 * @param {Running} agent
 */
function takeHandoff(trace, { span, name }) {
  const { handoff } = trace
  if (handoff === null || span === null || handoff.to !== name) return
  trace.handoff = null
  span.links = [new HandoffLink(handoff.span)]
}

/** With the tool's call by which an agent took over. */
class HandoffLink {
  #from

  /** @param {Span} from */
  constructor(from) {
    this.#from = from
  }

  /**
   * @param {Lineage} target
   * @returns {import('../trace/span').WireLink | null}
   */
  for({ route }) {
    const line = lineageFor(this.#from, route)
    if (line === null) return null
    return { trace_id: line.traceId, span_id: this.#from.spanId, attributes: { type: 'handoff' } }
  }
}

/** @param {any} error @returns {Given[]} an exception as OpenTelemetry tells it */
function eventsOf(error) {
  if (!isObject(error)) return []
  const { message, data } = /** @type {Given} */ (error)
  const text = typeof data?.error === 'string' ? data.error : `${message ?? ''}`
  const [, type = 'Error', rest = text] = ERROR_TYPE.exec(text) ?? []
  return [{ name: 'exception', attributes: { 'exception.type': type, 'exception.message': rest } }]
}

/** @param {Given} metadata @returns {Given} attributes */
function asMetadata(metadata) {
  return Object.fromEntries(Object.keys(metadata).map(name => [`gen_ai.request.${name}`, metadata[name]]))
}

/** @param {unknown} time @returns {number | null} milliseconds since the epoch; null: it is now, or none */
function toldMs(time) {
  const ms = typeof time === 'string' ? Date.parse(time) : Number.NaN
  const sinceMs = nowMs() - ms
  return Number.isNaN(ms) || (sinceMs > -CLOCK_MS && sinceMs < CLOCK_MS) ? null : ms
}

/** @param {unknown} time @returns {bigint | null} */
function momentNs(time) {
  const ms = toldMs(time)
  return ms === null ? null : nsOfMs(ms)
}

/**
 * A whole millisecond may lie before the moment in it at which the span above began.
 *
 * @param {bigint | null} startNs
 * @param {Span | null} parent
 */
function notBefore(startNs, parent) {
  if (startNs === null || parent === null || startNs >= parent.startNs) return startNs
  return parent.startNs - startNs < BigInt(CLOCK_MS) * NS_PER_MS ? parent.startNs : startNs
}

/** @param {unknown} time @returns {number | undefined} */
function endOf(time) {
  return toldMs(time) ?? undefined
}

module.exports = { SpanlaneTracingProcessor }
