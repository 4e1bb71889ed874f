'use strict'

/**
 * dd-trace keeps what LLM Observability spans of one APM trace share - the session, what came from upstream -
 * in tags of that trace, whoever the spans belong to. Here each tenant gets its own.
 */

/** Tags of an APM trace that spans inherit from, or leave for others. */
const SHARED_TAGS = /^(_dd\.p\.llmobs_|_ml_obs\.|llmobs_)/

/** The first session that a tenant set in an APM trace, as dd-trace keeps one for all. */
class TraceSessions {
  /** @type {WeakMap<object, Map<number, string>>} */
  #sessions = new WeakMap()

  /**
   * @param {object} trace
   * @param {number} tenantId
   * @returns {string | undefined}
   */
  get(trace, tenantId) {
    return this.#sessions.get(trace)?.get(tenantId)
  }

  /**
   * @param {object} trace
   * @param {number} tenantId
   * @param {unknown} session
   */
  set(trace, tenantId, session) {
    if (typeof session !== 'string' || session === '') return
    let ofTrace = this.#sessions.get(trace)
    if (ofTrace === undefined) {
      ofTrace = new Map()
      this.#sessions.set(trace, ofTrace)
    }
    if (!ofTrace.has(tenantId)) ofTrace.set(tenantId, session)
  }
}

/**
 * Runs a call that must neither see nor change what the trace's other spans share.
 *
 * @template T
 * @param {Record<string, unknown>} tags of the APM trace
 * @param {() => T} call
 * @returns {T}
 */
function apart(tags, call) {
  const hidden = take(tags)
  try {
    return call()
  } finally {
    take(tags)
    Object.assign(tags, hidden)
  }
}

/**
 * @param {Record<string, unknown>} tags
 * @returns {Record<string, unknown>} what was taken out of them
 */
function take(tags) {
  /** @type {Record<string, unknown>} */
  const taken = {}
  for (const name of Object.keys(tags)) {
    if (!SHARED_TAGS.test(name)) continue
    taken[name] = tags[name]
    delete tags[name]
  }
  return taken
}

module.exports = { TraceSessions, apart }
