'use strict'

const { AsyncLocalStorage } = require('node:async_hooks')
const { channel } = require('node:diagnostics_channel')
const { performance } = require('node:perf_hooks')
const { setInterval, clearInterval } = require('node:timers')
const { inSpan, warning } = require('./warnings')

/** How often the core's journal is read while it holds anything. */
const READ_INTERVAL_MS = 1000
const WARNING_INTERVAL_MS = 60_000

/** Tenants that get a line of their own per cause and interval: thousands may fail at once, for one reason. */
const TENANTS_TOLD_MAX = 10
/** Reasons and tenants for which the name of a lost span is kept until it is told. */
const NAMES_MAX = 100

/**
 * What to do, by the reason that the core gives.
 *
 * @type {Partial<Record<import('./warnings').Topic, string>>}
 */
const CURES = {
  key_refused: 'check key and site with verifyRoute, or give the tenant a new key with rotate',
  rejected: 'the intake found the events wrong: compare them with what docs/api.md allows',
  endpoint_missing: 'check the site (ddSite, DD_SITE) or the URL (intakeUrl, SPANLANE_INTAKE_URL)',
  rate_limited: 'it goes on by itself; raise the limit of the organisation if it stays',
  server_error: 'it goes on by itself once the intake does',
  redirect_refused: 'something between here and the intake redirects: check proxy and URL',
  unexpected_status: 'something between here and the intake answers: check proxy and URL',
  too_early: 'it goes on by itself once the intake does',
  timeout: 'check the way to the intake, or raise requestTimeoutMs',
  connect_error: 'check that the host can be reached, through the proxy if there is one',
  connection_reset: 'check the way to the intake: proxies and firewalls end connections',
  dns_error: 'check the name of the host and the resolver',
  tls_error: 'check the certificate, and who answers in place of the intake',
  tls_unknown_issuer: 'give the certificate of the proxy, or of the company, as the option "ca"',
  tls_name_mismatch: 'somebody else answers under this name: check proxy and URL',
  tls_expired: 'check the clock of this machine, and who answers in place of the intake',
  tls_not_yet_valid: 'check the clock of this machine',
  tls_unsupported_algorithm: 'something between here and the intake speaks no TLS 1.2 or 1.3',
  tls_client_certificate: 'something between here and the intake wants a certificate: go round it',
  proxy_auth_required: 'put user and password into the URL of the proxy',
  proxy_refused: 'let the proxy pass the host of the intake',
  network_error: 'check the way to the intake',
  buffer_full: 'raise maxBufferedBytes, or find out why nothing is delivered',
  tenant_share: 'raise maxBufferedBytesPerTenant, or find out why this tenant does not take its events',
  evicted: 'find out why this tenant does not take its events, or raise maxBufferedBytesFailing',
  no_route:
    'open a context around it (withRoutingContext), or give a default route (apiKey, DD_API_KEY, outsideContexts)',
  invalid_route: 'correct the route; the warning before says what is wrong',
  unsafe_context:
    'let LangChain await its handlers: make the processor before LangChain runs, or set LANGCHAIN_CALLBACKS_BACKGROUND=false',
  too_large: 'record less in one event, or raise maxEventBytes',
  expired: 'find out why the intake took nothing for maxRetryAgeMs',
  too_old: 'finish spans, and submit evaluations, within a day',
  disabled: 'call enable() to record again',
  shutdown: 'flush before shutdown, or give it more time (timeoutMs)',
  internal_error: 'please report it, with this line'
}

/** An answer of a processor is the application's own wish; a failing one is told where it fails. */
const WANTED = 'processor'

const LOST_CURE = 'cure what fails, or give the end more time (exitTimeoutMs)'

const delivery = channel('spanlane:delivery')

/** A timer keeps the context it was made in: without this, subscribers would run in some tenant's. */
const outside = AsyncLocalStorage.snapshot()

/** @typedef {{ tenant: string, site?: string | null, outcome: string, reason: string, status?: number | null, count: number }} Outcome */
/** @typedef {{ last: Outcome, untold: number }} Told */

/** What was warned of for one cause since a moment. Each event is counted in one warning, at once or later. */
class Cause {
  /** @type {Map<string, Told>} by tenant */
  told = new Map()
  /** Of tenants beyond those. @type {Told | null} */
  further = null

