'use strict'

/** What a tenant sees of the tags of an event that dd-trace made: nothing of the host or of another tenant. */

/** Tags that dd-trace itself sets; every other one is the host's or the application's. */
const OWN_TAGS = [
  'version',
  'env',
  'service',
  'source',
  'ml_app',
  'ddtrace.version',
  'error',
  'language',
  'error_type',
  'session_id',
  'integration'
]

/** @typedef {{ hostTags: [string, string][], tenantTags: string[] }} TagRules */

/** Tags whose names are kept at a time, and the longest of them. */
const MAX_KNOWN_TAGS = 512
const MAX_KNOWN_CHARACTERS = 128

/** What a tenant may see of an event's tags, for the names that the host and the application gave. */
class TagFilter {
  /** @param {string[]} names seen beside those that dd-trace sets itself */
  constructor(names) {
    this.#allowed = new Set([...OWN_TAGS, ...names])
    this.#withColon = [...this.#allowed].filter(name => name.includes(':'))
  }

  #allowed
  #withColon
  /** What was found out before: few tags differ from event to event. @type {Map<string, string | null>} */
  #known = new Map()

  /**
   * @param {unknown} tag `name:value`
   * @returns {string | null} null for one that the receiver must not see
   */
  nameOf(tag) {
    if (typeof tag !== 'string') return null
    const known = this.#known.get(tag)
    if (known !== undefined) return known
    const name = this.#find(tag)
    if (this.#known.size >= MAX_KNOWN_TAGS) this.#known.clear()
    if (tag.length <= MAX_KNOWN_CHARACTERS) this.#known.set(tag, name)
    return name
  }

  /**
   * @param {string} tag
   * @returns {string | null}
   */
  #find(tag) {
    const name = tag.slice(0, tag.indexOf(':'))
    if (this.#allowed.has(name)) return name
    // A name may hold colons itself.
    for (const candidate of this.#withColon) if (tag.startsWith(`${candidate}:`)) return candidate
    return null
  }
}

/** The filters of spans without tags of their own, by the instance's rules. @type {WeakMap<TagRules, TagFilter>} */
const filters = new WeakMap()

/**
 * @param {TagRules} rules
 * @param {string[]} chosen
 * @returns {TagFilter}
 */
function filterFor(rules, chosen) {
  if (chosen.length > 0) return new TagFilter([...rules.tenantTags, ...chosen])
  let filter = filters.get(rules)
  if (filter === undefined) {
    filter = new TagFilter(rules.tenantTags)
    filters.set(rules, filter)
  }
  return filter
}

/** @type {string[]} */
const NONE = []

/**
 * @param {unknown} tags
 * @param {Lineage} lineage
 * @param {Record<string, unknown> | undefined} userTags
 * @param {TagRules} rules
 * @returns {string[]}
 */
function tenantTags(tags, lineage, userTags, rules) {
  if (!Array.isArray(tags)) return []
  const chosen = userTags === undefined ? NONE : Object.keys(userTags)
  const filter = filterFor(rules, chosen)
  const seen = []
  for (const tag of tags) {
    const name = filter.nameOf(tag)
    if (name === null || (name === 'session_id' && !chosen.includes(name))) continue
    const value = chosen.includes(name) ? undefined : replacement(name, lineage)
    seen.push(value === undefined ? tag : `${name}:${value}`)
  }
  if (lineage.sessionId && !chosen.includes('session_id')) seen.push(`session_id:${lineage.sessionId}`)
  return seen
}

/**
 * @param {string} name of a tag
 * @param {Lineage} lineage
 * @returns {string | undefined} what the route says instead
 */
function replacement(name, lineage) {
  switch (name) {
    case 'service':
      return lineage.service ?? undefined
    case 'env':
      return lineage.env ?? undefined
    case 'ml_app':
      return lineage.mlApp || undefined
    default:
      return undefined
  }
}

module.exports = { tenantTags }
