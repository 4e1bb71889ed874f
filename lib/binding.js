'use strict'

// The JavaScript half of the native boundary: same names, same order as src/binding/mod.rs. The only file that
// requires the native part. Events cross as records, which lib/event/hand-over.js writes.

const { openAddon } = require('./addon')
const { misuse, refused } = require('./errors')
const { readFlushReport, readStats } = require('./report-text')
const { warning } = require('./warnings')

/** Codes of the core that say the caller passed a wrong argument. The others are refusals. */
const MISUSE_CODES = new Set([
  'SPANLANE_INVALID_API_KEY',
  'SPANLANE_INVALID_SITE',
  'SPANLANE_INVALID_TENANT',
  'SPANLANE_INVALID_OPTION'
])

/** What is submitted: it decides the endpoint and the envelope. */
const KIND = Object.freeze({ SPAN: 0, EVALUATION: 1, EXPERIMENT_SPAN: 2 })

/** Why an event was dropped. The core has these names, and no others. */
const REASON = Object.freeze({
  BUFFER_FULL: 'buffer_full',
  TENANT_SHARE: 'tenant_share',
  EVICTED: 'evicted',
  NO_ROUTE: 'no_route',
  INVALID_ROUTE: 'invalid_route',
  UNSAFE_CONTEXT: 'unsafe_context',
  TOO_LARGE: 'too_large',
  PROCESSOR: 'processor',
  EXPIRED: 'expired',
  TOO_OLD: 'too_old',
  DISABLED: 'disabled',
  INTERNAL_ERROR: 'internal_error',
  SHUTDOWN: 'shutdown'
})

/**
 * @typedef {(typeof REASON)[keyof typeof REASON]} Reason
 * @typedef {import('./native').OpenedRoute} OpenedRoute
 * @typedef {import('./native').CoreSettings} CoreSettings every field present; what is not set is null
 */

/** Where the first copy that was loaded says where it is. */
const COPY = Symbol.for('spanlane.copy')

const { addon, reason } = openAddon(() => require('./native'), fileOf)
if (addon !== null) noteCopy(__dirname)

/** Whether the native part is there, and why not. */
const native = Object.freeze({ available: addon !== null, reason })

/**
 * Opens a core: the process's own, or an isolated one.
 *
 * @param {CoreSettings} settings every field present
 * @param {string | null} sharedOptions null: an isolated one. Else the core is the one that all threads and module
 *   instances of the same file share, and who joins it gets this text from the one who opened it
 * @returns {Core}
 * @throws {Error} `SPANLANE_ALREADY_INITIALIZED` when the shared core runs with other settings
 */
function openCore(settings, sharedOptions) {
  return new Core(
    translate(() =>
      sharedOptions === null
        ? requireAddon().Core.open(settings)
        : requireAddon().Core.shared(settings, sharedOptions)
    )
  )
}

/** @returns {Core | null} the core that the process shares, where it is open */
function joinCore() {
  const core = requireAddon().Core.joined()
  return core === null ? null : new Core(core)
}

/**
 * Fills `words` with random bits, for ids. Never throws where Node itself can give some.
 *
 * @param {Int32Array} words
 */
function fillRandom(words) {
  try {
    requireAddon().fillRandom(words)
  } catch {
    // To load it takes longer than all else that a first span needs.
    require('node:crypto').randomFillSync(words)
  }
}

/** A core as the rest of the library sees it. */
class Core {
  #core
  /** @type {(laneId: number) => void} */
  #heard = () => {}
  /** By the objects that hold lanes open, the lanes. @type {FinalizationRegistry<number>} */
  #holders = new FinalizationRegistry(laneId => this.#release(laneId))

  /** @param {import('./native').Core} core */
  constructor(core) {
    this.#core = core
    Object.freeze(this)
  }

  /** @returns {string} what the thread that opened the shared core said about it; '' for an isolated one */
  get options() {
    return this.#core.options
  }

  /** @returns {OpenedRoute | null} the default route that a thread has open: as `openRoute` */
  defaultRoute() {
    return this.#core.defaultRoute()
  }

