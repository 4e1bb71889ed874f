'use strict'

/**
 * What dd-trace decided about a span, and where it keeps it. The rule of descent is Spanlane's own
 * (lib/trace/lineage.js): dd-trace would let spans of one APM trace inherit from each other, whoever they belong to.
 */

const { PREFIX, TENANT_KEY, remoteEntries, remoteOf } = require('../trace/propagation')
const { TraceId } = require('../trace/ids')
const { Lineage, inherit } = require('../trace/lineage')

/** Says that a span is the root of its trace. */
const ROOT_PARENT_ID = 'undefined'

/** Tags of an APM trace that its spans inherit from, or leave for others: a session, what came from upstream. */
const SHARED_TAGS = /^(_dd\.p\.llmobs_|_ml_obs\.|llmobs_)/

const NS_PER_MS = 1_000_000n

/** @typedef {import('./routed-spans').Registration} Registration */

/** Reads what dd-trace decided about its spans, and writes what it could not know. */
class Inheritance {
  #instance
  #names
  /** What the tracer calls the application. @type {string | null} */
  #tracerMlApp = null
  /** Where the traces of the tenants in an APM trace start. @type {WeakMap<object, Map<number, Lineage>>} */
  #roots = new WeakMap()

  /**
   * @param {import('./dd-trace-copy').Peer} peer
   * @param {Instance} instance
   */
  constructor(peer, instance) {
    this.#instance = instance
    this.#names = peer.tags
  }

  /** @param {Record<string, any>} kept what dd-trace keeps about a span that inherited nothing: its own default */
  learnMlApp(kept) {
    this.#tracerMlApp = kept[this.#names.ML_APP]
  }

  /**
   * Who a span is for each target of its route.
   *
   * @param {any} span which dd-trace has registered
   * @param {Record<string, any>} kept what dd-trace keeps about it
   * @param {ParentSpan | null} parent
   * @param {RemoteParent | null} remote
   * @param {Route[]} routes
   * @param {Registration} options
   * @returns {Lineage[]}
   */
  lineages(span, kept, parent, remote, [route, ...further], { mlApp, sessionId }) {
    const { config, sampler } = this.#instance
    const start = {
      mlApp,
      defaultMlApp: this.#tracerMlApp ?? config.mlApp,
      startNs: startNsOf(span),
      sampler
    }
    const ofFirst = { ...start, sessionId: kept[this.#names.SESSION_ID], decided: this.#decided(kept) }
    const first = this.#inherit(span, parent, remote, route, ofFirst)
    this.#write(kept, first)
    // Where a further copy is a root, and the first one was, it has the same trace id.
    const isRoot = first.above === null && !remote?.belongsTo(route)
    const decided = isRoot ? { traceId: first.traceId, sampleRate: null, samplingDecision: null } : undefined
    const others = further.map(target =>
      this.#inherit(span, parent, remote, target, { ...start, sessionId, decided })
    )
    return [first, ...others]
  }

  /**
   * @param {Record<string, any>} kept
   * @returns {import('../trace/lineage').TraceStart} what dd-trace decided, in case that a trace starts
   */
  #decided(kept) {
    const names = this.#names
    return {
      traceId: kept[names.TRACE_ID] ?? null,
      sampleRate: kept[names.SAMPLE_RATE] ?? null,
      samplingDecision: kept[names.SAMPLING_DECISION] ?? null
    }
  }

  /**
   * @param {any} span
   * @param {ParentSpan | null} parent
   * @param {RemoteParent | null} remote
   * @param {Route} route
   * @param {import('../trace/lineage').Start} start
   */
  #inherit(span, parent, remote, route, start) {
    const roots = this.#rootsOf(span)
    const root = roots.get(route.tenantId) ?? null
    const lineage = inherit(parent, remote, route, { ...start, root })
    if (root === null) roots.set(route.tenantId, lineage.root)
    return lineage
  }

