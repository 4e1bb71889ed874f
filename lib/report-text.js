'use strict'

// The core's reports cross as one text of rows (src/binding/report.rs writes them, in the same order); here they
// get their names, and what has no core to ask gets empty ones.

/**
 * @typedef {import('..').Counts} Counts
 * @typedef {import('..').TenantStats} TenantStats
 * @typedef {import('..').Stats} Stats
 * @typedef {import('..').FlushReport} FlushReport
 * @typedef {Pick<Stats, 'openSpans' | 'misuse'>} Here what the core does not know: it gets finished spans
 */

/** A lane that nothing was given to. */
const NO_COUNTS = [0, 0, 0, 0, 0]

/**
 * The rows are counted when somebody asks for them: for a hundred thousand tenants that takes half a second.
 *
 * @param {import('./native').Stats} counted
 * @param {Here} here
 * @returns {Stats}
 */
function readStats(counted, here) {
  const [total, closed, unrouted] = JSON.parse(counted.totals())
  const stats = { ...emptyStats(here), total: countsOf(total) }
  stats.closed = countsOf(closed)
  stats.unrouted = countsOf(unrouted)
  const become = (/** @type {TenantStats[]} */ value) =>
    Object.defineProperty(stats, 'tenants', { value, writable: true, enumerable: true, configurable: true })
  Object.defineProperty(stats, 'tenants', {
    get() {
      const rows = JSON.parse(counted.tenants())
      const now = Date.now()
      become(rows.map((/** @type {any[]} */ row) => tenantOf(row, now)))
      return stats.tenants
    },
    set: become,
    enumerable: true,
    configurable: true
  })
  return stats
}

/**
 * @param {string} text
 * @returns {FlushReport}
 */
function readFlushReport(text) {
  const [delivered, rejected, dropped, pending, tenants] = JSON.parse(text)
  return { delivered, rejected, dropped, pending, tenants: tenants.map(flushedOf) }
}

/**
 * @param {Here} here
 * @returns {Stats} the counters of an instance that never sent anything
 */
function emptyStats(here) {
  return {
    total: countsOf(NO_COUNTS),
    tenants: [],
    closed: countsOf(NO_COUNTS),
    unrouted: countsOf(NO_COUNTS),
    ...here
  }
}

/** @returns {FlushReport} of a flush that had nothing to wait for */
function emptyReport() {
  return { delivered: 0, rejected: 0, dropped: 0, pending: 0, tenants: [] }
}

/**
 * @param {FlushReport[]} reports of different lanes
 * @returns {FlushReport}
 */
function sumReports(reports) {
  const sum = { ...emptyReport(), tenants: reports.flatMap(({ tenants }) => tenants) }
  for (const { delivered, rejected, dropped, pending } of reports) {
    sum.delivered += delivered
    sum.rejected += rejected
    sum.dropped += dropped
    sum.pending += pending
  }
  return sum
}

/**
 * One literal for all members: ten thousand of them are made in one call, and a spread would cost as much as the
 * rest.
 *
 * @param {any[]} row
 * @param {number} now
 * @returns {TenantStats}
 */
function tenantOf(row, now) {
  const hasLosses = row.length > 10
  return {
    tenant: row[0],
    site: row[1],
    submitted: row[5],
    delivered: row[6],
    rejected: row[7],
    dropped: row[8],
    held: row[9],
    maybeDuplicate: hasLosses ? row[10] : 0,
    tenantMismatch: hasLosses ? row[11] : 0,
    rejectedByStatus: hasLosses ? pairs(row[12]) : {},
    droppedByReason: hasLosses ? pairs(row[13]) : {},
    lastSuccessMs: row[3] === null ? null : now - row[3],
    lastError: row[2],
    parkedSinceMs: row[4] === null ? null : now - row[4]
  }
}

/**
 * @param {any[]} row of a lane that lost nothing: five counters
 * @returns {Counts}
 */
function countsOf([submitted, delivered, rejected, dropped, held, ...losses]) {
  const [maybeDuplicate = 0, tenantMismatch = 0, byStatus = [], byReason = []] = losses
  return {
    submitted,
    delivered,
    rejected,
    dropped,
    held,
    maybeDuplicate,
    tenantMismatch,
    rejectedByStatus: pairs(byStatus),
    droppedByReason: pairs(byReason)
  }
}

/** @param {any[]} row */
function flushedOf([tenant, site, lastError, delivered, rejected, dropped, pending]) {
  const counts = { tenant, site, delivered, rejected, dropped, pending }
  return lastError === null ? counts : { ...counts, lastError }
}

/**
 * @param {any[]} flat name, number, name, number
 * @returns {{ [name: string]: number }}
 */
function pairs(flat) {
  /** @type {{ [name: string]: number }} */
  const named = {}
  for (let index = 0; index < flat.length; index += 2) named[flat[index]] = flat[index + 1]
  return named
}

/**
 * At the end of the process.
 *
 * @param {number} openSpans
 */
function openSpansText(openSpans) {
  const spans = openSpans === 1 ? '1 span is' : `${openSpans} spans are`
  return (
    `${spans} still open at the end of the process, did not end and will not be delivered: a promise that never ` +
    'settled, a stream that was not read to its end, or a callback that was never called'
  )
}

module.exports = { emptyReport, emptyStats, openSpansText, readFlushReport, readStats, sumReports }