  /** Tells all threads that tenants are served from now on. */
  noteRouting() {
    contained(undefined, () => this.#core.noteRouting())
  }

  /** @returns {boolean} whether any thread has told */
  hasRouted() {
    return contained(true, () => this.#core.hasRouted())
  }

  /**
   * Its lane is held open for who gives an object to `holdWith` next.
   *
   * @param {string} ddApiKey beside the destination: no object holds a key
   * @param {import('./native').RouteDestination} destination
   * @returns {OpenedRoute}
   */
  openRoute(ddApiKey, destination) {
    return translate(() => this.#core.openRoute(ddApiKey, destination))
  }

  /**
   * Holds the lane of a route once more, for another route.
   *
   * @param {number} laneId of a route that is there
   */
  holdRoute(laneId) {
    this.#core.holdRoute(laneId)
  }

  /**
   * What was opened or held last, and not yet given to an object, stays open as long as `holder`.
   *
   * @param {object} holder
   * @param {number} laneId
   */
  holdWith(holder, laneId) {
    this.#holders.register(holder, laneId)
  }

  /** @param {(laneId: number) => void} hear is told when an object that held a lane is gone */
  whenReleased(hear) {
    this.#heard = hear
  }

  /** @param {number} laneId */
  #release(laneId) {
    contained(undefined, () => this.#core.releaseRoute(laneId))
    this.#heard(laneId)
  }

  /**
   * @param {string} ddSite
   * @returns {(ddApiKey: string, tenant?: string) => number} the lane that `openRoute` would find open at this site; 0
   *   when it would open one, or refuse. Never throws
   */
  laneFinder(ddSite) {
    return this.#core.laneFinder(ddSite)
  }

  /** @returns {import('./native').Producer} a way in for this thread; lib/event/hand-over.js writes into it */
  openProducer() {
    return this.#core.openProducer()
  }

  /**
   * Counts events that were dropped before they could be submitted. Never throws.
   *
   * @param {number | null} laneId of a route; null: of none
   * @param {Reason} reason
   * @param {number} count
   */
  drop(laneId, reason, count) {
    contained(undefined, () => this.#core.drop(laneId, reason, count))
  }

  /**
   * @param {number} laneId
   * @param {number} count
   */
  countTenantMismatch(laneId, count) {
    this.#core.countTenantMismatch(laneId, count)
  }

  /**
   * Throws when a site is not acceptable.
   *
   * @param {string} site
   */
  checkSite(site) {
    translate(() => this.#core.checkSite(site))
  }

  /**
   * A digest keyed with the route's API key: another service with the same key and site makes the same.
   *
   * @param {number} laneId
   * @param {string} traceId
   * @returns {string} 16 hex digits
   */
  tenantTag(laneId, traceId) {
    return this.#core.tenantTag(laneId, traceId)
  }

  /**
   * Gives a labelled tenant a new key: what its lanes hold goes there, at the same site.
   *
   * @param {string} tenant
   * @param {string} ddApiKey
   * @returns {number} lanes that moved
   */
  rotate(tenant, ddApiKey) {
    return translate(() => this.#core.rotate(tenant, ddApiKey))
  }

  /**
   * @param {number} laneId
   * @returns {string|null} 32 hex digits
   */
  exportRoute(laneId) {
    return this.#core.exportRoute(laneId)
  }

  /**
   * @param {string} reference
   * @returns {OpenedRoute|null} as `openRoute`
   */
  importRoute(reference) {
    return this.#core.importRoute(reference)
  }

  /**
   * @param {number} laneId
   * @returns {Promise<import('./native').Verification>}
   */
  verifyRoute(laneId) {
    return answered(() => this.#core.verifyRoute(laneId))
  }

  /**
   * @param {number} timeoutMs
   * @param {number | null} laneId of a route; null: all lanes
   * @param {boolean} [rows] whether the report has a row for each tenant
   * @returns {Promise<import('..').FlushReport>}
   */
  async flush(timeoutMs, laneId, rows = true) {
    return readFlushReport(await answered(() => this.#core.flush(timeoutMs, laneId, rows)))
  }

  /** @returns {boolean} whether an end of the process would wait for nothing: what is held was waited for in vain */
  isDecided() {
    return this.#core.isDecided()
  }

  /**
   * Resolves when everything held is settled, when each lane that fails has had one last try, or after `timeoutMs`.
   *
   * @param {number} timeoutMs
   * @param {boolean} anew also lanes that were waited for in vain before
   * @returns {Promise<import('..').FlushReport>}
   */
  async drained(timeoutMs, anew) {
    return readFlushReport(await this.#core.drained(timeoutMs, anew))
  }

  /**
   * Begins what `drain` waits for: several cores at once take no longer than one.
   *
   * @param {number} timeoutMs
   * @param {boolean} anew
   */
  beginDrain(timeoutMs, anew) {
    this.#core.beginDrain(timeoutMs, anew)
  }

  /**
   * Blocks this thread until the drain that was begun is over, or for `timeoutMs`.
   *
   * @param {number} timeoutMs
   * @returns {import('..').FlushReport} what is held then: only `pending` and `lastError` say something
   */
  drain(timeoutMs) {
    return readFlushReport(this.#core.drain(timeoutMs))
  }

  /** Where JavaScript cannot say any more what the end of the process loses, the core writes it to standard error. */
  tellLosses() {
    this.#core.tellLosses()
  }

  /**
   * @param {number} timeoutMs
   * @returns {Promise<import('..').FlushReport>}
   */
  async shutdown(timeoutMs) {
    return readFlushReport(await answered(() => this.#core.shutdown(timeoutMs)))
  }

  /** @returns {number} events held at this moment. Never throws */
  held() {
    return contained(0, () => this.#core.held())
  }

  /** @returns {boolean} whether nothing is held. Unlike `held` it never costs more than a look. Never throws */
  isIdle() {
    return contained(true, () => this.#core.isIdle())
  }

  /**
   * @param {import('./report-text').Here} here
   * @returns {import('..').Stats}
   */
  stats(here) {
    return readStats(this.#core.stats(), here)
  }

  /**
   * @param {boolean} deliveries whether these are wanted, too
   * @returns {import('./native').OutcomeReport[]} what nobody has read yet
   */
  outcomes(deliveries) {
    return this.#core.outcomes(deliveries)
  }
}

/**
 * @param {object} loaded by the loader in `./native`
 * @returns {string | undefined} the file it came from; undefined in a bundle, where there are none
 */
function fileOf(loaded) {
  try {
    const loader = require.cache[require.resolve('./native')]
    return loader?.children.find(({ exports }) => exports === loaded)?.filename
  } catch {
    return undefined
  }
}

/**
 * Two installed copies of the package have two cores: twice the limits, and a flush of one does not wait for the
 * other. That works, but somebody should know.
 *
 * @param {string} folder this copy's
 */
function noteCopy(folder) {
  const copies = /** @type {Record<symbol, string>} */ (/** @type {unknown} */ (globalThis))
  copies[COPY] ??= folder
  if (copies[COPY] === folder) return
  process.emitWarning(
    warning(
      'second_copy',
      'a second copy of spanlane is loaded in this process: each has its own buffers and limits',
      'install one version once, as by npm dedupe'
    ),
    {
      code: 'SPANLANE_SECOND_COPY'
    }
  )
}

/** @returns {typeof import('./native')} */
function requireAddon() {
  if (addon === null)
    throw refused('SPANLANE_NOT_SUPPORTED', `the native part of spanlane is not available: ${reason}`)
  return addon
}

/**
 * Runs a native call and turns its coded error into ours. The text comes from the core and never holds a key.
 *
 * @template T
 * @param {() => T} call
 * @returns {T}
 */
function translate(call) {
  try {
    return call()
  } catch (error) {
    throw ours(error)
  }
}

/**
 * The same for a call that gives a promise.
 *
 * @template T
 * @param {() => Promise<T>} call
 * @returns {Promise<T>}
 */
async function answered(call) {
  try {
    return await call()
  } catch (error) {
    throw ours(error)
  }
}

/**
 * Runs what hot paths and the end of a process ask: a fault of the native part is not to be the host's.
 *
 * @template T
 * @param {T} otherwise
 * @param {() => T} call
 * @returns {T}
 */
function contained(otherwise, call) {
  try {
    return call()
  } catch {
    return otherwise
  }
}

/** @param {unknown} error of the native part */
function ours(error) {
  const { code, message = '' } = /** @type {{ code?: unknown, message?: string }} */ (error)
  if (typeof code !== 'string' || !code.startsWith('SPANLANE_')) return refused('SPANLANE_INTERNAL', message)
  return MISUSE_CODES.has(code) ? misuse(code, message) : refused(code, message)
}

module.exports = { fillRandom, joinCore, openCore, native, Core, KIND, REASON }