  /** @param {number} sinceMs */
  constructor(sinceMs) {
    this.sinceMs = sinceMs
  }

  /** @returns {boolean} */
  get hasUntold() {
    return (this.further?.untold ?? 0) > 0 || [...this.told.values()].some(({ untold }) => untold > 0)
  }
}

/** Tells the application what became of its events: a diagnostics channel, and one warning per tenant and reason. */
class OutcomeFeed {
  #core
  #logger
  /** @type {NodeJS.Timeout | null} */
  #timer = null
  /** @type {Map<string, Cause>} */
  #causes = new Map()
  /** Of the first span that was lost for a reason since it was last told. @type {Map<string, string>} */
  #names = new Map()

  /**
   * @param {any} core
   * @param {import('./options/logger').SafeLogger} logger
   */
  constructor(core, logger) {
    this.#core = core
    this.#logger = logger
  }

  /** Called after each submission. The timer keeps no process alive, and runs only while there is something to tell. */
  wake() {
    if (this.#timer !== null) return
    this.#timer = outside(() => setInterval(() => this.#tick(), READ_INTERVAL_MS)).unref()
  }

  /** Publishes what has happened since the last reading. */
  read() {
    // Of what was delivered nobody hears but a subscriber.
    for (const outcome of this.#core.outcomes(delivery.hasSubscribers)) this.#tell(outcome)
  }

  /** The last reading: nobody will come back for what was not told yet. */
  end() {
    this.read()
    for (const cause of this.#causes.values()) this.#tellRest(cause)
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
      const what = `${whose} lost, the process ended: ${lastError ?? 'not sent in time'}`
      this.#logger.warn(warning('lost_at_exit', what, LOST_CURE))
    }
    const others = losing.slice(TENANTS_TOLD_MAX).reduce((sum, { pending }) => sum + pending, 0)
    if (others === 0) return
    const what = `${eventsText(others)} of further tenants lost, the process ended`
    this.#logger.warn(warning('lost_at_exit', what, LOST_CURE))
  }

  stop() {
    if (this.#timer !== null) clearInterval(this.#timer)
    this.#timer = null
  }

  /**
   * Which span it was, for the warning that will count it.
   *
   * @param {string} reason
   * @param {string | null | undefined} tenant whose it was
   * @param {{ kind: string, name: unknown }} span
   */
  nameLost(reason, tenant, span) {
    const key = `${reason} ${tenant ?? ''}`
    if (this.#names.size < NAMES_MAX && !this.#names.has(key)) this.#names.set(key, inSpan(span))
  }

  #tick() {
    // Asked before reading: what settles in between is read now or by the next wake. `held` would decode here what
    // waits for the reader.
    const isIdle = this.#core.isIdle()
    this.read()
    const nowMs = performance.now()
    let isToldAll = true
    for (const [name, cause] of this.#causes) {
      if (nowMs - cause.sinceMs < WARNING_INTERVAL_MS) isToldAll &&= !cause.hasUntold
      else if (cause.hasUntold) this.#tellRest(cause, nowMs)
      else this.#causes.delete(name)
    }
    if (isIdle && isToldAll) this.stop()
  }

  /** @param {Outcome} outcome */
  #tell(outcome) {
    if (delivery.hasSubscribers) delivery.publish(outcome)
    if (outcome.outcome === 'recovered') this.#logger.info(outcomeText(outcome, outcome.count))
    if (isWorthAWarning(outcome)) this.#warn(outcome)
  }

  /**
   * One line per tenant and cause in a minute, for the first tenants; one line for all the others.
   *
   * @param {Outcome} outcome
   */
  #warn(outcome) {
    const cause = this.#causeOf(outcome)
    const tenant = `${outcome.tenant} ${outcome.site}`
    const before = cause.told.get(tenant)
    if (before !== undefined) {
      before.untold += outcome.count
    } else if (cause.told.size < TENANTS_TOLD_MAX) {
      cause.told.set(tenant, { last: outcome, untold: 0 })
      this.#logger.warn(cured(outcome, outcomeText(outcome, outcome.count) + this.#nameOf(outcome)))
    } else if (cause.further !== null) {
      cause.further.untold += outcome.count
    } else {
      cause.further = { last: outcome, untold: 0 }
      this.#logger.warn(cured(outcome, furtherText(outcome, outcome.count)))
    }
  }

  /**
   * @param {Outcome} outcome
   * @returns {Cause} of this minute
   */
  #causeOf({ outcome, reason, status }) {
    const name = `${outcome} ${reason} ${status}`
    const nowMs = performance.now()
    const known = this.#causes.get(name)
    if (known !== undefined && nowMs - known.sinceMs < WARNING_INTERVAL_MS) return known
    if (known !== undefined) this.#tellRest(known)
    const cause = new Cause(nowMs)
    this.#causes.set(name, cause)
    return cause
  }

