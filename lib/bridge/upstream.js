'use strict'

const { PREFIX, RemoteParent, TENANT_KEY, remoteEntries, remoteOf } = require('../trace/propagation')

/** @typedef {import('../routing/routing').Route} Route */

/** The span of another process, or one that the application names, that spans started here may continue. */
class Upstream {
  #remote
  #copies

  /**
   * @param {RemoteParent} remote
   * @param {Map<number, RemoteParent>} [copies] by tenant: who it is for further targets
   */
  constructor(remote, copies = new Map()) {
    this.#remote = remote
    this.#copies = copies
  }

  /**
   * @param {{ traceId: string, spanId: string }} exported what `exportSpan` returned
   * @param {import('../trace/export').Destination[]} destinations that it names
   * @returns {Upstream}
   */
  static exported({ traceId, spanId }, destinations) {
    /** @type {Map<number, RemoteParent>} */
    const copies = new Map()
    for (const { route, traceId: own } of destinations) {
      if (route !== null && own !== null) copies.set(route.tenantId, RemoteParent.exported(own, spanId))
    }
    return new Upstream(RemoteParent.exported(traceId, spanId), copies)
  }

  /**
   * What dd-trace's own propagation left in the tags of an APM trace, when a Spanlane had signed it.
   *
   * @param {Record<string, any>} tags
   * @returns {Upstream | null}
   */
  static ofTraceTags(tags) {
    if (typeof tags[TENANT_KEY] !== 'string') return null
    const remote = remoteOf(Object.entries(tags))
    return remote === null ? null : new Upstream(remote)
  }

  /** What is passed on where no span is active. */
  get remote() {
    return this.#remote
  }

  /**
   * @param {Route} route
   * @returns {RemoteParent | null} null: it is of another tenant, or of nobody that is known
   */
  forTenant(route) {
    const remote = this.#copies.get(route.tenantId) ?? this.#remote
    return remote.belongsTo(route) ? remote : null
  }

  /**
   * For the application's own spans: a plain dd-trace is continued, a tenant's trace is not.
   *
   * @param {Route | null} route the default one
   * @returns {RemoteParent | null}
   */
  forOwn(route) {
    const remote = this.#remote
    if (remote.tenantTag === null) return remote
    return route !== null && remote.belongsTo(route) ? remote : null
  }
}

/**
 * Runs dd-trace's registration of a span that is in no routing context. dd-trace finds in the trace's tags what it
 * is to continue, and nothing else.
 *
 * @param {Record<string, unknown>} tags of the APM trace
 * @param {RemoteParent | null} remote
 * @param {() => void} register
 */
function continuing(tags, remote, register) {
  const hidden = takeUpstream(tags)
  try {
    if (remote !== null) Object.assign(tags, tagsOf(remote))
    register()
  } finally {
    takeUpstream(tags)
    Object.assign(tags, hidden)
  }
}

/** @param {RemoteParent} remote */
function tagsOf(remote) {
  const { entries, optional } = remoteEntries(remote)
  return Object.fromEntries([...entries, ...optional].filter(([, value]) => typeof value === 'string'))
}

/**
 * @param {Record<string, unknown>} tags
 * @returns {Record<string, unknown>} what was taken out of them
 */
function takeUpstream(tags) {
  /** @type {Record<string, unknown>} */
  const taken = {}
  for (const name of Object.keys(tags)) {
    if (!name.startsWith(PREFIX) && name !== TENANT_KEY) continue
    taken[name] = tags[name]
    delete tags[name]
  }
  return taken
}

module.exports = { Upstream, continuing }