  /** @param {any} span */
  #rootsOf(span) {
    const trace = span.context()._trace
    let roots = this.#roots.get(trace)
    if (roots === undefined) {
      roots = new Map()
      this.#roots.set(trace, roots)
    }
    return roots
  }

  /**
   * @param {Record<string, any>} kept what dd-trace keeps about a span
   * @param {Lineage} lineage
   */
  #write(kept, lineage) {
    const names = this.#names
    const { agentAttribution: agent } = lineage
    const known = [
      [names.ML_APP, lineage.mlApp],
      [names.TRACE_ID, lineage.traceId],
      [names.PARENT_ID_KEY, lineage.parentId ?? ROOT_PARENT_ID],
      [names.SESSION_ID, lineage.sessionId],
      [names.PARENT_AGENT_NAME, agent?.pagent_name ?? null],
      [names.PARENT_AGENT_SPAN_ID, agent?.pagent_span_id ?? null]
    ]
    // A name is undefined where this version of dd-trace has no such thing.
    for (const [name, value] of known) if (name && value !== null) kept[name] = value
    // Also where upstream decided nothing: what dd-trace decided for a root is not the decision of this trace.
    if (names.SAMPLE_RATE !== undefined) kept[names.SAMPLE_RATE] = lineage.sampleRate ?? undefined
    if (names.SAMPLING_DECISION !== undefined)
      kept[names.SAMPLING_DECISION] = lineage.samplingDecision ?? undefined
  }

  /**
   * Who the application's own span is, as dd-trace says it.
   *
   * @param {any} span
   * @param {Record<string, any>} kept what dd-trace keeps about it
   * @returns {Lineage}
   */
  own(span, kept) {
    const names = this.#names
    const lineage = new Lineage(this.#instance.outside.route)
    lineage.trace = TraceId.of(kept[names.TRACE_ID] ?? span.context().toTraceId(true))
    lineage.mlApp = kept[names.ML_APP]
    lineage.sessionId = kept[names.SESSION_ID] ?? null
    lineage.sampleRate = kept[names.SAMPLE_RATE] ?? null
    lineage.samplingDecision = kept[names.SAMPLING_DECISION] ?? null
    const agentSpanId = kept[names.PARENT_AGENT_SPAN_ID] ?? null
    if (agentSpanId !== null) {
      const agentName = kept[names.PARENT_AGENT_NAME] ?? null
      lineage.agentAttribution = { pagent_name: agentName, pagent_span_id: agentSpanId }
    }
    return lineage
  }
}

/** @param {any} span */
function startNsOf(span) {
  const startMs = Number.isFinite(span._startTime) ? Math.round(span._startTime) : Date.now()
  return BigInt(startMs) * NS_PER_MS
}

/**
 * What dd-trace's own propagation left in the tags of an APM trace, when a Spanlane had signed it.
 *
 * @param {Record<string, any>} tags
 * @returns {RemoteParent | null}
 */
function remoteOfTags(tags) {
  return typeof tags[TENANT_KEY] === 'string' ? remoteOf(Object.entries(tags)) : null
}

/**
 * Runs a call that must neither see nor change what the trace's other spans share.
 *
 * @template T
 * @param {Record<string, unknown>} tags of the APM trace
 * @param {() => T} call
 * @returns {T}
 */
function withHiddenTags(tags, call) {
  return withTags(tags, name => SHARED_TAGS.test(name), {}, call)
}

/**
 * Runs a call that finds in the tags of its APM trace what a span of its is to continue, and nothing else of upstream.
 *
 * @template T
 * @param {Record<string, unknown>} tags of the APM trace
 * @param {RemoteParent | null} remote
 * @param {() => T} call
 * @returns {T}
 */
function withUpstreamTags(tags, remote, call) {
  return withTags(tags, name => name.startsWith(PREFIX) || name === TENANT_KEY, tagsOf(remote), call)
}

/**
 * @template T
 * @param {Record<string, unknown>} tags
 * @param {(name: string) => boolean} isHidden
 * @param {Record<string, unknown>} shown in their place
 * @param {() => T} call
 * @returns {T}
 */
function withTags(tags, isHidden, shown, call) {
  const hidden = take(tags, isHidden)
  Object.assign(tags, shown)
  try {
    return call()
  } finally {
    take(tags, isHidden)
    Object.assign(tags, hidden)
  }
}

/**
 * @param {Record<string, unknown>} tags
 * @param {(name: string) => boolean} isTaken
 * @returns {Record<string, unknown>} what was taken out of them
 */
function take(tags, isTaken) {
  /** @type {Record<string, unknown>} */
  const taken = {}
  for (const name of Object.keys(tags)) {
    if (!isTaken(name)) continue
    taken[name] = tags[name]
    delete tags[name]
  }
  return taken
}

/** @param {RemoteParent | null} remote */
function tagsOf(remote) {
  if (remote === null) return {}
  const { entries, optional } = remoteEntries(remote)
  return Object.fromEntries([...entries, ...optional].filter(([, value]) => typeof value === 'string'))
}

module.exports = { Inheritance, ROOT_PARENT_ID, remoteOfTags, withHiddenTags, withUpstreamTags }
