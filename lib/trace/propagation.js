'use strict'

const { checkCarrier, joinTags, readHeader, splitTags, writeHeader } = require('./carrier')

const PREFIX = '_dd.p.llmobs_'
const TENANT_KEY = '_dd.p.spanlane_tenant'
/** What the tag set can hold: visible ASCII and space without its separator. */
const WIRE_SAFE = /^[\x20-\x2b\x2d-\x7e]+$/
const DECIMAL = /^\d{1,39}$/
/** What `exportSpan` of any SDK returns. The text may have been to a browser in between. */
const EXPORTED_TRACE_ID = /^(?:[0-9a-f]{1,32}|\d{1,39})$/i
const EXPORTED_SPAN_ID = /^[0-9a-f]{1,20}$/i
const HEX_128 = /^[0-9a-f]{32}$/i
const MAX_UINT64 = (1n << 64n) - 1n
const MAX_UINT128 = (1n << 128n) - 1n
/** dd-trace leaves longer agent names out: the backend finds them by the span id. */
const AGENT_NAME_CHARS = 256

/** @typedef {{ route: Route, traceId: string | null }} KnownDestination */

/** The span of another process (or thread) that spans started here continue. */
class RemoteParent {
  /** @type {string | null} */
  traceId = null
  /** @type {string | null} */
  parentId = null
  /** @type {string | null} */
  mlApp = null
  /** @type {string | null} */
  sessionId = null
  /** @type {string | null} */
  sampleRate = null
  /** @type {string | null} */
  samplingDecision = null
  /** False: the trace's decision is repeated here, which gives the same result for the same rate. */
  decidesSampling = true
  /** @type {{ pagent_name: string | null, pagent_span_id: string | null } | null} */
  agentAttribution = null
  /** @type {string | null} */
  tenantTag = null
  /** Who the trace is for APM, where another tracer gave it ids. @type {import('./trace-headers').ApmIds | null} */
  apm = null
  #isExported = false
  /** The tenants whose trace it is, and its id where that is another one; null: of whoever names it. @type {Map<number, string | null> | null} */
  #owners = null
  /** @type {Map<number, boolean>} */
  #verdicts = new Map()

  /**
   * A parent that the application exported and names.
   *
   * @param {{ traceId: string, spanId: string }} exported
   * @param {KnownDestination[] | null} destinations where it went, in traces of their own; null: it does not say
   * @returns {RemoteParent | null} null when these are no ids
   */
  static exported({ traceId, spanId }, destinations) {
    if (!EXPORTED_TRACE_ID.test(traceId) || !EXPORTED_SPAN_ID.test(spanId)) return null
    const parent = new RemoteParent()
    parent.traceId = traceId
    parent.parentId = spanId
    parent.decidesSampling = false
    parent.#isExported = true
    if (destinations === null) return parent
    parent.#owners = new Map()
    for (const { route, traceId: own } of destinations) {
      parent.#owners.set(route.tenantId, own !== null && EXPORTED_TRACE_ID.test(own) ? own : null)
    }
    return parent
  }

