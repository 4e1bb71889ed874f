'use strict'

const { NO_PARENT } = require('../wire')

/**
 * @typedef {import('../../../testing').RequestRecord} RequestRecord
 * @typedef {import('../../../testing').Violation} Violation
 * @typedef {import('./wire-text').Kept} Kept
 * @typedef {'mixed_body' | 'key_in_body' | 'key_in_header' | 'two_keys'
 *   | 'shared_trace' | 'foreign_parent' | 'foreign_evaluation'} SeenKind
 * @typedef {{ kind: SeenKind, lane: string, other: string | null, owners: readonly string[], count: number,
 *   request: number, traceId: string | null, spanId: string | null, atMs: number }} Seen
 *   `lane`: where it was seen; `other`: the lane that it also concerns; the rest is of the first that was seen
 * @typedef {{ owner: string, lane: string, spans: number, evaluations: number, refused: number,
 *   request: number, traceId: string | null, spanId: string | null, atMs: number }} Cell
 *   what an owner has at a lane; `request` and below are of the first
 * @typedef {{ homes: Set<string>, users: Map<string, Kept> }} SpanUse where a span is, and the lanes of what names it
 */

/** More of either is more than anyone reads; what is beyond is counted. */
const MAX_SEEN = 500
const MAX_CELLS = 5000

/** Notices, as events arrive, what concerns two lanes or two owners. Whether that is right is `judgement`'s to say. */
class Watch {
  /** @type {Map<string, Seen>} */
  #seen = new Map()
  /** @type {Map<string, Cell>} */
  #cells = new Map()
  /** @type {Map<string, Map<string, number>>} trace -> lane -> kept spans */
  #traces = new Map()
  /** @type {Map<string, SpanUse>} */
  #spans = new Map()
  /** @type {Set<string>} spans that are used at a lane where they are not */
  #foreign = new Set()
  /** Findings and cells that were no longer kept. */
  unkept = 0

  /**
   * A settled request, with what its intake noticed in it.
   *
   * @param {readonly Violation[]} violations
   * @param {readonly Kept[]} kept
   * @param {string} lane
   * @param {{ id: number, isTaken: boolean, atMs: number }} request
   */
  request(violations, kept, lane, { id, isTaken, atMs }) {
    for (const { kind, owners } of violations) {
      // Where owners may be is judged over all intakes and lanes together, not by one intake alone.
      if (kind === 'owner_moved') continue
      this.#see({ kind, lane, other: null, owners, request: id, traceId: null, spanId: null, atMs })
    }
    for (const one of kept) {
      this.#count(one, isTaken)
      if (isTaken) this.#index(one)
    }
  }