  /**
   * @param {Cause} cause
   * @param {number} [nowMs] when its next minute begins
   */
  #tellRest(cause, nowMs = cause.sinceMs) {
    cause.sinceMs = nowMs
    for (const told of [...cause.told.values(), ...(cause.further === null ? [] : [cause.further])]) {
      const { last, untold } = told
      told.untold = 0
      if (untold === 0 || !isCounted(last)) continue
      const textOf = told === cause.further ? furtherText : outcomeText
      this.#logger.warn(cured(last, textOf(last, untold, 'more ') + this.#nameOf(last)))
    }
  }

  /**
   * @param {Outcome} outcome
   * @returns {string}
   */
  #nameOf({ outcome, reason, tenant }) {
    if (outcome !== 'dropped') return ''
    const key = `${reason} ${tenant}`
    const name = this.#names.get(key) ?? ''
    this.#names.delete(key)
    return name
  }
}

/**
 * An attempt that fails and a key that is refused are told of the lane; what became of its events is told when it is
 * known. A refused key is told once, when the lane is parked, not at each probe.
 *
 * @param {Outcome} outcome
 * @returns {boolean}
 */
function isWorthAWarning({ outcome, reason }) {
  if (isCounted({ outcome })) return reason !== WANTED
  return outcome === 'parked' || (outcome === 'retrying' && reason !== 'key_refused')
}

/** @param {Pick<Outcome, 'outcome'>} outcome */
function isCounted({ outcome }) {
  return outcome === 'dropped' || outcome === 'rejected'
}

/**
 * @param {Outcome} outcome
 * @param {number} count
 * @param {'' | 'more '} [more]
 * @returns {string}
 */
function outcomeText(outcome, count, more = '') {
  const { tenant, site } = outcome
  const whose = tenant === '' ? 'without a route' : `of tenant "${tenant}"${site ? ` (${site})` : ''}`
  if (outcome.outcome === 'retrying') return `a request ${whose} failed, retrying${whyOf(outcome)}`
  if (outcome.outcome === 'parked')
    return `the key ${whose} is refused, its events are parked${whyOf(outcome)}`
  return `${eventsText(count, more)} ${whose} ${outcome.outcome}${whyOf(outcome)}`
}

/**
 * @param {Outcome} outcome
 * @param {number} count
 * @param {'' | 'more '} [more]
 * @returns {string}
 */
function furtherText(outcome, count, more = '') {
  const what = isCounted(outcome) ? `${eventsText(count, more)} of` : 'the same for'
  return `${what} further tenants: ${outcome.outcome}${whyOf(outcome)}, stats() names them`
}

/**
 * @param {number} count
 * @param {string} [more]
 */
function eventsText(count, more = '') {
  return `${count} ${more}event${count === 1 ? '' : 's'}`
}

/**
 * @param {Pick<Outcome, 'reason' | 'status'>} outcome
 * @returns {string}
 */
function whyOf({ reason, status }) {
  const why = [reason, status ? `status ${status}` : ''].filter(text => text !== '').join(', ')
  return why === '' ? '' : `: ${why}`
}

/**
 * @param {Outcome} outcome
 * @param {string} text
 * @returns {string}
 */
function cured({ outcome, reason }, text) {
  const known = /** @type {import('./warnings').Topic} */ (outcome === 'rejected' ? outcome : reason)
  const topic = known in CURES ? known : 'network_error'
  return warning(topic, text, /** @type {string} */ (CURES[topic]))
}

module.exports = { CURES, OutcomeFeed }