  /**
   * @param {Route | null} route
   * @returns {string | null} the trace that spans of the route continue
   */
  traceIdFor(route) {
    return (route === null ? undefined : this.#owners?.get(route.tenantId)) ?? this.traceId
  }

  /**
   * Whether a span of `route` may continue this trace: only when the sender proved to be of the same tenant.
   * Outside routing contexts a sender that claims no tenant (a plain dd-trace) is accepted.
   *
   * @param {Route | null} route
   * @returns {boolean}
   */
  belongsTo(route) {
    if (this.#isExported && this.#owners === null) return true
    if (this.#isExported) return route !== null && this.#owners?.has(route.tenantId) === true
    if (route === null || route.isRefused) return this.tenantTag === null
    if (this.tenantTag === null || this.traceId === null) return this.tenantTag === null && route.isDefault
    let verdict = this.#verdicts.get(route.tenantId)
    if (verdict === undefined) {
      verdict = route.core.tenantTag(route.laneId, this.traceId) === this.tenantTag
      this.#verdicts.set(route.tenantId, verdict)
      if (!verdict) route.core.countTenantMismatch(route.laneId, 1)
    }
    return verdict
  }
}

/**
 * Adds the active span to outgoing headers. Never a key, never a site: the tenant is a keyed digest of the
 * trace id, useless for any other trace.
 *
 * @param {Sender | null} span
 * @param {RemoteParent | null} remote passed on when there is no span
 * @param {unknown} carrier
 * @param {number} headerChars
 * @param {[string, string | null][]} [more] goes before the agent where there is room; null takes a tag away
 * @returns {boolean} false when the header would have been too long
 */
function inject(span, remote, carrier, headerChars, more = []) {
  checkCarrier(carrier)
  const said = headerChars === 0 ? null : entriesOf(span, remote)
  if (said === null) return true
  const { entries } = said
  const optional = [...more, ...said.optional]
  const others = splitTags(readHeader(carrier)).filter(
    entry => isOther(entry) && !more.some(([key]) => key === entry[0])
  )
  const kept = [...others, ...entries].filter(isWireSafe)
  let header = joinTags(kept)
  if (header.length > headerChars) return false
  for (const entry of optional) {
    if (!isWireSafe(entry)) continue
    const longer = joinTags([...kept, entry])
    if (longer.length > headerChars) break
    kept.push(entry)
    header = longer
  }
  if (header !== '') writeHeader(carrier, header)
  return true
}

/**
 * @param {unknown} carrier
 * @param {number} headerChars
 * @returns {RemoteParent | null} null when the carrier names no LLM Observability span
 */
function extract(carrier, headerChars) {
  checkCarrier(carrier)
  const header = readHeader(carrier)
  if (header === '' || header.length > headerChars) return null
  return remoteOf(splitTags(header))
}

/**
 * @param {[string, string][]} entries
 * @returns {RemoteParent | null} null when they name no LLM Observability span
 */
function remoteOf(entries) {
  const tags = new Map(entries.filter(isWireSafe))
  const remote = new RemoteParent()
  remote.traceId = traceIdFromWire(tags.get(`${PREFIX}trace_id`))
  remote.parentId = spanIdFromWire(tags.get(`${PREFIX}parent_id`))
  remote.mlApp = tags.get(`${PREFIX}ml_app`) ?? null
  remote.sessionId = tags.get(`${PREFIX}sid`) ?? null
  remote.sampleRate = tags.get(`${PREFIX}sr`) ?? null
  const decision = tags.get(`${PREFIX}sd`)
  remote.samplingDecision = decision === '0' || decision === '1' ? decision : null
  const agentSpanId = spanIdFromWire(tags.get(`${PREFIX}pagent_span_id`))
  if (agentSpanId !== null) {
    remote.agentAttribution = {
      pagent_name: tags.get(`${PREFIX}pagent_name`) ?? null,
      pagent_span_id: agentSpanId
    }
  }
  remote.tenantTag = tags.get(TENANT_KEY) ?? null
  const isEmpty =
    remote.traceId === null && remote.parentId === null && remote.mlApp === null && remote.sessionId === null
  return isEmpty ? null : remote
}

/** @param {[string, string]} entry @returns {boolean} whether it says nothing about LLM Observability */
function isOther([key]) {
  return !key.startsWith(PREFIX) && key !== TENANT_KEY
}

/**
 * What the tags say of LLM Observability, and what of it is left out first.
 *
 * @param {Sender | null} span
 * @param {RemoteParent | null} remote passed on when there is no span
 * @returns {{ entries: [string, string | null | undefined][], optional: [string, string | null][] } | null}
 */
function entriesOf(span, remote) {
  if (span !== null) return spanEntries(span)
  return remote === null ? null : remoteEntries(remote)
}

/** @typedef {Pick<Span, 'kind' | 'name' | 'id' | 'lineage'>} Sender what `inject` reads of a span */

/** @param {Sender} span */
function spanEntries({ kind, name, id, lineage }) {
  const { route, traceId } = lineage
  const spanId = id.toString()
  /** @type {[string, string | null | undefined][]} */
  const entries = [
    [`${PREFIX}parent_id`, spanId],
    [`${PREFIX}ml_app`, lineage.mlApp],
    [`${PREFIX}sid`, lineage.sessionId ?? lineage.root.traceSessionId],
    [`${PREFIX}sr`, lineage.sampleRate],
    [`${PREFIX}sd`, lineage.samplingDecision],
    [`${PREFIX}trace_id`, traceIdToWire(traceId)]
  ]
  if (route !== null && !route.isRefused) {
    entries.push([TENANT_KEY, route.core.tenantTag(route.laneId, traceId)])
  }
  const agent = kind === 'agent' ? { pagent_name: name, pagent_span_id: spanId } : lineage.agentAttribution
  return { entries, optional: agentEntries(agent) }
}

/** @param {RemoteParent} remote */
function remoteEntries(remote) {
  /** @type {[string, string | null | undefined][]} */
  const entries = [
    [`${PREFIX}parent_id`, remote.parentId],
    [`${PREFIX}ml_app`, remote.mlApp],
    [`${PREFIX}sid`, remote.sessionId],
    [`${PREFIX}sr`, remote.sampleRate],
    [`${PREFIX}sd`, remote.samplingDecision],
    [`${PREFIX}trace_id`, remote.traceId === null ? null : traceIdToWire(remote.traceId)],
    [TENANT_KEY, remote.tenantTag]
  ]
  return { entries, optional: agentEntries(remote.agentAttribution) }
}

/**
 * @param {{ pagent_name: string | null, pagent_span_id: string | null } | null} agent
 * @returns {[string, string | null][]} what is left out first when the header is too long
 */
function agentEntries(agent) {
  if (agent === null || agent.pagent_span_id === null) return []
  const name =
    agent.pagent_name !== null && agent.pagent_name.length <= AGENT_NAME_CHARS ? agent.pagent_name : null
  return [
    [`${PREFIX}pagent_span_id`, agent.pagent_span_id],
    [`${PREFIX}pagent_name`, name]
  ]
}

/**
 * @param {[string, string | null | undefined]} entry
 * @returns {entry is [string, string]}
 */
function isWireSafe(entry) {
  return typeof entry[1] === 'string' && WIRE_SAFE.test(entry[1])
}

/** @param {string} traceId */
function traceIdToWire(traceId) {
  return HEX_128.test(traceId) ? BigInt(`0x${traceId}`).toString() : traceId
}

/**
 * @param {string | undefined} text
 * @returns {string | null}
 */
function traceIdFromWire(text) {
  if (text === undefined) return null
  if (HEX_128.test(text) && (text.startsWith('0') || !DECIMAL.test(text))) return text.toLowerCase()
  if (!DECIMAL.test(text)) return null
  const id = BigInt(text)
  if (id > MAX_UINT128) return null
  return id > MAX_UINT64 ? id.toString(16).padStart(32, '0') : text
}

/**
 * @param {string | undefined} text
 * @returns {string | null}
 */
function spanIdFromWire(text) {
  return text !== undefined && DECIMAL.test(text) && BigInt(text) <= MAX_UINT64 ? text : null
}

module.exports = {
  PREFIX,
  RemoteParent,
  TENANT_KEY,
  entriesOf,
  extract,
  inject,
  isOther,
  isWireSafe,
  remoteEntries,
  remoteOf
}