  /** @param {Kept} kept it is no longer kept */
  forget(kept) {
    const { stream, lane, traceId, spanId, event } = kept
    if (stream === 'spans') {
      const lanes = this.#traces.get(String(traceId))
      const left = (lanes?.get(lane) ?? 1) - 1
      if (left > 0) lanes?.set(lane, left)
      else lanes?.delete(lane)
      if (lanes?.size === 0) this.#traces.delete(String(traceId))
      this.#release(String(spanId), use => use.homes.delete(lane))
    }
    const named = stream === 'spans' ? event.parent_id : spanId
    this.#release(
      String(named),
      use => use.users.get(userKey(kept)) === kept && use.users.delete(userKey(kept))
    )
  }

  /** @returns {Cell[]} */
  cells() {
    return [...this.#cells.values()]
  }

  /** @returns {Seen[]} */
  seen() {
    const foreign = [...this.#foreign].flatMap(id => this.#foreignOf(id))
    return [...this.#seen.values(), ...foreign.slice(0, MAX_SEEN)]
  }

  /** @param {string} traceId @returns {string[]} the lanes that have spans of it */
  lanesOf(traceId) {
    return [...(this.#traces.get(traceId)?.keys() ?? [])]
  }

  /** @param {Kept} kept @param {boolean} isTaken */
  #count({ owner, lane, stream, request, traceId, spanId, receivedAtMs }, isTaken) {
    if (owner === null) return
    const name = `${lane} ${owner}`
    let cell = this.#cells.get(name)
    if (cell === undefined) {
      if (this.#cells.size >= MAX_CELLS) {
        this.unkept += 1
        return
      }
      cell = {
        owner,
        lane,
        spans: 0,
        evaluations: 0,
        refused: 0,
        request,
        traceId,
        spanId,
        atMs: receivedAtMs
      }
      this.#cells.set(name, cell)
    }
    if (isTaken) cell[stream] += 1
    else cell.refused += 1
  }

  /** @param {Kept} kept */
  #index(kept) {
    const { stream, lane, traceId, spanId, event } = kept
    if (stream === 'spans') {
      this.#trace(kept, String(traceId))
      this.#use(String(spanId), use => use.homes.add(lane))
    }
    const named = stream === 'spans' ? event.parent_id : spanId
    if (named === null || named === NO_PARENT) return
    this.#use(String(named), use => use.users.set(userKey(kept), kept))
  }

  /** @param {Kept} kept @param {string} traceId */
  #trace({ lane, owner, request, spanId, receivedAtMs }, traceId) {
    const lanes = this.#traces.get(traceId) ?? new Map()
    for (const other of lanes.keys()) {
      if (other === lane) continue
      const owners = owner === null ? [] : [owner]
      this.#see({ kind: 'shared_trace', lane, other, owners, request, traceId, spanId, atMs: receivedAtMs })
    }
    lanes.set(lane, (lanes.get(lane) ?? 0) + 1)
    this.#traces.set(traceId, lanes)
  }

  /** @param {string} spanId @param {(use: SpanUse) => unknown} change */
  #use(spanId, change) {
    const use = this.#spans.get(spanId) ?? { homes: new Set(), users: new Map() }
    change(use)
    this.#spans.set(spanId, use)
    this.#judgeUse(spanId, use)
  }

  /** @param {string} spanId @param {(use: SpanUse) => unknown} change */
  #release(spanId, change) {
    const use = this.#spans.get(spanId)
    if (use === undefined) return
    // What was found stays found when its proof leaves the memory.
    for (const seen of this.#foreignOf(spanId)) this.#see(seen)
    change(use)
    if (use.homes.size === 0 && use.users.size === 0) this.#spans.delete(spanId)
    this.#judgeUse(spanId, use)
  }

  /** @param {string} spanId @param {SpanUse} use */
  #judgeUse(spanId, { homes, users }) {
    const isForeign = homes.size > 0 && [...users.values()].some(({ lane }) => !homes.has(lane))
    if (isForeign) this.#foreign.add(spanId)
    else this.#foreign.delete(spanId)
  }

  /** @param {string} id @returns {Omit<Seen, 'count'>[] & Seen[]} */
  #foreignOf(id) {
    if (!this.#foreign.has(id)) return []
    const { homes, users } = /** @type {SpanUse} */ (this.#spans.get(id))
    const [home] = homes
    return [...users.values()]
      .filter(({ lane }) => !homes.has(lane))
      .map(({ stream, lane, owner, request, traceId, spanId, receivedAtMs }) => ({
        kind: stream === 'spans' ? 'foreign_parent' : 'foreign_evaluation',
        lane,
        other: home,
        owners: owner === null ? [] : [owner],
        count: 1,
        request,
        traceId,
        spanId,
        atMs: receivedAtMs
      }))
  }

  /** @param {Omit<Seen, 'count'>} found */
  #see(found) {
    const name = [found.kind, found.lane, found.other, ...found.owners].join(' ')
    const known = this.#seen.get(name)
    if (known !== undefined) known.count += 1
    else if (this.#seen.size < MAX_SEEN) this.#seen.set(name, { ...found, count: 1 })
    else this.unkept += 1
  }
}

/** One of each kind for a lane is proof enough. @param {Kept} kept */
function userKey({ stream, lane }) {
  return `${stream} ${lane}`
}

module.exports = { Watch }
