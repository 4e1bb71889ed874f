'use strict'

/**
 * What the processes that send here say of themselves: what they hold and have dropped, which no intake can see.
 *
 * @typedef {{ submitted: number, delivered: number, rejected: number, dropped: number, held: number,
 *   droppedByReason: Record<string, number> }} Counts
 * @typedef {Counts & { tenant: string, site: string, lastError: string | null, parkedSinceMs: number | null }} Row
 * @typedef {{ atMs: number, openSpans: number, total: Counts, unrouted: Counts, rows: Row[] }} Client
 * @typedef {{ saidAtMs: number, clients: number, held: number, dropped: number, droppedByReason: Record<string, number>,
 *   lastError: string | null, parkedSinceMs: number | null }} OfLane
 */

const MAX_CLIENTS = 16
const MAX_ROWS = 100
const MAX_REASONS = 20
const MAX_TEXT_LENGTH = 128

class Clients {
  /** By what they call themselves, the one that spoke last is last. @type {Map<string, Client>} */
  #clients = new Map()

  /**
   * @param {unknown} report as a client sends it
   * @param {number} atMs
   * @returns {Row[]} its tenants
   */
  note(report, atMs) {
    const { client, openSpans, total, unrouted, tenants } = recordOf(report)
    if (typeof client !== 'string' || client === '') throw new RangeError('a report names its client')
    const id = textOf(client)
    const rows = (Array.isArray(tenants) ? tenants : []).slice(0, MAX_ROWS).map(rowOf)
    this.#clients.delete(id)
    this.#clients.set(id, {
      atMs,
      openSpans: numberOf(openSpans),
      total: countsOf(total),
      unrouted: countsOf(unrouted),
      rows
    })
    const [oldest] = this.#clients.keys()
    if (this.#clients.size > MAX_CLIENTS) this.#clients.delete(oldest)
    return rows
  }

  clear() {
    this.#clients.clear()
  }

  /**
   * @param {{ label: string | null, site: string }} lane
   * @returns {OfLane | null} null: nobody spoke of it
   */
  ofLane({ label, site }) {
    const told = [...this.#clients.values()].flatMap(({ atMs, rows }) =>
      rows.filter(row => row.tenant === label && row.site === site).map(row => ({ ...row, atMs }))
    )
    if (told.length === 0) return null
    const last = told[told.length - 1]
    return {
      saidAtMs: last.atMs,
      clients: new Set(told.map(({ atMs }) => atMs)).size,
      ...summed(told),
      lastError: last.lastError,
      parkedSinceMs: last.parkedSinceMs
    }
  }

  /** Of all tenants together, and of what has none. */
  overall() {
    const all = [...this.#clients.values()]
    if (all.length === 0) return null
    return {
      saidAtMs: Math.max(...all.map(({ atMs }) => atMs)),
      clients: all.length,
      openSpans: all.reduce((sum, { openSpans }) => sum + openSpans, 0),
      ...summed(all.map(({ total }) => total)),
      unrouted: summed(all.map(({ unrouted }) => unrouted))
    }
  }
}

/** @param {Counts[]} counts @returns {Pick<Counts, 'held' | 'dropped' | 'droppedByReason'>} */
function summed(counts) {
  /** @type {Record<string, number>} */
  const droppedByReason = {}
  for (const { droppedByReason: reasons } of counts) {
    for (const [reason, count] of Object.entries(reasons)) {
      droppedByReason[reason] = (droppedByReason[reason] ?? 0) + count
    }
  }
  const sum = (/** @type {'held' | 'dropped'} */ name) => counts.reduce((total, one) => total + one[name], 0)
  return { held: sum('held'), dropped: sum('dropped'), droppedByReason }
}

/** @param {unknown} given @returns {Row} */
function rowOf(given) {
  const { tenant, site, lastError, parkedSinceMs } = recordOf(given)
  return {
    ...countsOf(given),
    tenant: textOf(tenant),
    site: textOf(site),
    lastError: typeof lastError === 'string' ? textOf(lastError) : null,
    parkedSinceMs: typeof parkedSinceMs === 'number' ? parkedSinceMs : null
  }
}

/** @param {unknown} given @returns {Counts} */
function countsOf(given) {
  const { submitted, delivered, rejected, dropped, held, droppedByReason } = recordOf(given)
  const reasons = Object.entries(recordOf(droppedByReason)).slice(0, MAX_REASONS)
  return {
    submitted: numberOf(submitted),
    delivered: numberOf(delivered),
    rejected: numberOf(rejected),
    dropped: numberOf(dropped),
    held: numberOf(held),
    droppedByReason: Object.fromEntries(reasons.map(([reason, count]) => [textOf(reason), numberOf(count)]))
  }
}

/** @param {unknown} value @returns {Record<string, unknown>} */
function recordOf(value) {
  return typeof value === 'object' && value !== null ? /** @type {Record<string, unknown>} */ (value) : {}
}

/** @param {unknown} value */
function numberOf(value) {
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? value : 0
}

/** @param {unknown} value */
function textOf(value) {
  return String(value ?? '').slice(0, MAX_TEXT_LENGTH)
}

module.exports = { Clients }
