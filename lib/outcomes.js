'use strict'

const { AsyncLocalStorage } = require('node:async_hooks')
const { channel } = require('node:diagnostics_channel')
const { performance } = require('node:perf_hooks')
const { clearInterval, setInterval } = require('node:timers')

/** How often the core's journal is read while it holds anything. */
const READ_INTERVAL_MS = 1000
const WARNING_INTERVAL_MS = 60_000

/** Tenants that get a line of their own per cause and interval: thousands may fail at once, for one reason. */
const TENANTS_TOLD_MAX = 10

/** Outcomes the application should hear of without asking; the others only go to the channel. */
const WORTH_A_WARNING = new Set(['rejected', 'dropped', 'parked', 'retrying'])

const delivery = channel('spanlane:delivery')

/** A timer keeps the context it was made in: without this, subscribers would run in some tenant's. */
const outside = AsyncLocalStorage.snapshot()

/** @typedef {{ tenant: string, site?: string | null, outcome: string, reason: string, status?: number | null, count: number }} Outcome */

/** Tells the application what became of its events: a diagnostics channel, and one warning per tenant and reason. */
class OutcomeFeed {
  #core
  #logger
  /** @type {NodeJS.Timeout | null} */
  #timer = null
  /** @type {Map<string, { sinceMs: number, told: Set<string>, hasMore: boolean }>} what was warned of, by cause */
  #causes = new Map()

  /**
   * @param {any} core
   * @param {import('./options/logger').SafeLogger} logger
   */
  constructor(core, logger) {
    this.#core = core
    this.#logger = logger
  }

  /** Called after each submission. The timer runs only while something is held, and keeps no process alive. */
  wake() {
    if (this.#timer !== null) return
    this.#timer = outside(() => setInterval(() => this.#tick(), READ_INTERVAL_MS)).unref()
  }

  /** Publishes what has happened since the last reading. */
  read() {
    for (const outcome of this.#core.outcomes()) this.#tell(outcome)
  }

  /**
   * The process ends. One line for each tenant that loses something, for the first tenants; one line for all the others.
   *
   * @param {import('..').FlushReport['tenants']} tenants
   */
  tellLost(tenants) {
    const losing = tenants.filter(({ pending }) => pending > 0)
    for (const { tenant, site, pending, lastError } of losing.slice(0, TENANTS_TOLD_MAX)) {
      const whose = `${eventsText(pending)} of tenant "${tenant}" (${site})`
      this.#logger.warn(`${whose} lost, the process ended: ${lastError ?? 'not sent in time'}`)
    }
    const others = losing.slice(TENANTS_TOLD_MAX).reduce((sum, { pending }) => sum + pending, 0)
    if (others > 0) this.#logger.warn(`${eventsText(others)} of further tenants lost, the process ended`)
  }

  stop() {
    if (this.#timer !== null) clearInterval(this.#timer)
    this.#timer = null
  }

  #tick() {
    // Asked before reading: what settles in between is read now or by the next wake. `held` would decode here what
    // waits for the reader.
    const isIdle = this.#core.isIdle()
    this.read()
    if (isIdle) this.stop()
  }

  /** @param {Outcome} outcome */
  #tell(outcome) {
    if (delivery.hasSubscribers) delivery.publish(outcome)
    if (outcome.outcome === 'recovered') this.#logger.info(outcomeText(outcome))
    if (!WORTH_A_WARNING.has(outcome.outcome)) return
    this.#warn(outcome)
  }

  /**
   * One line per tenant and cause in a minute, for the first tenants; one line for all the others.
   *
   * @param {Outcome} outcome
   */
  #warn(outcome) {
    const cause = `${outcome.outcome} ${outcome.reason} ${outcome.status}`
    const nowMs = performance.now()
    let known = this.#causes.get(cause)
    if (known === undefined || nowMs - known.sinceMs >= WARNING_INTERVAL_MS) {
      known = { sinceMs: nowMs, told: new Set(), hasMore: false }
      this.#causes.set(cause, known)
    }
    const tenant = `${outcome.tenant} ${outcome.site}`
    if (known.told.has(tenant)) return
    if (known.told.size < TENANTS_TOLD_MAX) {
      known.told.add(tenant)
      this.#logger.warn(outcomeText(outcome))
    } else if (!known.hasMore) {
      known.hasMore = true
      this.#logger.warn(`events of further tenants ${outcome.outcome}${whyOf(outcome)}; stats() names them`)
    }
  }
}

/**
 * @param {Outcome} outcome
 * @returns {string}
 */
function outcomeText({ tenant, site, outcome, reason, status, count }) {
  const whose = tenant === '' ? 'without a route' : `of tenant "${tenant}"${site ? ` (${site})` : ''}`
  return `${eventsText(count)} ${whose} ${outcome}${whyOf({ reason, status })}`
}

/** @param {number} count */
function eventsText(count) {
  return count === 1 ? '1 event' : `${count} events`
}

/**
 * @param {Pick<Outcome, 'reason' | 'status'>} outcome
 * @returns {string}
 */
function whyOf({ reason, status }) {
  const why = [reason, status ? `status ${status}` : ''].filter(text => text !== '').join(', ')
  return why === '' ? '' : `: ${why}`
}

module.exports = { OutcomeFeed }
