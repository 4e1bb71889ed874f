'use strict'

const { Clients } = require('./clients')
const { Declared } = require('./declared')
const { judge } = require('./judgement')
const { Lane, laneId } = require('./lane')
const { Newest } = require('./newest')
const { summaryOf } = require('./trace-summary')
const { Tries } = require('./tries')
const { Watch } = require('./watch')
const { idsOf, withoutKey } = require('./wire-text')

/**
 * @typedef {import('../../../testing').RequestRecord} RequestRecord
 * @typedef {import('../../../testing').Violation} Violation
 * @typedef {import('../../../testing').WireEvent} WireEvent
 * @typedef {import('./wire-text').Kept} Kept
 * @typedef {import('./judgement').Judgement} Judgement
 * @typedef {{ id: string, lane: string, traceId: string, kept: Kept[], tries: number }} Trace
 * @typedef {{
 *   number: number, lane: string, stream: string, path: string, status: number | null, outcome: string,
 *   accepted: boolean, events: number, bytes: number, receivedAtMs: number, durationMs: number | null,
 *   body: string | null, attempt: number, isDuplicate: boolean, retryAfter: string | null, problem: string | null,
 *   spans: { name: string, traceId: string | null, spanId: string | null }[]
 * }} PageRequest `number`: the page's own, because it may show several intakes
 */

const MAX_EVENTS = 10_000
const MAX_BYTES = 64 * 1024 * 1024
const MAX_REQUESTS = 2000
/** Sites and keys are the sender's choice. */
const MAX_LANES = 2000
/** Names of the spans of a request that was refused: enough to see which. */
const MAX_NAMED_SPANS = 10
const MAX_TEXT_LENGTH = 200
const NO_TRACE = 'none'

/**
 * What the page shows: the newest events, and what was counted of all. Everything that changes has a place in one order
 * of changes, so that a reader is told what it has not seen yet, however far behind it is.
 */
class Store {
  /** Grows with each change. */
  seq = 1
  declared = new Declared()
  /** Whether something had crossed before the page was cleared. */
  hadCrossed = false
  #clients = new Clients()
  #watch = new Watch()
  /** @type {Map<string, Lane>} */
  #lanes = new Map()
  /** @type {Map<string, Trace>} */
  #traces = new Map()
  #requestCount = 0
  #tries = new Tries()
  #forgotten = 0
  #uncounted = 0
  #clearedAt = 0
  /** @type {{ at: number, value: Judgement } | null} */
  #judged = null
  /** Order of the changes: the youngest is last. @type {Map<string, number>} */
  #changes = new Map()
  /** Traces and requests that left the memory. @type {Newest<{ seq: number, what: string }>} */
  #gone
  /** @type {Newest<Kept>} */
  #kept
  /** @type {Newest<PageRequest>} */
  #requests
  /** @type {Map<number, PageRequest>} */
  #requestByNumber = new Map()
  /** Changes before it are not known to have been undone. */
  #goneSince = 0

