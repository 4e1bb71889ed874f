'use strict'

/**
 * @typedef {import('./wire-text').Kept} Kept
 * @typedef {{ name: string | null, value: string, isNot: boolean }} Term
 * @typedef {(kept: Kept, laneName: string) => boolean} Test
 */

const MAX_TERMS = 20
const MAX_QUERY_LENGTH = 500
/** A term: `-name:"a value"`, `name:value`, `"two words"` or `word`. */
const TERM = /(-)?(?:([\w.]+):)?(?:"([^"]*)"|(\S+))/g
const COMPARISON = /^(>=|<=|>|<)?([\d.]+)(ms|s|m)?$/
const UNITS = /** @type {Record<string, number>} */ ({ ms: 1, s: 1000, m: 60_000 })
const NS_IN_MS = 1e6
/** Events looked at before others have their turn: the intake goes on answering. */
const SLICE = 500

/** What a name before the colon looks at; any other is a tag's. @type {Record<string, (kept: Kept, lane: string) => unknown>} */
const FIELDS = {
  tenant: (_, lane) => lane,
  owner: ({ owner }) => owner,
  kind: ({ event }) => event.meta?.['span.kind'] ?? event.event_kind,
  name: ({ event }) => event.name ?? event.label,
  status: ({ event }) => event.status,
  model: ({ event }) => event.meta?.model_name,
  session: ({ event }) => event.session_id,
  trace: ({ traceId }) => traceId,
  span: ({ spanId }) => spanId,
  prompt: ({ event }) => event.meta?.input?.prompt?.id
}

/**
 * @param {string} query
 * @returns {Test} all terms must hold for one event
 */
function testOf(query) {
  const terms = [...query.slice(0, MAX_QUERY_LENGTH).matchAll(TERM)].slice(0, MAX_TERMS)
  const tests = terms.map(([, not, name, quoted, plain]) => {
    const test = testOfTerm(name?.toLowerCase() ?? null, (quoted ?? plain).toLowerCase())
    /** @type {Test} */
    const negated = (kept, lane) => !test(kept, lane)
    return not === undefined ? test : negated
  })
  return (kept, lane) => tests.every(test => test(kept, lane))
}

/**
 * @param {string | null} name
 * @param {string} value
 * @returns {Test}
 */
function testOfTerm(name, value) {
  if (name === null) return ({ event }) => JSON.stringify(event).toLowerCase().includes(value)
  if (name === 'duration') return testOfDuration(value)
  if (name === 'tokens') return testOfTokens(value)
  const field = Object.hasOwn(FIELDS, name) ? FIELDS[name] : null
  if (field !== null) return (kept, lane) => includes(field(kept, lane), value)
  return ({ event }) => {
    const tags = Array.isArray(event.tags) ? event.tags : []
    return tags.some(tag => typeof tag === 'string' && tag.toLowerCase().startsWith(`${name}:${value}`))
  }
}

/** @param {string} value @returns {Test} */
function testOfDuration(value) {
  const compare = comparison(value)
  return ({ event }) => event.duration !== undefined && compare(event.duration / NS_IN_MS)
}

/** @param {string} value @returns {Test} */
function testOfTokens(value) {
  const compare = comparison(value)
  return ({ event: { metrics } }) =>
    metrics !== undefined && compare((metrics.input_tokens ?? 0) + (metrics.output_tokens ?? 0))
}

/** @param {string} text such as `>500ms`; without a sign at least @returns {(value: number) => boolean} */
function comparison(text) {
  const match = COMPARISON.exec(text)
  if (match === null) return () => false
  const bound = Number(match[2]) * (UNITS[match[3]] ?? 1)
  switch (match[1]) {
    case '<':
      return value => value < bound
    case '<=':
      return value => value <= bound
    case '>':
      return value => value > bound
    default:
      return value => value >= bound
  }
}

/** @param {unknown} value @param {string} part */
function includes(value, part) {
  return typeof value === 'string' && value.toLowerCase().includes(part)
}

/**
 * @param {Iterable<Kept>} events
 * @param {string} query
 * @param {(lane: string) => string} nameOf a lane's name
 * @returns {Promise<Record<string, string[]>>} trace and lane -> the spans that match
 */
async function search(events, query, nameOf) {
  const test = testOf(query)
  /** @type {Record<string, string[]>} */
  const found = Object.create(null)
  // A copy: while others have their turn the newest come and the oldest go.
  const all = [...events]
  for (let at = 0; at < all.length; at += 1) {
    const kept = all[at]
    if (test(kept, nameOf(kept.lane))) {
      const trace = `${kept.traceId ?? 'none'} ${kept.lane}`
      found[trace] ??= []
      found[trace].push(kept.spanId ?? '')
    }
    if (at % SLICE === SLICE - 1) await new Promise(resolve => setImmediate(resolve))
  }
  return found
}

module.exports = { search }
