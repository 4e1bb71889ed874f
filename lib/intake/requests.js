'use strict'

const { keyFingerprint } = require('./address')
const { ownerOf } = require('./owner')
const { joinedOf } = require('./wire')

/**
 * @typedef {import('../../testing').Arrival} Arrival
 * @typedef {import('../../testing').Counts} Counts
 * @typedef {import('../../testing').Filter} Filter
 * @typedef {import('../../testing').RequestRecord} RequestRecord
 * @typedef {import('../../testing').Stream} Stream
 * @typedef {import('../../testing').TenantSummary} TenantSummary
 * @typedef {import('../../testing').Violation} Violation
 * @typedef {import('../../testing').WireEvent} WireEvent
 */

const NO_KEY = 'no key'
/** More violations than anyone reads; the count goes on. */
const MAX_VIOLATIONS = 1000

/** What the intake remembers. Every list is bounded; what is beyond a bound is counted. */
class Requests {
  /** @type {RequestRecord[]} */
  list = []
  /** @type {Violation[]} */
  violations = []
  /** @type {Counts} */
  counts = emptyCounts()
  /** @type {Arrival[]} */
  #arrivals = []
  /** @type {Map<string, TenantSummary>} */
  #tenants = new Map()
  #recordedBytes = 0
  #maxEvents
  #maxBytes

  /**
   * @param {number} maxEvents
   * @param {number} maxBytes
   */
  constructor(maxEvents, maxBytes) {
    this.#maxEvents = maxEvents
    this.#maxBytes = maxBytes
  }

  /** @param {RequestRecord} request */
  open(request) {
    this.counts.requests += 1
    if (this.list.length < this.#maxEvents) this.list.push(request)
    else this.counts.unrecordedRequests += 1
  }

  /**
   * @param {RequestRecord} request
   * @param {Buffer} body
   */
  keepBody(request, body) {
    if (this.#recordedBytes + body.length > this.#maxBytes) return
    this.#recordedBytes += body.length
    request.body = body
  }

  /** @param {Violation[]} found */
  addViolations(found) {
    this.counts.violations += found.length
    const room = MAX_VIOLATIONS - this.violations.length
    this.violations.push(...found.slice(0, Math.max(0, room)))
  }

  /**
   * @param {RequestRecord} request
   * @param {readonly WireEvent[]} events
   */
  accept(request, events) {
    const { stream } = request
    if (stream === null) return
    request.accepted = true
    this.counts[stream] += events.length
    const isRoom =
      this.#arrivals.length + events.length <= this.#maxEvents &&
      this.#recordedBytes + request.bytes <= this.#maxBytes
    if (!isRoom) {
      this.counts.unrecordedEvents += events.length
      return
    }
    this.#recordedBytes += request.bytes
    for (const event of events) this.#arrivals.push(arrivalOf(request, stream, event))
  }

  /**
   * Called once for each request, when nothing more will happen to it.
   *
   * @param {RequestRecord} request
   */
  settle(request) {
    if (request.status !== null) {
      this.counts.byStatus[request.status] = (this.counts.byStatus[request.status] ?? 0) + 1
    }
    const summary = this.#summaryOf(request)
    summary.requests += 1
    summary.bytes += request.bytes
    summary.lastAtMs = request.receivedAtMs
    if (!request.accepted) summary.refused += 1
    else if (request.stream !== null) summary[request.stream] += request.events
  }

  /**
   * @param {Stream | null} stream
   * @param {Filter | ((arrival: Arrival) => boolean)} [filter]
   */
  select(stream, filter) {
    const test = typeof filter === 'function' ? filter : testOf(filter ?? {})
    return this.#arrivals.filter(arrival => (stream === null || arrival.stream === stream) && test(arrival))
  }

  /** @returns {TenantSummary[]} */
  tenants() {
    return [...this.#tenants.values()].map(summary => ({ ...summary }))
  }

  /** Empty, with the same limits. Requests still open go on writing into the old one. */
  successor() {
    return new Requests(this.#maxEvents, this.#maxBytes)
  }

  /** What was seen, in one line, for the message of a wait that timed out. */
  describe() {
    const { requests, spans, evaluations, byStatus } = this.counts
    const statuses = Object.entries(byStatus).map(([status, times]) => `${times} x ${status}`)
    const tenants = this.tenants()
      .slice(0, 10)
      .map(one => `${one.site}/${one.keyFingerprint}: ${one.spans} spans, ${one.evaluations} evaluations`)
    const problems = this.list.filter(request => request.problem !== null).slice(0, 3)
    const parts = [`saw ${spans} spans and ${evaluations} evaluations in ${requests} requests`]
    if (statuses.length > 0) parts.push(`answered ${statuses.join(', ')}`)
    if (tenants.length > 0) parts.push(tenants.join('; '))
    if (problems.length > 0) parts.push(`refused: ${problems.map(request => request.problem).join('; ')}`)
    return parts.join('; ')
  }

  /** @param {RequestRecord} request */
  #summaryOf({ site, keyFingerprint: fingerprint, receivedAtMs }) {
    const name = `${site} ${fingerprint ?? NO_KEY}`
    let summary = this.#tenants.get(name)
    if (summary === undefined) {
      summary = {
        site,
        keyFingerprint: fingerprint ?? NO_KEY,
        requests: 0,
        spans: 0,
        evaluations: 0,
        refused: 0,
        bytes: 0,
        firstAtMs: receivedAtMs,
        lastAtMs: receivedAtMs
      }
      this.#tenants.set(name, summary)
    }
    return summary
  }
}

/**
 * @param {RequestRecord} request
 * @param {Stream} stream
 * @param {WireEvent} event
 * @returns {Arrival}
 */
function arrivalOf({ site, keyFingerprint: fingerprint, receivedAtMs, number }, stream, event) {
  return {
    stream,
    site,
    keyFingerprint: fingerprint ?? NO_KEY,
    owner: ownerOf(event),
    receivedAtMs,
    request: number,
    event
  }
}

/**
 * @param {Filter} filter
 * @returns {(arrival: Arrival) => boolean}
 */
function testOf({ site, key, keyFingerprint: given, owner, name, traceId }) {
  const fingerprint = key === undefined ? given : keyFingerprint(key)
  return arrival =>
    (site === undefined || arrival.site === site) &&
    (fingerprint === undefined || arrival.keyFingerprint === fingerprint) &&
    (owner === undefined || arrival.owner === owner) &&
    (name === undefined || (arrival.event.name ?? arrival.event.label) === name) &&
    (traceId === undefined || joinedOf(arrival.event).trace_id === traceId)
}

/** @returns {Counts} */
function emptyCounts() {
  return {
    requests: 0,
    spans: 0,
    evaluations: 0,
    byStatus: {},
    unrecordedEvents: 0,
    unrecordedRequests: 0,
    violations: 0
  }
}

module.exports = { Requests }