  /** @param {{ maxEvents?: number, maxBytes?: number }} [limits] */
  constructor({ maxEvents = MAX_EVENTS, maxBytes = MAX_BYTES } = {}) {
    this.limits = { events: maxEvents, bytes: maxBytes, requests: MAX_REQUESTS, lanes: MAX_LANES }
    this.#kept = new Newest(maxEvents, maxBytes, kept => this.#forget(kept))
    this.#requests = new Newest(MAX_REQUESTS, Number.POSITIVE_INFINITY, request =>
      this.#forgetRequest(request)
    )
    this.#gone = new Newest(maxEvents, Number.POSITIVE_INFINITY, ({ seq }) => {
      this.#goneSince = seq
    })
  }

  /**
   * One settled request.
   *
   * @param {RequestRecord} request
   * @param {readonly WireEvent[]} events
   * @param {readonly Violation[]} violations
   * @param {{ key: string, retryAfter?: string | null }} exchanged the key that it came with, which is in none of what
   *   is kept, and what the answer said of another try
   */
  add(request, events, violations, { key, retryAfter = null }) {
    const lane = this.#laneOf(request)
    if (lane === null) {
      this.#uncounted += events.length
      return
    }
    const number = ++this.#requestCount
    const { attempt, isDuplicate } = this.#tries.note(lane.id, request)
    const kept = request.stream === null ? [] : this.#keptOf(request, events, key, lane.id, number)
    lane.note(request, attempt > 1)
    this.#watch.request(violations, kept, lane.id, {
      id: number,
      isTaken: request.accepted,
      atMs: request.receivedAtMs
    })
    this.#addRequest(pageRequestOf(request, kept, lane.id, { number, attempt, isDuplicate, key, retryAfter }))
    if (request.accepted) for (const one of kept) this.#keep(one, lane, attempt)
    this.#change(`lane ${lane.id}`)
    this.#judged = null
  }

  /**
   * @param {string} owner
   * @param {{ key?: string, keyFingerprint?: string, site?: string | null }} place
   */
  declare(owner, place) {
    this.declared.add(owner, place)
    this.#judged = null
    for (const id of this.#lanes.keys()) this.#change(`lane ${id}`)
  }

  /**
   * What a process that sends here says of itself.
   *
   * @param {unknown} report
   * @param {number} atMs
   * @throws {RangeError} when it is none
   */
  report(report, atMs) {
    const rows = this.#clients.note(report, atMs)
    for (const lane of this.#lanes.values()) {
      const isTold = rows.some(({ tenant, site }) => tenant === lane.label && site === lane.site)
      if (isTold) this.#change(`lane ${lane.id}`)
    }
    this.seq += 1
  }

  /** Forgets what arrived. What was declared stays. */
  clear() {
    this.hadCrossed ||= this.judgement.seal.state === 'red'
    this.#watch = new Watch()
    this.#tries = new Tries()
    this.#clients.clear()
    for (const kept of [this.#lanes, this.#traces, this.#changes, this.#requestByNumber]) kept.clear()
    for (const newest of [this.#kept, this.#requests, this.#gone]) newest.clear()
    this.#forgotten = 0
    this.#uncounted = 0
    this.#judged = null
    this.seq += 1
    this.#clearedAt = this.seq
    this.#goneSince = this.seq
  }

  get judgement() {
    if (this.#judged === null || this.#judged.at !== this.seq) {
      const lanes = this.#lanes
      const [cells, seen] = [this.#watch.cells(), this.#watch.seen()]
      const value = judge({ lanes, cells, seen, declared: this.declared, forgotten: this.#forgotten })
      this.#judged = { at: this.seq, value }
    }
    return this.#judged.value
  }

  /**
   * What changed after `since`, oldest change first, at most `count` things of it; whoever was further behind than what
   * is known starts again.
   *
   * @param {number} since 0: everything
   * @param {number} [count]
   */
  changesAfter(since, count = Number.POSITIVE_INFINITY) {
    const isReset = since === 0 || since < this.#clearedAt || since < this.#goneSince || since > this.seq
    const from = isReset ? 0 : since
    const told = {
      lanes: /** @type {object[]} */ ([]),
      traces: /** @type {object[]} */ ([]),
      requests: /** @type {object[]} */ ([])
    }
    let cursor = from
    let isWhole = true
    for (const [what, seq] of this.#changes) {
      if (seq <= from) continue
      if (told.lanes.length + told.traces.length + told.requests.length >= count) {
        isWhole = false
        break
      }
      cursor = seq
      this.#tell(what, told)
    }
    const gone = isReset ? [] : [...this.#gone].filter(({ seq }) => seq > from).map(({ what }) => what)
    const cursorNow = isWhole ? this.seq : cursor
    return { seq: cursorNow, isWhole, isReset, ...told, gone, ...this.#overall() }
  }

  /** Everything but contents. */
  snapshot() {
    const { isWhole: _, isReset: __, gone: ___, ...rest } = this.changesAfter(0)
    return { ...rest, limits: this.limits }
  }

  /** @param {string} traceId @param {string} lane @returns {Kept[] | null} */
  trace(traceId, lane) {
    return this.#traces.get(traceKey(lane, traceId))?.kept ?? null
  }

  /** @returns {Iterable<Kept>} oldest first */
  events() {
    return this.#kept
  }

  /** @param {string} id */
  lane(id) {
    return this.#lanes.get(id) ?? null
  }

  /** @returns {(Lane & { name: string, nameFrom: string })[]} */
  lanes() {
    const { names } = this.judgement
    return [...this.#lanes.values()].map(lane => Object.assign(Object.create(lane), names.get(lane.id)))
  }

  #overall() {
    const { seal, findings } = this.judgement
    return {
      seal,
      findings,
      matrix: this.#watch.cells(),
      declared: this.declared.owners(),
      client: this.#clients.overall(),
      kept: { events: this.#kept.size, bytes: this.#kept.weight },
      dropped: { events: this.#forgotten, uncounted: this.#uncounted + this.#watch.unkept }
    }
  }

  /** @param {RequestRecord} request @returns {Lane | null} null: there are too many */
  #laneOf({ site, keyFingerprint: fingerprint }) {
    const id = laneId(site, fingerprint)
    const known = this.#lanes.get(id)
    if (known !== undefined) return known
    if (this.#lanes.size >= MAX_LANES) return null
    const lane = new Lane(site, fingerprint, this.#lanes.size + 1)
    this.#lanes.set(id, lane)
    return lane
  }

  /**
   * @param {RequestRecord} request
   * @param {readonly WireEvent[]} events
   * @param {string} key
   * @param {string} lane
   * @param {number} number
   * @returns {Kept[]}
   */
  #keptOf({ stream, receivedAtMs }, events, key, lane, number) {
    const known = /** @type {NonNullable<typeof stream>} */ (stream)
    return withoutKey(events, key).map(({ event, bytes }) => ({
      stream: known,
      lane,
      request: number,
      receivedAtMs,
      ...idsOf(event, known),
      event,
      bytes
    }))
  }

  /** @param {Kept} kept @param {Lane} lane @param {number} attempt */
  #keep(kept, lane, attempt) {
    const traceId = kept.traceId ?? NO_TRACE
    const id = traceKey(lane.id, traceId)
    const trace = this.#traces.get(id) ?? { id, lane: lane.id, traceId, kept: [], tries: 1 }
    trace.kept.push(kept)
    trace.tries = Math.max(trace.tries, attempt)
    this.#traces.set(id, trace)
    lane.count(kept)
    this.#change(`trace ${id}`)
    for (const other of this.#watch.lanesOf(traceId)) {
      if (other !== lane.id) this.#change(`trace ${traceKey(other, traceId)}`)
    }
    this.#kept.push(kept, kept.bytes)
  }

  /** @param {Kept} kept */
  #forget(kept) {
    this.#forgotten += 1
    this.#watch.forget(kept)
    const id = traceKey(kept.lane, kept.traceId ?? NO_TRACE)
    const trace = this.#traces.get(id)
    if (trace === undefined) return
    trace.kept.shift()
    if (trace.kept.length > 0) this.#change(`trace ${id}`)
    else {
      this.#traces.delete(id)
      this.#lose(`trace ${id}`)
    }
  }

  /** @param {PageRequest} request */
  #addRequest(request) {
    this.#requestByNumber.set(request.number, request)
    this.#change(`request ${request.number}`)
    this.#requests.push(request, 0)
  }

  /** @param {PageRequest} request */
  #forgetRequest({ number }) {
    this.#requestByNumber.delete(number)
    this.#lose(`request ${number}`)
  }

  /** @param {string} what */
  #change(what) {
    this.seq += 1
    this.#changes.delete(what)
    this.#changes.set(what, this.seq)
  }

  /** @param {string} what */
  #lose(what) {
    this.seq += 1
    this.#changes.delete(what)
    this.#gone.push({ seq: this.seq, what }, 0)
  }

  /** @param {string} what @param {{ lanes: object[], traces: object[], requests: object[] }} told */
  #tell(what, told) {
    const [kind, id] = [what.slice(0, what.indexOf(' ')), what.slice(what.indexOf(' ') + 1)]
    if (kind === 'lane') {
      const lane = /** @type {Lane} */ (this.#lanes.get(id))
      const client = this.#clients.ofLane(lane)
      told.lanes.push({ ...lane.toJSON(), ...this.judgement.names.get(id), client })
    } else if (kind === 'trace') {
      const { lane, traceId, kept, tries } = /** @type {Trace} */ (this.#traces.get(id))
      const lanes = this.#watch.lanesOf(traceId)
      told.traces.push({
        id,
        lane,
        traceId,
        tries,
        ...summaryOf(kept),
        lanes: lanes.length > 1 ? lanes : null
      })
    } else told.requests.push(/** @type {PageRequest} */ (this.#requestByNumber.get(Number(id))))
  }
}

/** @param {string} lane @param {string} traceId */
function traceKey(lane, traceId) {
  return `${traceId} ${lane}`
}

/**
 * @param {RequestRecord} request
 * @param {readonly Kept[]} kept
 * @param {string} lane
 * @param {{ number: number, attempt: number, isDuplicate: boolean, key: string, retryAfter: string | null }} known
 * @returns {PageRequest}
 */
function pageRequestOf(request, kept, lane, { key, ...known }) {
  const { stream, path, status, outcome, accepted, events, bytes, receivedAtMs, answeredAtMs } = request
  const text = (/** @type {unknown} */ value) => {
    const plain = String(value ?? '').slice(0, MAX_TEXT_LENGTH)
    return key === '' ? plain : plain.replaceAll(key, '[the API key]')
  }
  return {
    ...known,
    lane,
    stream: stream ?? text(path),
    path: text(path),
    status,
    outcome,
    accepted,
    events,
    bytes,
    receivedAtMs,
    durationMs: answeredAtMs === null ? null : answeredAtMs - receivedAtMs,
    body: request.bodySha256?.slice(0, 8) ?? null,
    problem: request.problem === null ? null : text(request.problem),
    spans: accepted
      ? []
      : kept.slice(0, MAX_NAMED_SPANS).map(({ event, traceId, spanId }) => ({
          name: text(event.name ?? event.label),
          traceId,
          spanId
        }))
  }
}

module.exports = { Store }
